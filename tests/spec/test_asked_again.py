"""Chapter: one form worse than expected is asked again three to four days later, once.

Ana tapers: her PHQ-9 comes every 14 days after session 1, which is on day 1. Day 0 is Monday
2 March 2026, 09:00 in Denver. Three forms of 8 lie before; then one form is higher.
"""

from datetime import date

import pytest
from django.db import IntegrityError

from flows import send, upkeep
from flows.plan import lines
from reports.flagged import courses_to_look_at
from surveys.actions import enrol
from surveys.actions.again import ask_again
from surveys.actions.answer import record_old_response, submit
from surveys.actions.protocol import change_protocol
from surveys.actions.schedule import close_windows, open_due, replan
from surveys.actions.treat import change_session
from surveys.confirmation import CONFIRMATION
from surveys.models import Event, Occurrence
from tests.cast import DAY, HOUR, START, ana, ben, phq9, treated
from tests.doors import every_row

HIGHER = START + 6 * DAY


# --- the whole walk -------------------------------------------------------------------------------


def answered(course, at, total, instrument="phq9"):
    return record_old_response(course, instrument, None, total, answered_at=at, by="import", now=at)


def tapering(person=ana):
    course = person(protocol="taper-ladder", now=START - 30 * DAY)
    for week in (3, 2, 1):
        answered(course, START - week * 7 * DAY, 8)
    treated(course, START + DAY)
    return course


def higher(person=ana, at=HIGHER):
    course = tapering(person)
    answered(course, at, 14)
    return course


def again(course) -> list[Occurrence]:
    return list(course.occurrences.filter(rule=CONFIRMATION))


pytestmark = pytest.mark.django_db


def test_one_higher_form_is_asked_again_once_however_often_upkeep_runs():
    course = higher()
    assert upkeep.run_once(HIGHER + HOUR)["asked again"] == 1
    rows = every_row()
    for later in range(3):
        assert upkeep.run_once(HIGHER + HOUR)["asked again"] == 0, later
    assert every_row() == rows
    [form] = again(course)
    assert form.due_at == HIGHER + 72 * HOUR
    assert (form.instruments, form.state) == (["phq9"], "planned")


@pytest.mark.parametrize(("total", "asked"), [(12, 0), (13, 1), (14, 1)])
def test_five_points_above_the_mean_of_the_last_three_is_higher(total, asked):
    course = tapering()
    answered(course, HIGHER, total)
    upkeep.run_once(HIGHER + HOUR)
    assert len(again(course)) == asked


def test_only_courses_with_new_answers_are_looked_at():
    course, other = higher(), tapering(ben)
    upkeep.run_once(HIGHER + HOUR)
    assert courses_to_look_at() == []
    answered(other, HIGHER + 2 * HOUR, 9)
    assert courses_to_look_at() == [other.pk]
    upkeep.run_once(HIGHER + 3 * HOUR)
    assert len(again(course)) == 1
    assert again(other) == []


def test_an_ordinary_form_due_anyway_tells_as_much():
    """Day 15 brings the ordinary form: day 12 is three days before it, day 13 only two."""
    assert again_when_higher_on_day(9) == 1
    assert again_when_higher_on_day(10, person=ben) == 0


def again_when_higher_on_day(day, person=ana) -> int:
    course = higher(person, at=START + day * DAY)
    upkeep.run_once(START + day * DAY + HOUR)
    return len(again(course))


@pytest.mark.parametrize("after", [14, 9], ids=["confirmed", "withdrawn"])
def test_none_once_another_form_has_confirmed_or_withdrawn_it(after):
    course = higher()
    answered(course, HIGHER + 2 * HOUR, after)
    upkeep.run_once(HIGHER + 3 * HOUR)
    assert again(course) == []


def test_a_form_answered_meanwhile_withdraws_the_one_that_was_planned():
    course = higher()
    upkeep.run_once(HIGHER + HOUR)
    answered(course, HIGHER + DAY, 9)
    upkeep.run_once(HIGHER + DAY + HOUR)
    [form] = again(course)
    assert (form.state, form.reason) == ("superseded", "no longer needed")


def test_two_questionnaires_higher_together_are_one_form_more_of_the_first():
    course = tapering()
    for week in (3, 2, 1):
        answered(course, START - week * 7 * DAY, 5, "gad7")
    answered(course, HIGHER, 12, "gad7")
    answered(course, HIGHER, 14)
    upkeep.run_once(HIGHER + HOUR)
    assert [form.instruments for form in again(course)] == [["phq9"]]


def test_a_second_one_pending_is_impossible_even_in_the_ledger():
    course = higher()
    upkeep.run_once(HIGHER + HOUR)
    [form] = again(course)
    form.pk, form.ref, form.anchor = None, "0" * 32, "another"
    with pytest.raises(IntegrityError):
        form.save(force_insert=True)


def test_answered_it_confirms_and_nothing_more_is_asked():
    course = higher()
    upkeep.run_once(HIGHER + HOUR)
    [form] = again(course)
    open_due(now=form.due_at)
    assert send.run_once(form.due_at) == {"accepted": 1}
    submit(
        form, {"phq9": phq9(2, 2, 2, 2, 2, 2, 2, 0, 0)}, mode="web", by="patient",
        now=form.due_at + HOUR,
    )  # fmt: skip
    upkeep.run_once(form.due_at + 2 * HOUR)
    assert [(one.pk, one.state) for one in again(course)] == [(form.pk, "answered")]


