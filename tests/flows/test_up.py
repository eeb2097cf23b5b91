"""The whole house on real processes: web server, Prefect server, flow runner, SMTP server.

One long test, because a Prefect server takes its time to start. The timetable is the real one;
nothing is triggered by hand.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from flows.demo.browser import Visitor, answer
from flows.processes import free_port
from tests.flows.test_processes import eventually
from tests.mail.sinks import smtp_sink

START_SECONDS = 180
ALERT_SECONDS = 60  # from submit to the mail: the promise to the clinic

# Ana, with a survey due now, and Dr Okafor on call.
SET_UP = """

import flows.start
from surveys import wallclock
from tests import cast
cast.ana(now=wallclock.now(), email_consent_on=wallclock.now().date(), timezone=open_zone())
"""


def open_zone(now: float | None = None) -> str:
    """A zone in which it is about noon: mail to patients waits for their morning."""
    hour = time.gmtime(now).tm_hour
    return f"Etc/GMT{hour - 12:+d}" if hour != 12 else "Etc/GMT"


class House:
    """An installation in a folder of its own, and the process `afterglow up`."""

    def __init__(self, home: Path, smtp_port: int) -> None:
        self.home = home
        self.web, self.prefect = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.web}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AFTERGLOW_", "PREFECT_"))}
        self.environment = {
            **kept,
            "AFTERGLOW_HOME": str(home),
            "AFTERGLOW_BASE_URL": self.base_url,
            "AFTERGLOW_MAIL": "smtp",
            "AFTERGLOW_SMTP_PORT": str(smtp_port),
            "AFTERGLOW_SMTP_STARTTLS": "no",
        }
        self.process: subprocess.Popen[str] | None = None

    def afterglow(self, *words: str) -> str:
        command = [sys.executable, "-m", "flows.cli", *words]
        return self.call(command)

    def call(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def set_up(self) -> None:
        self.afterglow("migrate")
        self.call([sys.executable, "-c", SET_UP.replace("open_zone()", repr(open_zone()))])

    def up(self) -> None:
        ports = ["--port", str(self.web), "--prefect-port", str(self.prefect)]
        self.said = self.home / "said.txt"
        with self.said.open("w") as handle:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "flows.cli", "up", *ports],
                env=self.environment,
                stdout=handle,
                stderr=subprocess.STDOUT,
            )
        assert eventually(self.is_up, START_SECONDS), self.said.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        return "Afterglow is up." in self.said.read_text()

    def runs(self, flow: str) -> list[dict]:
        """Completed runs of one flow that the timetable started, newest first."""
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
            "sort": "END_TIME_DESC",
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.prefect}/api/flow_runs/filter",
            json.dumps(wanted).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return [run for run in json.load(reply) if run["auto_scheduled"]]

    def members(self) -> dict[int, str]:
        """Every process that works in this folder, with its command line."""
        mark = f"AFTERGLOW_HOME={self.home}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return {pid: line for pid, line in found.items() if line}


@pytest.fixture
def house(tmp_path):
    with smtp_sink() as (sink, port):
        made = House(tmp_path, port)
        made.set_up()
        made.sink = sink
        yield made
        if made.process and made.process.poll() is None:
            made.process.kill()
        for pid in made.members():
            os.kill(pid, signal.SIGKILL)


def mailed_to(house: House, address: str) -> list[str]:
    return [
        letter.get_body(("plain",)).get_content()
        for letter in list(house.sink.letters)
        if letter["To"] == address
    ]


def test_a_positive_question_nine_reaches_the_clinician_and_a_killed_runner_is_survived(house):
    house.up()

    # what a person types waits for no scheduler, and is done once
    assert "1 accepted" in house.afterglow("send")
    assert "nothing to do" in house.afterglow("send")
    (letter,) = mailed_to(house, "ana@mail.example")
    link = re.search(r"http\S+/s/[\w-]+(?=\s)", letter)[0]

    with Visitor(house.base_url) as visitor:
        assert answer(visitor, link, worst_answers)
    submitted = time.monotonic()
    on_call = "okafor@alderstreet.example"
    assert eventually(lambda: mailed_to(house, on_call), ALERT_SECONDS)
    print(f"alert mail {time.monotonic() - submitted:.1f} s after submit")

    # it was the timetable that did it, and its record names nobody
    assert eventually(lambda: house.runs("alert"), 30)
    assert {run["parameters"] == {} for run in house.runs("alert")} == {True}
    assert "Ana" not in json.dumps(house.runs("alert"))

    # the runner dies: all stop with it, and nobody is left behind
    (runner,) = [pid for pid, line in house.members().items() if "flows.runner" in line]
    os.kill(runner, signal.SIGKILL)
    assert house.process.wait(60) == 3
    assert "flows ended" in house.said.read_text()
    assert eventually(lambda: not house.members())

    # started again the timetable goes on where it is now, and nobody is mailed twice
    house.up()
    before = len(house.runs("alert"))
    assert eventually(lambda: len(house.runs("alert")) > before, 90)
    assert "nothing to do" in house.afterglow("send")
    assert len(mailed_to(house, "ana@mail.example")) == 1

    house.process.terminate()
    assert house.process.wait(60) == 0
    assert eventually(lambda: not house.members())
    assert "The ledger balances" in house.afterglow("verify")


def worst_answers(form) -> dict[str, str]:
    """The gravest numbered answer to every question."""
    return {
        name: max(value for value in values if value.isdigit())
        for name, values in form.choices.items()
    }


def test_up_refuses_a_database_that_is_not_at_this_version(tmp_path):
    made = House(tmp_path, free_port())
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "up"],
        env=made.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "Run: afterglow migrate" in done.stderr


def test_up_refuses_a_port_in_use_by_its_number(tmp_path):
    with smtp_sink() as (_, busy):
        made = House(tmp_path, busy)
        made.afterglow("migrate")
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", "up", "--port", str(busy)],
            env=made.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert f"Port {busy} is used by another program" in done.stderr
