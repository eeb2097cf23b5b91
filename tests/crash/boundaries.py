"""Every place where another process may see something half-way, named, and what happens there.

Watched are the database driver and the sockets, not our code: before and after each statement that
writes, each commit, each write to a socket, each read from one, and each file put in its place.
"""

import socket
from collections.abc import Callable
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")

Crossed = Callable[[str], None]


def watch(crossed: Crossed) -> None:
    """From now on `crossed` hears of each boundary of this process, by name."""
    _around(crossed, BaseDatabaseWrapper, "_commit", lambda _: "commit")
    _around(crossed, CursorWrapper, "execute", _statement)
    _around(crossed, socket.socket, "sendall", lambda _: "write")
    _around(crossed, Path, "replace", lambda _: "file")
    _around(crossed, socket.SocketIO, "readinto", lambda _: "read")


def _statement(args: tuple) -> str:
    verb = args[0].split(None, 1)[0].upper()
    return verb.lower() if verb in WRITES else ""


def _around(crossed: Crossed, owner: type, method: str, name_of: Callable[[tuple], str]) -> None:
    original = getattr(owner, method)

    def watched(self, *args):
        name = name_of(args)
        if name:
            crossed(f"before {name}")
        result = original(self, *args)
        if name:
            crossed(f"after {name}")
        return result

    setattr(owner, method, watched)
