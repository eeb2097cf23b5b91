"""Chapter: when the course changes after mail has gone out.

Ana is enrolled on Monday 2 March 2026 at 09:00 in Denver. Her first session is on Tuesday. One rule
runs through all of it: what has gone out stays as it was asked, and nobody is asked twice.
"""

from datetime import timedelta

import pytest

from surveys.actions import enrol, send
from surveys.actions.answer import instruments_of, submit
from surveys.actions.protocol import change_protocol
from surveys.actions.schedule import close_windows, open_due, roll_on, to_roll_on
from surveys.actions.treat import change_session, record_session
from surveys.actions.watch import alarms
from surveys.models import Course, Message, Occurrence
from tests.cast import DAY, HOUR, START, ana, ana_row, due, phq9, treated

pytestmark = pytest.mark.django_db

SESSION = START + DAY
AFTER = SESSION + 25 * HOUR
WEEKLY = SESSION + 7 * DAY - HOUR  # 09:00 again: the clocks go forward on Sunday in between


def state(row: Occurrence) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


def coming(course, rule: str) -> list:
    rows = course.occurrences.filter(rule=rule, state__in=["planned", "due"]).order_by("due_at")
    return [row.due_at for row in rows]


def sent(course, survey: str, *, now) -> Occurrence:
    row = due(course, survey, now=now)
    assert send.invite(row.pk, by="flow", now=now) == "accepted"
    row.refresh_from_db()
    return row


def answered(course, survey: str, *, now) -> Occurrence:
    row = sent(course, survey, now=now)
    first = instruments_of(row)[0]
    submit(row, {first.id: phq9(*[1] * 9)}, mode="web", by="patient", now=now + HOUR)
    row.refresh_from_db()
    return row


# --- rescheduled ----------------------------------------------------------------------------------


def test_a_rescheduled_session_takes_its_unsent_forms_along():
    course = ana()
    session = treated(course, SESSION)
    before = coming(course, "weekly")
    change_session(session, at=SESSION + 2 * DAY, status="done", by="desk", now=SESSION + 2 * HOUR)
    assert coming(course, "weekly")[:3] == [at + 2 * DAY for at in before[:3]]


def test_a_form_that_has_gone_out_stays_and_is_not_asked_again():
    course = ana()
    session = treated(course, SESSION)
    check = sent(course, "after-session", now=AFTER)
    change_session(session, at=SESSION + 2 * DAY, status="done", by="desk", now=AFTER + HOUR)
    assert state(check) == ("sent", "")
    assert course.occurrences.filter(rule="after-session").count() == 1


def test_a_weekly_form_sent_under_another_first_session_is_not_repeated_too_soon():
    """The first session turns out to have been the one two days later."""
    course = ana()
    first = treated(course, SESSION)
    treated(course, SESSION + 2 * DAY)
    weekly = sent(course, "weekly", now=WEEKLY)
    change_session(first, at=SESSION, status="missed", by="desk", now=WEEKLY + HOUR)
    assert state(weekly) == ("sent", "")
    assert coming(course, "weekly")[0] == WEEKLY + 6 * DAY, "six days later, not two"


def test_a_form_that_left_late_keeps_the_next_one_at_its_distance():
    """Mail was down for three days; then a session is recorded and the plan made anew."""
    course = ana()
    treated(course, SESSION)
    weekly = sent(course, "weekly", now=WEEKLY + 3 * DAY)
    assert weekly.due_at == WEEKLY
    treated(course, WEEKLY + 3 * DAY + HOUR)
    assert coming(course, "weekly")[0] == WEEKLY + 9 * DAY, "six days after it was asked"


@pytest.mark.parametrize(
    ("late", "planned_anew", "next_after"), [(23 * HOUR, 0, 7), (24 * HOUR, 1, 7), (3 * DAY, 1, 9)]
)
def test_with_no_session_to_record_upkeep_sees_that_it_left_late(late, planned_anew, next_after):
    course = ana()
    treated(course, SESSION)
    assert to_roll_on(now=WEEKLY - DAY) == []
    sent(course, "weekly", now=WEEKLY + late)
    found = to_roll_on(now=WEEKLY + late + HOUR)
    assert len(found) == planned_anew
    for one in found:
        roll_on(one, by="test", now=WEEKLY + late + HOUR)
    assert coming(course, "weekly")[0] == WEEKLY + next_after * DAY
    assert to_roll_on(now=WEEKLY + late + 2 * HOUR) == [], "once"


