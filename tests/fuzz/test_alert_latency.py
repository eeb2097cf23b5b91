"""Every rung of every alert within a minute of its hour, also after an outage, until acknowledged.

The clock is ours; the escalator runs once a minute, except for two hours in which nothing runs. The
expected hours are worked out here from the ladder in words: urgent again after 15, 15 and then
every 30 minutes; otherwise after 30, 60 and then every 120.
"""

import random
from datetime import datetime, timedelta

import pytest

from flows import alert as escalator
from surveys.actions import alert as alerts
from surveys.actions.answer import record_old_response
from surveys.models import Alert, Message
from tests import cast, proof
from tests.cast import HOUR, MINUTE, START, phq9

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

ALERTS = proof.share(9, 1000)
END = START + 8 * HOUR
OUTAGE = START + 2 * HOUR, START + 4 * HOUR
TICKS = [
    START + n * MINUTE for n in range(8 * 60) if not OUTAGE[0] <= START + n * MINUTE < OUTAGE[1]
]
LADDER = {"urgent": [15, 15, 30], "standard": [30, 60, 120]}
LATE = timedelta(seconds=60)


def first_tick(due: datetime) -> datetime | None:
    return next((tick for tick in TICKS if tick >= due), None)


def expected(alert: Alert) -> list[datetime]:
    """The ticks at which somebody must be told of it."""
    until, told, due = alert.acknowledged_at or END, [], alert.raised_at
    while (tick := first_tick(due)) and tick < until:
        told.append(tick)
        minutes = LADDER[alert.level]
        due = tick + minutes[min(len(told), len(minutes)) - 1] * MINUTE
    return told


def told(alert: Alert) -> list[datetime]:
    rows = Message.objects.filter(alert=alert).exclude(accepted_at=None)
    return sorted(set(rows.values_list("accepted_at", flat=True)))


def play(dice: random.Random) -> None:
    """Forms come in at any second of six hours; a third of the alerts is acknowledged in time."""
    cast.lindqvist(), cast.lead()
    courses = [cast.ana(code=f"L-{n}", email=f"l{n}@mail.example") for n in range(ALERTS)]
    due = sorted((START + dice.uniform(0, 6) * HOUR, course.pk, course) for course in courses)
    for tick in TICKS:
        while due and due[0][0] <= tick:
            at, _, course = due.pop(0)
            form = phq9(*[0] * 8, dice.choice([1, 2, 3]))
            record_old_response(course, "phq9", form, None, answered_at=at, by="test", now=at)
        escalator.run_once(tick)
        for one in Alert.objects.filter(acknowledged_at=None, notified_at__lt=tick - 20 * MINUTE):
            if dice.random() < 0.01:
                alerts.acknowledge(one.pk, staff=cast.okafor(), now=tick + timedelta(seconds=30))


def test_every_rung_is_on_time(mailbox):
    play(random.Random(12))
    rows = Alert.objects.all()
    wrong = [one.pk for one in rows if told(one) != expected(one)]
    first = [told(one)[0] - one.raised_at for one in rows if told(one)]
    during = sum(OUTAGE[0] - MINUTE <= one.raised_at < OUTAGE[1] for one in rows)
    quick = [wait for wait in first if wait <= LATE]
    proof.record(
        "T12",
        "alert ladder, with an outage of two hours",
        target="1,000 alerts: every rung within 60 s of its hour",
        found=f"{len(rows)} alerts, {Message.objects.filter(kind='alert').count()} mails:"
        f" {len(wrong)} with a rung late or missing; {during} raised in the outage",
    )
    assert len(rows) == ALERTS
    assert wrong == []
    assert len(quick) >= ALERTS - during
