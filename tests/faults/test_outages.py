"""After an outage: one mail a patient at most, every survey counted, at a steady pace."""

from collections import Counter

import pytest
from django.db.models import F

from flows import remind, send, upkeep
from surveys.actions.backlog import OVERTAKEN
from surveys.actions.treat import record_session
from surveys.models import Course, Message, Occurrence
from tests import cast, proof
from tests.cast import DAY, HOUR, MINUTE, START

pytestmark = pytest.mark.django_db

OUTAGES = {"1 h": HOUR, "1 d": DAY, "10 d": 10 * DAY, "40 d": 40 * DAY}
NOON = START + 3 * HOUR


def clinic(patients: int) -> None:
    """Patients with sessions on different days, whose forms stay open long enough to pile up."""
    for n in range(patients):
        course = cast.ana(code=f"C-{n}", email=f"p{n}@mail.example", now=START - 3 * DAY)
        for days in (-2, 0, 2, 4, 7, 11):
            when = START + (days + n % 3) * DAY + n % 7 * HOUR
            record_session(course, at=when, by="desk", now=START - 3 * DAY)
    Occurrence.objects.update(closes_at=F("due_at") + 60 * DAY)


def sent_since(before: set[int]) -> Counter:
    """How many mails each patient was sent, without those sent before."""
    rows = Message.objects.exclude(pk__in=before).filter(patient__isnull=False)
    return Counter(rows.exclude(handed_at=None).values_list("patient", flat=True))


def passes(first, hours: int) -> None:
    """What the timetable does in so many hours."""
    for minute in range(0, hours * 60, 30):
        now = first + minute * MINUTE
        send.run_once(now)
        upkeep.run_once(now)
        remind.run_once(now)


@pytest.mark.proof
@pytest.mark.parametrize("name", OUTAGES)
def test_after_an_outage_everybody_gets_one_mail_at_most(settings, name):
    patients = proof.share(12, 2_500)
    settings.MAIL_PER_MINUTE = 10_000
    clinic(patients)
    send.run_once(NOON)
    before = set(Message.objects.values_list("pk", flat=True))
    back = NOON + OUTAGES[name]
    passes(back, 4)
    most = max(sent_since(before).values(), default=0)
    fell_due = Occurrence.objects.filter(due_at__lte=back)
    lost = fell_due.filter(state="planned") | fell_due.filter(state="skipped", reason="")
    found = f"{most} mail at most, {lost.count()} uncounted, {patients} patients"
    proof.record("T18", f"outage of {name}", target="1 mail at most, 0 uncounted", found=found)
    assert most <= 1
    assert lost.count() == 0


def test_what_was_overtaken_is_counted_with_its_reason():
    clinic(1)
    send.run_once(NOON)
    send.run_once(NOON + 10 * DAY)
    course = Course.objects.get()
    waiting = course.occurrences.filter(due_at__lte=NOON + 10 * DAY, closes_at__gt=NOON + 10 * DAY)
    states = Counter(waiting.values_list("state", "reason"))
    assert states["skipped", OVERTAKEN] >= 1
    assert states["due", ""] == 0


def test_a_backlog_leaves_at_the_clinics_pace(settings):
    settings.MAIL_PER_MINUTE = 2
    for n in range(25):
        cast.ana(code=f"C-{n}", email=f"p{n}@mail.example")
    counts = []
    for minute in range(0, 20, 5):
        send.run_once(NOON + minute * MINUTE)
        counts.append(Message.objects.exclude(handed_at=None).count())
    assert counts == [10, 20, 25, 25]