@pytest.mark.parametrize(
    ("left", "alarming"), [(14 * DAY + HOUR, []), (14 * DAY, []), (14 * DAY - HOUR, ["plan"])]
)
def test_a_plan_that_upkeep_does_not_carry_on_alarms_before_it_ends(left, alarming):
    ana()
    ends = Course.objects.get().planned_until
    assert [one.code for one in alarms(now=ends - left)] == alarming


# --- cancelled ------------------------------------------------------------------------------------


def test_a_cancelled_session_withdraws_what_had_not_gone_out():
    course = ana()
    session = treated(course, SESSION)
    check = course.occurrences.get(rule="after-session")
    change_session(session, at=SESSION, status="cancelled", by="desk", now=SESSION + 2 * HOUR)
    assert state(check) == ("superseded", "session changed")
    assert coming(course, "weekly") == []


def test_cancelled_by_mistake_and_confirmed_again_it_asks_as_before():
    course = ana()
    session = treated(course, SESSION)
    before = coming(course, "weekly")
    again = change_session(
        session, at=SESSION, status="cancelled", by="desk", now=SESSION + 2 * HOUR
    )
    change_session(again, at=SESSION, status="done", by="desk", now=SESSION + 3 * HOUR)
    assert coming(course, "weekly") == before


# --- imported late --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (SESSION + 71 * HOUR, ("planned", "")),
        (SESSION + 72 * HOUR, ("skipped", "recorded late")),
        (SESSION + 9 * DAY, ("skipped", "recorded late")),
    ],
)
def test_a_session_recorded_after_its_check_had_closed_is_not_asked_about_and_counted(
    recorded, expected
):
    course = ana()
    record_session(course, at=SESSION, by="desk", now=recorded)
    assert state(course.occurrences.get(rule="after-session")) == expected


# --- on hold and back -----------------------------------------------------------------------------


def test_on_hold_nothing_goes_out_and_what_fell_due_is_counted():
    course = ana()
    treated(course, SESSION)
    enrol.set_status(course.patient, "on_hold", by="desk", now=SESSION + 2 * HOUR)
    check = due(course, "after-session", now=AFTER)
    send.invite(check.pk, by="flow", now=AFTER)
    assert state(check) == ("skipped", "on hold")
    assert not Message.objects.exists()


def test_back_from_hold_the_next_form_is_asked_and_the_missed_ones_are_not():
    course = ana()
    treated(course, SESSION)
    enrol.set_status(course.patient, "on_hold", by="desk", now=SESSION + 2 * HOUR)
    back = WEEKLY + 6 * DAY
    open_due(now=back)
    close_windows(by="flow", now=back)
    enrol.set_status(course.patient, "active", by="desk", now=back)
    assert coming(course, "weekly")[0] == WEEKLY + 7 * DAY
    missed = course.occurrences.filter(due_at__lt=back)
    assert {row.state for row in missed} == {"skipped"}
    assert send.due_invitations(now=back) == []


# --- discharged, deceased -------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["discharged", "deceased"])
def test_who_has_left_is_asked_nothing_whatever_is_recorded_afterwards(status):
    course = ana()
    session = treated(course, SESSION)
    open_form = sent(course, "after-session", now=AFTER)
    enrol.set_status(course.patient, status, by="desk", now=AFTER + HOUR)
    assert state(open_form) == ("cancelled", status)
    change_session(session, at=SESSION + DAY, status="done", by="desk", now=AFTER + 2 * HOUR)
    treated(course, SESSION + 3 * DAY)
    states = set(course.occurrences.values_list("state", flat=True))
    assert states <= {"cancelled", "skipped", "answered"}
    assert send.due_invitations(now=AFTER + 30 * DAY) == []


def test_discharged_by_mistake_what_had_not_gone_out_is_asked_after_all():
    course = ana()
    treated(course, SESSION)
    before = coming(course, "weekly")
    enrol.set_status(course.patient, "discharged", by="desk", now=SESSION + 2 * HOUR)
    assert coming(course, "weekly") == []
    enrol.set_status(course.patient, "active", by="desk", now=SESSION + 3 * HOUR)
    assert coming(course, "weekly") == before


# --- another protocol -----------------------------------------------------------------------------


