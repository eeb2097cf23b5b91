"""What `afterglow verify` finds: nothing in a healthy clinic, every row that was bent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from surveys import balance
from surveys.actions import answer, send
from surveys.actions.alert import acknowledge
from surveys.actions.draft import save_draft, tell_of_draft
from surveys.actions.enrol import set_status
from surveys.actions.treat import record_session
from surveys.balance import complaints
from surveys.in_use import instruments_to_read
from surveys.models import Alert, Draft, Event, Message, Response
from tests import cast
from tests.surveys.bent_rows import BENT, ben, bend

NOW = cast.START
SOON = NOW + cast.MINUTE
HOUR = cast.HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(occurrence, secret) -> Response:
    """Ana's, sent and answered, with question 9 at 1; Ben was asked and has not answered yet."""
    answers = {"phq9": cast.phq9(2, 1, 1, 1, 1, 1, 1, 1, 1), "gad7": {"1": 1}}
    alert = answer.submit(occurrence, answers, mode="web", by="patient", now=NOW).alert
    acknowledge(alert.pk, staff=cast.okafor(), now=NOW)
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    send.invite(theirs.pk, by="flow", now=NOW)
    cast.treated(theirs.course, NOW + cast.DAY)
    return Response.objects.get(instrument="phq9")


def found(now=SOON) -> list[str]:
    return list(complaints(now=now))


def test_a_healthy_clinic_balances(form):
    assert found() == []


@pytest.mark.parametrize(("what", "says"), BENT, ids=[bent.__name__ for bent, _ in BENT])
def test_what_was_bent_is_found_and_named(form, what, says):
    number = what()
    assert found() == [says.format(number)]


def test_other_capitals_are_no_other_address(form):
    bend(ben().course.patient, email="BEN@mail.example")
    assert found() == []


@pytest.mark.parametrize(
    ("instrument", "answers"),
    [("after_session", {"redflag_cardiac": 1}), ("asrm", dict.fromkeys("12345", 2))],
    ids=["an answer that is not about death", "a total at its cut-off"],
)
def test_whatever_must_be_told_has_its_alert(course, instrument, answers):
    form = answer.record_old_response(
        course, instrument, answers, None, answered_at=NOW - 30 * cast.DAY, by="import", now=NOW
    )
    assert found() == []
    Alert.objects.all().delete()
    assert found() == [f"Form {form.pk} holds what must be told and has no alert."]


def test_of_a_total_alone_its_band_is_checked(course):
    form = answer.record_old_response(
        course, "phq9", None, 17, answered_at=NOW - 30 * cast.DAY, by="import", now=NOW
    )
    assert found() == []
    bend(form.score, band="none")
    assert found() == [f"Form {form.pk} does not come to the score that is kept of it."]


MORE_URGENT = tuple(
    replace(rule, item="2", at_least=1) for rule in instruments_to_read()["phq9"].alerts
)
FEWER_OPTIONS = tuple(
    replace(item, options=item.options[:-2]) for item in instruments_to_read()["gad7"].items
)


@pytest.mark.parametrize(
    ("name", "changed"),
    [("phq9", {"alerts": MORE_URGENT}), ("gad7", {"items": FEWER_OPTIONS})],
    ids=["another answer must be told", "an option that was chosen is gone"],
)
def test_a_questionnaire_edited_under_its_version_is_left_to_check(
    occurrence, monkeypatch, name, changed
):
    answers = {"phq9": cast.phq9(2, 1, 1, 1, 1, 1, 1, 1, 0), "gad7": {"1": 3}}
    answer.submit(occurrence, answers, mode="web", by="patient", now=NOW)
    known = dict(instruments_to_read())
    known[name] = replace(known[name], **changed)
    monkeypatch.setattr(balance, "instruments_to_read", lambda: known)
    assert found() == []


def test_answers_that_no_longer_can_be_read_are_named_and_stop_nothing(occurrence):
    answers = {"phq9": cast.phq9(2, 1, 1, 1, 1, 1, 1, 1, 0), "gad7": {"1": 3}}
    answer.submit(occurrence, answers, mode="web", by="patient", now=NOW)
    number = bend(Response.objects.get(instrument="phq9"), answers={"9": "often"}, edition="")
    assert found() == [f"Form {number} does not come to the score that is kept of it."]


