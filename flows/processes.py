"""Processes that start together and stop together, and leave no orphan behind.

Each child leads a process group of its own, so that stopping it stops what it started; and each
is told by the kernel (Linux) when we die without having had the time to say so.
"""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
POLITE_SECONDS = 12.0  # between asking to stop and insisting; a mail hand-over may take a while


class Household:
    """The children of one `with` block; leaving it stops them all."""

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        log_folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Household":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a child whose output goes to `<name>.log`, readable by us alone."""
        path = self.log_folder / f"{name}.log"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.children[name] = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        finally:
            os.close(handle)

    def dead(self) -> str | None:
        """The name of a child that has ended, if one has."""
        ended = (name for name, child in self.children.items() if child.poll() is not None)
        return next(ended, None)

    def stop(self) -> None:
        """Ask every group to end, wait a little, then insist."""
        for child in self.children.values():
            signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + POLITE_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
        for child in self.children.values():
            signal_group(child, signal.SIGKILL)
            child.wait()
        self.children.clear()


def die_with_parent() -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def signal_group(child: subprocess.Popen[bytes], sent: signal.Signals) -> None:
    # the group outlives its leader when a grandchild does
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, sent)


class NeverCameUp(RuntimeError):
    """A process ended, or did not answer in time, while we waited for it."""


def wait_until(ready: Callable[[], bool], household: Household, *, seconds: float) -> None:
    """Return once `ready()`; raise NeverCameUp when a child ends first or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if name := household.dead():
            raise NeverCameUp(f"{name} ended; its last words: {household.log_folder / name}.log")
        if time.monotonic() > deadline:
            raise NeverCameUp(f"not up after {seconds:.0f} s; see {household.log_folder}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether something answers there with a success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status < 400)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Nobody listens there, and no system hands it to a client before it is used: those get
    numbers from 32768 (Linux) or 49152 on."""
    return next(port for port in random.sample(range(20_000, 32_000), 12_000) if is_free(port))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