def test_unanswered_it_expires_and_the_ordinary_form_keeps_its_day():
    course = higher()
    before = course.occurrences.get(rule="two-weekly", ordinal=1).due_at
    upkeep.run_once(HIGHER + HOUR)
    [form] = again(course)
    open_due(now=form.due_at)
    send.run_once(form.due_at)
    close_windows(by="flow", now=form.closes_at)
    form.refresh_from_db()
    assert (form.state, form.reason) == ("expired", "no answer")
    replan(course, by="desk", now=form.closes_at + HOUR)
    assert course.occurrences.get(rule="two-weekly", ordinal=1).due_at == before


def test_the_plan_says_why():
    course = higher()
    upkeep.run_once(HIGHER + HOUR)
    text = "\n".join(lines(course, date(2026, 3, 20), now=HIGHER + HOUR))
    assert "confirmation" in text
    assert "    72 hours after the form of 8 March" in text
    assert "    One form was worse than expected; asked again to confirm." in text
    assert "asked once more, to confirm a form that was worse than expected" in text
    assert "Check-in once more: added, 11 March, 10:00" in text


def test_it_is_in_the_audit_chain():
    course = higher()
    upkeep.run_once(HIGHER + HOUR)
    event = Event.objects.get(verb="asked again")
    assert (event.by, event.subject) == ("flow:upkeep", f"patient:{course.patient_id}")


# --- what happens around it -----------------------------------------------------------------------


def pending(person=ana):
    course = higher(person)
    upkeep.run_once(HIGHER + HOUR)
    [form] = again(course)
    return course, form


def state(form: Occurrence) -> tuple[str, str]:
    form.refresh_from_db()
    return form.state, form.reason


def test_replanning_leaves_it_alone():
    course, form = pending()
    before = (form.due_at, form.closes_at, form.instruments)
    for _ in range(2):
        replan(course, by="desk", now=HIGHER + 2 * HOUR)
    assert state(form) == ("planned", "")
    assert (form.due_at, form.closes_at, form.instruments) == before


def test_an_ordinary_form_that_moves_close_to_it_takes_its_place_and_gives_it_back():
    """Session 1 a week earlier brings the ordinary form to day 8, a day before it."""
    course, form = pending()
    session = course.sessions.get(superseded_at=None)
    moved = change_session(
        session, at=session.at - 7 * DAY, status="done", by="desk", now=HIGHER + 2 * HOUR
    )
    assert state(form) == ("superseded", "no longer needed")
    change_session(moved, at=session.at, status="done", by="desk", now=HIGHER + 3 * HOUR)
    assert state(form) == ("planned", "")


@pytest.mark.parametrize("status", ["discharged", "deceased"])
def test_who_has_left_is_not_asked_again(status):
    course, form = pending()
    enrol.set_status(course.patient, status, by="desk", now=HIGHER + 2 * HOUR)
    assert state(form) == ("cancelled", status)
    upkeep.run_once(HIGHER + 3 * HOUR)
    assert state(form) == ("cancelled", status)


def test_who_had_left_already_is_not_asked_again():
    course = higher()
    enrol.set_status(course.patient, "discharged", by="desk", now=HIGHER + HOUR)
    upkeep.run_once(HIGHER + 2 * HOUR)
    assert again(course) == []


def test_discharged_by_mistake_it_is_asked_after_all_while_there_is_time():
    course, form = pending()
    enrol.set_status(course.patient, "discharged", by="desk", now=HIGHER + 2 * HOUR)
    enrol.set_status(course.patient, "active", by="desk", now=form.closes_at - HOUR)
    assert state(form) == ("planned", "")


def test_back_after_its_days_it_stays_cancelled():
    course, form = pending()
    enrol.set_status(course.patient, "discharged", by="desk", now=HIGHER + 2 * HOUR)
    enrol.set_status(course.patient, "active", by="desk", now=form.closes_at)
    assert state(form) == ("cancelled", "discharged")


def test_on_hold_it_is_not_sent_and_that_is_counted():
    course, form = pending()
    enrol.set_status(course.patient, "on_hold", by="desk", now=HIGHER + 2 * HOUR)
    open_due(now=form.due_at)
    send.run_once(form.due_at)
    assert state(form) == ("skipped", "on hold")


def test_another_protocol_leaves_it_where_it_has_room():
    course, form = pending()
    change_protocol(course, "boosters-on-demand", reason="", by="desk", now=HIGHER + 2 * HOUR)
    assert state(form) == ("planned", "")
    course.refresh_from_db()
    response = course.responses.order_by("answered_at").last()
    assert not ask_again(course, response, by="desk", now=HIGHER + 3 * HOUR)


def test_a_check_after_a_session_due_that_day_travels_with_it_in_one_mail():
    course = higher()
    session = treated(course, HIGHER + 2 * DAY)
    upkeep.run_once(HIGHER + 2 * DAY + 2 * HOUR)
    [form] = again(course)
    assert form.instruments == ["phq9", "after_session"]
    check = course.occurrences.get(rule="after-session", anchor=str(session.key))
    assert state(check) == ("superseded", "asked with another form")
    open_due(now=form.due_at)
    assert send.run_once(form.due_at) == {"accepted": 1}