def test_what_was_written_last_holds_whatever_its_clock_said(form):
    """Recording a session waited for nobody; who discharged Ben had read the clock before."""
    course = ben().course
    record_session(course, at=NOW + HOUR, by="test", now=SOON)
    set_status(course.patient, "discharged", by="test", now=SOON - timedelta(seconds=1))
    assert found() == []


def test_a_clock_that_was_fast_leaves_the_last_word_to_what_came_after(form):
    course = cast.ana(code="C-003", now=SOON + 3 * HOUR)
    set_status(course.patient, "discharged", by="test", now=SOON)
    assert found() == []


def test_an_altered_audit_trail_is_found(form):
    Event.objects.filter(seq=2).update(by="nobody")
    assert found() == ["Event 2 does not follow from the one before it: the record was altered."]


# --- what the scheduler has yet to do is no fault until it is an hour overdue

BEFORE, ON = HOUR - timedelta(seconds=1), HOUR
WAITS = {"state": "notified", "acknowledged_at": None, "acknowledged_by": None}


@pytest.mark.parametrize(("overdue", "lines"), [(BEFORE, 0), (ON, 1)])
def test_a_survey_that_is_over_must_be_counted(form, overdue, lines):
    upkeep = " Is the scheduler running? Else type: afterglow upkeep"
    says = f"Survey {ben().pk} is over and counts as nothing yet.{upkeep}"
    bend(ben(), closes_at=SOON - overdue)
    assert found() == [says][:lines]


@pytest.mark.parametrize(("overdue", "lines"), [(BEFORE, 0), (ON, 1)])
def test_a_mail_half_way_out_must_be_freed(form, overdue, lines):
    mail = Message.objects.filter(kind="alert").first()
    bend(mail, state="sending", lease_until=SOON - overdue)
    assert [line.split(".")[0] for line in found()] == [
        f"Mail {mail.pk} has been half-way out for an hour"
    ][:lines]


@pytest.mark.parametrize(("overdue", "lines"), [(BEFORE, 0), (ON, 1)])
def test_an_alert_must_be_told_again(form, overdue, lines):
    alert = Alert.objects.get()
    bend(alert, **WAITS, notices=1, next_notice_at=SOON - overdue)
    assert [line.split(".")[0] for line in found()] == [
        f"Alert {alert.pk} waits for somebody, and nobody was told for an hour"
    ][:lines]


def test_an_alert_that_nobody_will_be_told_of_again_is_found_at_once(form):
    alert = Alert.objects.get()
    bend(alert, **WAITS, notices=1, next_notice_at=None)
    assert [line.split(".")[0] for line in found()] == [
        f"Alert {alert.pk} waits for somebody, and nobody was told for an hour"
    ]


@pytest.mark.parametrize(("overdue", "lines"), [(BEFORE, 0), (ON, 1)])
def test_answers_begun_that_must_be_told(form, overdue, lines):
    save_draft(ben(), {"phq9": {"9": 2}}, by="patient", now=SOON - overdue)
    assert Draft.objects.count() == 1
    assert [line.split(",")[0] for line in found()] == [
        f"Survey {ben().pk} was begun with an answer that must be told"
    ][:lines]


def begun_lines(now=SOON) -> list[str]:
    return [line.split(",")[0] for line in found(now)]


def test_answers_that_rose_after_their_alert_must_be_told_too(form):
    save_draft(ben(), {"phq9": {"9": 1}}, by="patient", now=NOW)
    tell_of_draft(ben().pk, by="flow", now=NOW + HOUR)
    first = Alert.objects.get(unsent=ben())
    acknowledge(first.pk, staff=cast.okafor(), now=NOW + HOUR)
    save_draft(ben(), {"phq9": {"9": 3}}, by="patient", now=NOW + HOUR)
    begun = f"Survey {ben().pk} was begun with an answer that must be told"
    assert begun not in begun_lines(NOW + 2 * HOUR - cast.MINUTE)
    assert begun in begun_lines(NOW + 2 * HOUR)


def test_a_draft_that_counts_as_told_without_an_alert_is_found_at_once(form):
    save_draft(ben(), {"phq9": {"9": 2}}, by="patient", now=NOW)
    bend(ben().draft, alarming_since=None)
    assert begun_lines() == [f"Survey {ben().pk} was begun with an answer that must be told"]
