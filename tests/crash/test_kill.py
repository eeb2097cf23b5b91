"""kill -9 at random moments: nothing lost, nobody mailed twice, and broken senders are caught.

`AFTERGLOW_KILLS=3000 python -m pytest tests/crash` runs the long version. With no failure in n
kills the true rate is below 3/n (95 %).
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mail.sinks import SendGridFake, sendgrid_fake

KILLS = int(os.environ.get("AFTERGLOW_KILLS", "60"))
PATIENTS = 8 * KILLS
SLOW_ANSWER = 0.03  # seconds; long enough that a third of all kills find a letter on its way


@dataclass
class Ledger:
    """What our records say and what the provider took, after the last kill."""

    surveys: list[list[str]]
    taken: Counter
    inside: int
    kills: int

    @property
    def lost(self) -> list[list[str]]:
        """Believed sent, never taken by the provider."""
        return [line for line in self.surveys if line[1] == "sent" and not self._taken(line)]

    @property
    def twice(self) -> list[str]:
        return [ref for ref, times in self.taken.items() if times > 1]

    @property
    def unaccounted(self) -> list[list[str]]:
        """Neither sent nor visibly in doubt."""
        return [
            line
            for line in self.surveys
            if line[1] != "sent" and not any("in_doubt" in one for one in line[2:])
        ]

    def _taken(self, line: list[str]) -> bool:
        names = [one.split("=")[0] for one in line[2:]] or [line[0]]
        return any(self.taken[name] for name in names)


class Nursery:
    """Senders on demand: see `tests.crash.sender.nursery`."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.sender"],
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def begin(self, *command: str) -> int:
        """The process id of a child that carries out the command."""
        self.process.stdin.write(" ".join(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().removeprefix("child "))

    def over(self) -> list[list[str]]:
        """Waits for the child and returns what it said."""
        said = []
        while (line := self.process.stdout.readline()) != "over\n":
            assert line, "the nursery died"
            said.append(line.split())
        return said

    def run(self, *command: str) -> list[list[str]]:
        self.begin(*command)
        return self.over()


def torture(kind: str, home: Path, kills: int, patients: int, seed: int) -> Ledger:
    """Sends to everybody while being killed `kills` times, then lets one sender finish."""
    dice = random.Random(seed)
    with sendgrid_fake() as (fake, host):
        env = environment(home, host)
        subprocess.run(
            [sys.executable, "-m", "flows.cli", "migrate"], env=env, check=True, capture_output=True
        )
        nursery = Nursery(env)
        nursery.run("set-up", str(patients))
        fake.delay = SLOW_ANSWER
        inside = sum(kill_once(kind, fake, dice, nursery) for _ in range(kills))
        fake.delay = 0
        nursery.run("send", kind)
        surveys = nursery.run("settle")
        nursery.process.kill()
        return Ledger(surveys, Counter(ref_of(one) for one in fake.requests), inside, kills)


def environment(home: Path, host: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return {
        **clean,
        "AFTERGLOW_HOME": str(home),
        "AFTERGLOW_MAIL": "sendgrid",
        "AFTERGLOW_SENDGRID_KEY": "SG.test",
        "AFTERGLOW_SENDGRID_HOST": host,
    }


def kill_once(kind: str, fake: SendGridFake, dice: random.Random, nursery: Nursery) -> bool:
    """Kills a sender a random moment after its first letter; True if one was on its way."""
    before = len(fake.requests)
    child = nursery.begin("send", kind)
    deadline = time.monotonic() + 20
    while len(fake.requests) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.1))
    on_its_way = fake.answering > 0
    os.kill(child, signal.SIGKILL)
    nursery.over()
    return on_its_way


def ref_of(request: dict) -> str:
    return request["custom_args"]["ref"]


def test_our_sender_loses_nothing_and_mails_nobody_twice(tmp_path):
    ledger = torture("ours", tmp_path, KILLS, PATIENTS, seed=1)
    assert len(ledger.surveys) == PATIENTS
    assert ledger.inside >= 0.3 * ledger.kills, "too few kills hit a letter on its way"
    assert ledger.lost == []
    assert ledger.twice == []
    assert ledger.unaccounted == []


def test_the_harness_catches_a_sender_that_sends_then_marks(tmp_path):
    assert torture("send-then-mark", tmp_path, 12, 150, seed=2).twice != []


def test_the_harness_catches_a_sender_that_marks_then_sends(tmp_path):
    assert torture("mark-then-send", tmp_path, 25, 250, seed=3).lost != []


@pytest.fixture(autouse=True)
def mailbox():
    """These tests keep their own home and transport."""
