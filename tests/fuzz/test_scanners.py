"""Programs that read mail before its reader does: whatever they fetch, click and post on every
mailed link, no row changes, and the patient still answers.

A mail program's own unsubscribe button (RFC 8058) is a reader's choice and no scanner's: a post of
exactly that sentence acts, and is tested with the door.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from surveys import wallclock
from surveys.actions.answer import instruments_of
from surveys.models import Patient, Response
from tests import cast, doors, proof

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NOW = cast.START
TIMES = proof.share(2, 20)  # each robot comes so often, within seconds of the delivery
LINK = re.compile(r'href="(/s/[^"]*)"')
FORM = re.compile(r"<form.*?</form>", re.DOTALL)
ACTION = re.compile(r'<form[^>]*action="([^"]*)"')
BUTTON = re.compile(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def head(robot: Client, link: str) -> None:
    robot.head(link, follow=True)


def get(robot: Client, link: str) -> None:
    robot.get(link, follow=True)


def prefetch(robot: Client, link: str) -> None:
    robot.get(
        link, follow=True, headers={"sec-purpose": "prefetch;prerender", "purpose": "prefetch"}
    )


def follow_everything(robot: Client, link: str) -> None:
    """Every page that can be reached by links from this one."""
    seen, waiting = set(), [link]
    while waiting:
        page = robot.get(waiting.pop(), follow=True).content.decode()
        fresh = set(LINK.findall(page)) - seen
        seen |= fresh
        waiting += fresh


def press_every_button(robot: Client, link: str) -> None:
    """As a robot with a browser does: each form as it stands, by each of its buttons."""
    page = robot.get(link, follow=True)
    for where, filled in forms(page.content.decode(), page.request["PATH_INFO"]):
        robot.post(where, filled, follow=True)


def post_every_form(robot: Client, link: str) -> None:
    """Twice each, empty and as it stands, the mailed address itself too."""
    page = robot.get(link, follow=True)
    robot.post(link, {})
    for where, filled in forms(page.content.decode(), page.request["PATH_INFO"]):
        robot.post(where, {})
        again = robot.post(where, filled)
        for there, refilled in forms(again.content.decode(), where):
            robot.post(there, refilled)


def forms(page: str, here: str) -> Iterator[tuple[str, dict]]:
    for form in FORM.findall(page):
        found = ACTION.search(form)
        where = (found[1] if found else "") or here
        hidden = dict(HIDDEN.findall(form))
        for name, value in BUTTON.findall(form) or [("", "")]:
            yield where, {**hidden, **({name: value} if name else {})}


ROBOTS: list[Callable[[Client, str], None]] = [
    head, get, prefetch, follow_everything, press_every_button, post_every_form,
]  # fmt: skip


@pytest.fixture
def occurrence(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, NOW)
    return cast.due(cast.ana(), "baseline", now=NOW)


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.__name__)
def test_a_robot_changes_nothing_and_the_patient_still_answers(occurrence, mailbox, robot):
    secret = doors.invited(occurrence, mailbox, now=NOW)
    before = doors.every_row()
    for _ in range(TIMES):
        for page in ("", "/stop", "/not-me"):
            robot(Client(), f"/s/{secret}{page}")
    same = doors.every_row() == before
    patient = doors.opened(secret)
    filled = doors.filled(occurrence, instruments_of(occurrence), choice=0)
    thanked = patient.post("/s/", filled).status_code == 303 and Response.objects.count() == 2
    proof.record(
        "T5",
        f"robot on every mailed link: {robot.__name__.replace('_', ' ')}",
        target="0 rows changed, the patient still answers",
        found=f"{3 * TIMES} visits: {'0' if same else 'some'} rows changed,"
        f" patient {'answered' if thanked else 'locked out'}",
    )
    assert same
    assert thanked


def test_the_robots_find_the_forms_and_their_buttons(occurrence, mailbox):
    """What they post is not nothing: with the choice made, the same form acts."""
    browser = doors.opened(doors.invited(occurrence, mailbox, now=NOW), "/stop")
    page = browser.get("/s/stop/").content.decode()
    found = list(forms(page, "/s/stop/"))
    assert found
    where, filled = found[0]
    browser.post(where, {**filled, "choice": "yes"})
    assert Patient.objects.get().mail_stop == "stopped"
