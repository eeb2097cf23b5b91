"""Chapter: several mails wait for one patient.

After an outage, after a key that was refused for days, or where somebody types `afterglow send`
once a day. What is left out follows from the forms themselves, never from when mail last left.
"""

from collections import Counter
from datetime import timedelta

import pytest

from flows import remind, send, upkeep
from surveys.models import Message, Occurrence
from surveys.overtaken import (
    ASKED_AGAIN,
    OVERTAKEN,
    Form,
    apart,
    kept_from_leaving,
    leaves_at,
    left_out,
)
from tests.cast import DAY, HOUR, MINUTE, START, ana, treated

SECOND = timedelta(seconds=1)
LATE = timedelta(hours=4, minutes=15)
CHECK = frozenset({"after_session"})
WEEKLY = frozenset({"phq9"})
MONTHLY = frozenset({"phq9", "gad7"})
DENVER = "America/Denver"


@pytest.mark.parametrize(
    ("asks", "late", "newer_asks", "newer_is_open", "why"),
    [
        # another questionnaire: only a form long past gives way, and only to one still open
        (WEEKLY, 3 * DAY - SECOND, CHECK, True, ""),
        (WEEKLY, 3 * DAY, CHECK, True, ""),
        (WEEKLY, 3 * DAY + SECOND, CHECK, True, OVERTAKEN),
        (WEEKLY, 40 * DAY, CHECK, True, OVERTAKEN),
        (WEEKLY, 40 * DAY, CHECK, False, ""),
        # the same questionnaire, alone or among others: asked once, by the newer form
        (WEEKLY, HOUR, WEEKLY, True, ASKED_AGAIN),
        (WEEKLY, HOUR, MONTHLY, True, ASKED_AGAIN),
        (WEEKLY, HOUR, MONTHLY, False, ASKED_AGAIN),
        (MONTHLY, HOUR, WEEKLY, True, ""),
    ],
)
def test_what_a_newer_form_makes_of_one_that_waits(asks, late, newer_asks, newer_is_open, why):
    now = START + 50 * DAY
    form = Form(now - late, asks)
    newer = Form(now - MINUTE, newer_asks, is_open=newer_is_open)
    assert left_out(form, form.due_at, [form, newer], now=now) == why


def test_a_form_alone_or_an_older_one_leaves_nothing_out():
    form = Form(START, WEEKLY)
    older = Form(START - DAY, MONTHLY)
    assert left_out(form, START, [older, form], now=START + 60 * DAY) == ""


@pytest.mark.parametrize(
    ("late", "hours"),
    [(timedelta(), 4), (LATE - SECOND, 4), (LATE, 4), (LATE + SECOND, 20), (DAY, 20)],
)
def test_a_mail_in_its_time_keeps_four_hours_and_a_late_one_twenty(late, hours):
    assert apart(START, now=START + late) == hours * HOUR


@pytest.mark.parametrize(
    ("hour", "since", "last", "leaves"),
    [
        # sending runs from 09:00, or from later; nothing left before, or long before
        (0, 0, None, 0),
        (0, 2, None, 2),
        (3, 2, None, 3),
        (3, 2, -20, 3),
        # four hours after the last mail; twenty where that makes it late
        (3, 2, 1, 5),
        (0, 2, 1, 21 + 2),  # 06:00 is too early: the morning
        (2, 2, 2, 6),
        (4, 5, 4.25, 8.25),
        (4, 5, 4.26, 24.26),
        # not from 21:00 to 08:00; what was in time in the evening may be late in the morning
        (11.5, 0, None, 11.5),
        (12, 0, None, 23),
        (11, 0, 8.5, 28.5),
    ],
)
def test_when_a_mail_leaves_where_sending_runs(hour, since, last, leaves):
    """Hours after 09:00, in Denver."""
    last = None if last is None else START + last * HOUR
    found = leaves_at(START + hour * HOUR, since=START + since * HOUR, last=last, zone=DENVER)
    assert found == START + leaves * HOUR


@pytest.mark.parametrize(
    ("hours", "last", "back", "kept"),
    [
        ([], None, 40 * 24, 0),
        ([1], None, 1, 0),
        ([1], None, 1.01, 1),
        ([1, 2], None, 5, 1),  # the second would have waited until 14:00
        ([1, 2], None, 5.01, 2),
        ([12, 13], None, 23, 0),  # by night nothing leaves
        ([12, 13], None, 23.01, 1),
        ([1, 25, 49], None, 49.01, 3),
        ([1, 25, 49], 0, 4, 0),  # a mail had left at nine
        ([1, 25, 49], 0, 4.01, 1),
    ],
)
def test_how_many_mails_a_pause_kept_from_leaving(hours, last, back, kept):
    """Sending stopped at 09:00 and is back so many hours later."""
    hours = [START + hour * HOUR for hour in hours]
    last = None if last is None else START
    back = START + back * HOUR
    assert kept_from_leaving(hours, since=START, last=last, zone=DENVER, now=back) == kept


def mailed(course) -> list[tuple[str, int]]:
    """Which survey, invited in which daily run."""
    rows = Message.objects.filter(patient=course.patient, kind="invitation").exclude(handed_at=None)
    rows = rows.order_by("handed_at").values_list("occurrence__survey", "handed_at")
    return [(survey, (at - START) // DAY) for survey, at in rows]


def runs_by_hand(days: range) -> None:
    """Somebody types these three commands at ten, once a day."""
    for day in days:
        for flow in (send, remind, upkeep):
            flow.run_once(START + day * DAY + HOUR)


@pytest.mark.django_db
def test_by_hand_once_a_day_a_check_and_a_weekly_form_that_wait_both_leave():
    """The check of Sunday evening closes first and leaves on Monday; the weekly on Tuesday."""
    course = ana()
    treated(course, START + 2 * HOUR)
    treated(course, START + 5 * DAY + 9 * HOUR)
    runs_by_hand(range(10))
    assert mailed(course)[-2:] == [("after-session", 7), ("weekly", 8)]


@pytest.mark.django_db
def test_by_hand_once_a_day_nothing_is_lost_in_five_weeks():
    """Six infusions in two weeks, at whatever hour, and a booster."""
    course = ana()
    for day in range(36):
        runs_by_hand(range(day, day + 1))
        if day in (0, 2, 4, 7, 9, 11, 25):
            treated(course, START + day * DAY + (1 + day % 4) * 2 * HOUR)
    asked = Occurrence.objects.filter(course=course, due_at__lte=START + 33 * DAY)
    left = asked.exclude(state="superseded")
    assert left.count() >= 10
    assert list(left.exclude(state="expired").values_list("survey", "state", "reason")) == []
    most = max(Counter(day for _, day in mailed(course)).values())
    assert most == 1, "one invitation a day"
