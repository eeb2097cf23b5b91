"""Processes stop together, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import processes
from flows.processes import Household, NeverCameUp, free_port, is_free, wait_until
from tests.mail.sinks import smtp_sink

# A child that starts a grandchild and tells us both of their numbers.
FAMILY = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), grandchild.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
# A parent that has a household of one and waits to be killed.
PARENT = f"""
import sys, time
from pathlib import Path
from flows.processes import Household
household = Household(Path(sys.argv[1]))
household.start("family", [sys.executable, "-c", {FAMILY!r}], {{}})
time.sleep(60)
"""


def runs(pid: int) -> bool:
    """Whether it is still at work; one that has ended and waits to be collected is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(true, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def first_line(path: Path) -> str:
    assert eventually(lambda: path.exists() and "\n" in path.read_text())
    return path.read_text().splitlines()[0]


def start(household: Household, code: str, name: str = "child") -> str:
    household.start(name, [sys.executable, "-c", code], os.environ)
    return first_line(household.log_folder / f"{name}.log")


def test_stopping_ends_children_and_grandchildren(tmp_path):
    with Household(tmp_path) as household:
        pids = [int(word) for word in start(household, FAMILY).split()]
        assert all(map(runs, pids))

    assert eventually(lambda: not any(map(runs, pids)))


def test_a_child_that_will_not_listen_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.3)
    household = Household(tmp_path)
    start(household, STUBBORN)
    child = household.children["child"]

    household.stop()

    assert child.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's message to orphans is Linux's")
def test_a_child_ends_when_its_parent_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    child, grandchild = map(int, first_line(tmp_path / "family.log").split())

    parent.kill()
    parent.wait()

    assert eventually(lambda: not runs(child))
    os.kill(
        grandchild, signal.SIGKILL
    )  # the program itself must pass the word on; this one does not


def test_a_dead_child_is_named(tmp_path):
    with Household(tmp_path) as household:
        start(household, "print('here')", "short")
        assert eventually(lambda: household.dead() == "short")


def test_waiting_ends_early_when_a_child_ends(tmp_path):
    with Household(tmp_path) as household:
        start(household, "print('here')", "short")
        with pytest.raises(NeverCameUp, match=r"short ended.*short\.log"):
            wait_until(lambda: False, household, seconds=30)


def test_waiting_ends_when_the_time_is_over(tmp_path):
    with Household(tmp_path) as household, pytest.raises(NeverCameUp, match="not up after 0 s"):
        wait_until(lambda: False, household, seconds=0.2)


def test_logs_are_for_their_owner_alone(tmp_path):
    with Household(tmp_path) as household:
        start(household, "print('here')")
    assert (tmp_path / "child.log").stat().st_mode & 0o777 == 0o600


def test_a_port_in_use_is_not_free():
    assert is_free(free_port())
    with smtp_sink() as (_, port):
        assert not is_free(port)
