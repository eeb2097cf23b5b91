"""Words that must never leave, put in at the door and looked for in everything that comes out."""

import logging
import re
import tempfile
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from flows import alert, remind, send, upkeep, weekly
from surveys import wallclock
from surveys.actions import answer
from surveys.models import Alert
from surveys.patient.views import server_error
from tests import cast, doors, proof
from tests.cast import HOUR, START

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NAMES = {"given_name": "Zebulonia", "family_name": "Quartzwick"}
BORN = cast.START.date().replace(year=1961, month=7, day=23)
PERSON = ["zebulonia", "quartzwick", "1961-07-23", "23 july", "better off dead"]
HEALTH = ["ketamin", "depress", "phq", "suicid", "infusion"]
# A page of the patient's own names its subject and whom to call; a random sign may spell a word.
SPEAKS_TO_THE_PATIENT = ("error page", "cookies")
LINK = re.compile(r"/s/[\w-]{43}")


@pytest.fixture
def clock(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, START)
    return settings.CLOCK_FILE


class Trail:
    """Everything that leaves: texts by where they were found."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def add(self, where: str, text: str) -> None:
        self.texts.append((where, text.lower()))

    def reply(self, response) -> None:
        self.add("address", response.request["PATH_INFO"] + response.request["QUERY_STRING"])
        self.add("headers", str(dict(response.items())))
        self.add("cookies", response.cookies.output())

    def hits(self) -> list[str]:
        words = [
            f"{word} in {where}"
            for where, text in self.texts
            for word in (PERSON if where in SPEAKS_TO_THE_PATIENT else PERSON + HEALTH)
            if word in LINK.sub("", text)
        ]
        # a link is in its mail alone: whoever reads a log must not be able to answer for a patient
        links = [where for where, text in self.texts if where != "mail" and LINK.search(text)]
        return words + [f"a link in {where}" for where in links]


def whole_run(trail: Trail, mailbox: Path, clock: Path) -> None:
    """Enrolment, mail, an alarming answer, a broken page, alerts, reminders, the week's reports."""
    course = cast.ana(**NAMES, birth_date=BORN)
    other = cast.ben()
    cast.treated(other, START - HOUR)
    row = cast.due(course, "baseline", now=START)
    secret = doors.invited(row, mailbox, now=START)
    for page in ("", "/not-me", "/stop", "/and/more"):  # as a scanner of mail does
        Client(enforce_csrf_checks=True).post(f"/s/{secret}{page}")
    browser = doors.opened(secret)
    filled = doors.filled(row, answer.instruments_of(row), choice=3)
    for response in (
        browser.get("/s/"),
        browser.post("/s/", {"form": str(row.ref), "phq9.9": "3"}),
        browser.post("/s/", filled),
        browser.get("/s/thanks/"),
        browser.get("/s/"),
        browser.get("/s/nothing/here/"),
    ):
        trail.reply(response)
    trail.add("error page", server_error(RequestFactory().get("/s/")).content.decode())
    for hours in (0, 1, 25, 80, 7 * 24):
        wallclock.tell(clock, now := START + hours * HOUR)
        for flow in (send, remind, alert, upkeep, weekly):
            flow.run_once(now)
    assert Alert.objects.get(patient=course.patient).notified_at


def test_no_health_information_leaves(clock, mailbox, caplog, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    caplog.set_level(logging.INFO)
    trail = Trail()
    whole_run(trail, mailbox, clock)
    letters = list(mailbox.rglob("*.eml"))
    for path in letters:
        trail.add("mail", path.read_text())
    trail.add("log", caplog.text)
    for path in scratch.rglob("*"):
        trail.add("temporary file", path.read_text(errors="replace") if path.is_file() else "")
    hits = trail.hits()
    proof.record(
        "T7",
        "names, birth date, treatment, answers, links in what leaves",
        target="0 hits",
        found=f"{len(trail.texts)} places, {len(letters)} mails: {len(hits)} hits",
    )
    assert len(letters) >= 4
    assert hits == []


def test_the_search_finds_a_canary():
    trail = Trail()
    trail.add("mail", "Dear Zebulonia")
    trail.add("log", f"Forbidden: /s/{'b' * 43}")
    assert trail.hits() == ["zebulonia in mail", "a link in log"]
