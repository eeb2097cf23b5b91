"""The plan page and the change of protocol: seen before it happens, told after."""

import html
import re

import pytest
from django.urls import reverse

from reports.flagged import ASKED, look
from surveys.actions.answer import submit
from surveys.models import ProtocolChange
from surveys.trail import told
from tests import cast
from tests.doors import every_row

pytestmark = pytest.mark.django_db

SESSION = cast.START - 2 * cast.HOUR


@pytest.fixture
def course():
    course = cast.ana(now=cast.START - 3 * cast.HOUR)
    cast.treated(course, SESSION)
    return course


def text(response) -> str:
    """What the page says, without its tags."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return html.unescape(re.sub(r"\s+", " ", plain))


def path(course, name: str) -> str:
    return reverse(name, kwargs={"ref": course.patient.ref})


def rows_but_the_looks() -> dict:
    """Everything but the audit trail's looks and the sign-in's own session."""
    kept = every_row()
    for name in ("surveys.Event", "surveys.ChainHead", "sessions.Session"):
        del kept[name]
    return kept


def test_the_plan_says_when_and_why(hers, course):
    told = text(hers.get(path(course, "plan")))
    assert "After-session check After-session check Tue 3 Mar 2026, 08:00" in told
    assert "24 hours after the session of 2 March" in told
    assert "Every week after the first session, 2 March: number 1, after 7 days." in told


def test_the_plan_says_what_changed_and_by_whom(hers, course):
    told = text(hers.get(path(course, "plan")))
    assert "front desk recorded that the session of 2 March, 07:00 took place" in told
    assert "Weekly check-in: added, 9 March, 09:00" in told


def test_further_ahead_on_request(hers, course):
    page = path(course, "plan")
    assert "further ahead" not in text(hers.get(page))
    hers.post(path(course, "protocol"), {
        "protocol": "boosters-on-demand", "reason": "Series over.", "record": "yes",
    })  # fmt: skip
    assert "further ahead" in text(hers.get(page, {"until": "2026-09-30"}))
    assert "Write the day as 2026-05-04." in text(hers.get(page, {"until": "soon"}))


def test_a_hold_stands_at_the_top(hers, course):
    hers.post(path(course, "status"), {"status": "on_hold"})
    assert "Held back: the patient is on hold." in text(hers.get(path(course, "plan")))


def test_looking_and_previewing_change_nothing(hers, course):
    before = rows_but_the_looks()
    hers.get(path(course, "plan"))
    hers.get(path(course, "protocol"))
    shown = hers.post(path(course, "protocol"), {"protocol": "taper-ladder", "reason": "It holds."})
    assert shown.status_code == 200
    assert rows_but_the_looks() == before
    course.refresh_from_db()
    assert course.protocol == "six-then-boosters"


def test_the_preview_is_what_then_happens(hers, course):
    chosen = {"protocol": "taper-ladder", "reason": "It holds."}
    shown = text(hers.post(path(course, "protocol"), chosen))
    hers.post(path(course, "protocol"), chosen | {"record": "yes"})
    edit = told(course.patient)[0]
    assert edit.by == "N. Okafor"
    assert edit.changes
    assert [change for change in edit.changes if change not in shown] == []
    kept = ProtocolChange.objects.get()
    assert (kept.before, kept.after, kept.reason) == (
        "six-then-boosters", "taper-ladder", "It holds.",
    )  # fmt: skip


def test_pressing_twice_changes_once(hers, course):
    chosen = {"protocol": "taper-ladder", "reason": "It holds.", "record": "yes"}
    hers.post(path(course, "protocol"), chosen)
    assert hers.post(path(course, "protocol"), chosen).status_code == 422
    assert ProtocolChange.objects.count() == 1


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"reason": "It holds."}, "Choose one."),
        ({"protocol": "taper-ladder"}, "Write the reason"),
        ({"protocol": "six-then-boosters", "reason": "Same."}, "Select a valid choice"),
    ],
)
def test_no_change_without_a_choice_and_a_reason(hers, course, chosen, problem):
    answer = hers.post(path(course, "protocol"), chosen | {"record": "yes"})
    assert answer.status_code == 422
    assert problem in text(answer)
    assert not ProtocolChange.objects.exists()


def test_the_front_desk_sees_the_change_and_not_the_reason(hers, course, enter):
    chosen = {"protocol": "taper-ladder", "reason": "Craving reported.", "record": "yes"}
    hers.post(path(course, "protocol"), chosen)
    desk, doctor = (text(who.get(path(course, "plan"))) for who in (enter(cast.ruiz()), hers))
    assert "changed the protocol from" in desk
    assert "Craving" not in desk
    assert "Reason: Craving reported." in doctor


def test_reading_a_session_back_shows_what_it_changes(hers, course):
    typed = {"day": "2026-03-01", "time": "09:00", "status": "done"}
    shown = text(hers.post(path(course, "new_session"), typed))
    assert "What this changes in what will be sent" in shown
    assert "Weekly check-in: added, 8 March, 09:00" in shown
    assert course.sessions.count() == 1


def test_why_a_form_is_asked_once_more_is_told_to_whoever_treats(hers, course, enter, clock):
    for days, item in ((7, 0), (14, 0), (21, 0), (28, 3)):
        at = SESSION + cast.DAY * days + 3 * cast.HOUR
        weekly = cast.due(course, "weekly", now=at)
        submit(weekly, {"phq9": cast.phq9(*[item] * 8, 0)}, mode="web", by="patient", now=at)
    assert look(course.pk, by="flow", now=at) == ASKED
    clock(at)
    desk, doctor = (text(who.get(path(course, "plan"))) for who in (enter(cast.ruiz()), hers))
    assert "worse than expected" in doctor
    assert "Check-in once more" in desk
    assert "higher" not in desk
    assert "One form more, beside the protocol’s own." in desk