def test_what_had_not_gone_out_under_the_old_protocol_is_superseded():
    course = ana()
    treated(course, SESSION)
    old = course.occurrences.get(rule="weekly", ordinal=2)
    assert change_protocol(
        course, "taper-ladder", reason="as agreed", by="desk", now=SESSION + 2 * HOUR
    )
    assert state(old) == ("superseded", "protocol changed")
    assert coming(course, "weekly") == []
    assert coming(course, "two-weekly")[0] == WEEKLY + 7 * DAY


@pytest.mark.parametrize("ask", [sent, answered])
def test_a_form_that_went_out_is_not_asked_again_by_the_new_protocol(ask):
    course = ana()
    treated(course, SESSION)
    weekly = ask(course, "weekly", now=WEEKLY)
    before = state(weekly)
    change_protocol(course, "three-two-three", reason="as agreed", by="desk", now=WEEKLY + 2 * HOUR)
    assert state(weekly) == before
    assert coming(course, "weekly")[0] == weekly.due_at + 7 * DAY


def test_a_form_of_the_new_protocol_keeps_its_distance_from_the_last_of_the_old():
    """The booster protocol's monthly form would fall due three days after the weekly one."""
    course = ana()
    treated(course, START + 18 * DAY)
    weekly = sent(course, "weekly", now=START + 25 * DAY)
    change_protocol(
        course, "boosters-on-demand", reason="as agreed", by="desk", now=START + 26 * DAY
    )
    assert coming(course, "monthly")[0] == weekly.due_at + 6 * DAY, "three days later than usual"


def test_the_mail_of_a_superseded_form_that_waits_to_be_tried_again_never_leaves():
    course = ana()
    treated(course, SESSION)
    row = due(course, "weekly", now=WEEKLY)
    message = Message.objects.create(
        key="waiting", kind="invitation", occurrence=row, patient=course.patient, state="retry",
        to_address=course.patient.email, state_at=WEEKLY, queued_at=WEEKLY,
    )  # fmt: skip
    change_protocol(course, "taper-ladder", reason="as agreed", by="desk", now=WEEKLY + HOUR)
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert state(row) == ("superseded", "protocol changed")


def test_nothing_is_counted_as_missed_that_the_new_protocol_would_have_asked_before():
    course = ana()
    treated(course, SESSION)
    change_protocol(course, "taper-ladder", reason="as agreed", by="desk", now=START + 40 * DAY)
    rows = course.occurrences.filter(protocol="taper-ladder")
    assert rows.exists()
    assert all(row.closes_at > START + 40 * DAY for row in rows)


def test_back_to_the_first_protocol_its_unsent_forms_are_asked_after_all():
    course = ana()
    treated(course, SESSION)
    before = coming(course, "weekly")
    change_protocol(course, "taper-ladder", reason="as agreed", by="desk", now=SESSION + 2 * HOUR)
    change_protocol(
        course, "six-then-boosters", reason="as agreed", by="desk", now=SESSION + 3 * HOUR
    )
    assert coming(course, "weekly") == before


def test_the_protocol_already_followed_changes_nothing():
    course = ana()
    treated(course, SESSION)
    assert not change_protocol(
        course, "six-then-boosters", reason="as agreed", by="desk", now=SESSION + 2 * HOUR
    )


# --- another zone ---------------------------------------------------------------------------------


def test_a_move_to_another_zone_moves_what_has_not_gone_out_to_nine_there():
    course = ana()
    treated(course, SESSION)
    out = sent(course, "after-session", now=AFTER)
    before, was = coming(course, "weekly"), out.due_at
    enrol.enrol(ana_row(timezone="America/New_York"), by="desk", now=AFTER + HOUR)
    assert coming(course, "weekly") == [at - timedelta(hours=2) for at in before]
    out.refresh_from_db()
    assert (out.state, out.due_at) == ("sent", was)


# --- forms that travel together -------------------------------------------------------------------


def test_a_check_that_travelled_with_the_weekly_form_is_not_asked_again():
    course = ana()
    treated(course, SESSION)
    second = treated(course, SESSION + 6 * DAY + HOUR)
    weekly = sent(course, "weekly", now=WEEKLY + 3 * HOUR)
    assert weekly.instruments == ["phq9", "after_session"]
    change_session(second, at=SESSION + 5 * DAY, status="done", by="desk", now=WEEKLY + 2 * HOUR)
    assert coming(course, "after-session") == []
