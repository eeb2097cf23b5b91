"""Every place where a process that dies leaves something half-way, numbered, and death at one.

Watched are the database driver and the sockets, not our code: before and after each statement that
writes, each commit, each write to a socket and each read from one.
"""

import os
import signal
import socket
from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

WRITES = ("INSERT", "UPDATE", "DELETE")


class Boundaries:
    """`crossed` names them in order; crossing number `die_at` (from 1) is the process's last."""

    def __init__(self, die_at: int) -> None:
        self.crossed: list[str] = []
        self.die_at = die_at

    def cross(self, name: str) -> None:
        self.crossed.append(name)
        if len(self.crossed) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(die_at: int) -> Boundaries:
    """From now on this process counts its boundaries, and dies at one; 0 is for never."""
    found = Boundaries(die_at)
    _around(found, BaseDatabaseWrapper, "_commit", lambda _: "commit")
    _around(found, SQLiteCursorWrapper, "execute", _statement)
    _around(found, socket.socket, "sendall", lambda _: "write")
    _around(found, socket.SocketIO, "readinto", lambda _: "read")
    return found


def _statement(args: tuple) -> str:
    verb = args[0].split(None, 1)[0].upper()
    return verb.lower() if verb in WRITES else ""


def _around(found: Boundaries, owner: type, method: str, name_of: Callable[[tuple], str]) -> None:
    original = getattr(owner, method)

    def watched(self, *args):
        name = name_of(args)
        if name:
            found.cross(f"before {name}")
        result = original(self, *args)
        if name:
            found.cross(f"after {name}")
        return result

    setattr(owner, method, watched)
