"""Many browsers press the same button at once: one answer is kept, and everybody is thanked.

Two web workers, as `afterglow up` starts them, and 32 clients on one link at a time, each with
answers of its own.
"""

import json
import random
import subprocess
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from flows.processes import answers, free_port
from flows.up import web_command
from tests import proof
from tests.cast import START
from tests.crash.patient import Patient
from tests.races import records

pytestmark = pytest.mark.proof

CLIENTS = 32
SURVEYS = proof.share(8, 1000)


@pytest.fixture
def clinic(tmp_path):
    with records.clinic("double_submit") as env:
        clock = tmp_path / "clock"
        clock.write_text(START.isoformat())
        yield {**env, "AFTERGLOW_CLOCK_FILE": str(clock)}


@pytest.fixture
def port(clinic):
    port = free_port()
    server = subprocess.Popen(web_command("127.0.0.1", port), env=clinic)
    while not answers(f"http://127.0.0.1:{port}/sign-in/"):
        assert server.poll() is None
        time.sleep(0.05)
    yield port
    server.terminate()
    server.wait()


def press(patient: Patient, port: int) -> str:
    """What came back, as "303 /s/thanks/". Bare, because 32,000 clients are many."""
    told = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in patient.cookies.items()),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/s/", urlencode(patient.form), told)
    reply = connection.getresponse()
    connection.close()
    return f"{reply.status} {reply.headers.get('location', '')}".strip()


def test_one_survey_answered_by_many_at_once_is_stored_once(clinic, port):
    dice = random.Random(8)
    links = records.run("tests.races.invited", str(SURVEYS), env=clinic).splitlines()
    replies: Counter[str] = Counter()
    given: dict[str, list] = defaultdict(list)
    with ThreadPoolExecutor(CLIENTS) as crowd:
        for secret, ref in map(json.loads, links):
            first = Patient(secret, dice)
            page = first.open(port)
            clients = [replace(first, form=first.filled(page)) for _ in range(CLIENTS)]
            given[ref] = [one.given[1] for one in clients]
            for reply in crowd.map(press, clients, [port] * CLIENTS):
                replies[reply] += 1
    stored: dict[str, list] = defaultdict(list)
    for ref, instrument, kept in map(
        json.loads, records.run("tests.races.stored", env=clinic).splitlines()
    ):
        stored[ref].append((instrument, kept))
    whole = [ref for ref in given if len(stored[ref]) == 2 and dict(stored[ref]) in given[ref]]
    errors = sum(number for reply, number in replies.items() if reply.startswith("5"))
    proof.record(
        "T8",
        f"double submit on {records.KIND}",
        target="32 clients x 1,000 surveys: one answer each, 0 server errors",
        found=f"{CLIENTS} x {SURVEYS}: {SURVEYS - len(whole)} not stored exactly once,"
        f" {errors} server errors",
    )
    assert len(whole) == SURVEYS
    assert replies == {"303 /s/thanks/": CLIENTS * SURVEYS}
