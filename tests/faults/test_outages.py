"""After an outage: one mail a patient at most, every survey counted, at a steady pace."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from flows import remind, send, upkeep
from surveys.actions.enrol import enrol
from surveys.actions.send import hour_of
from surveys.actions.treat import record_session
from surveys.models import Course, MailLine, Message, Occurrence
from surveys.overtaken import ASKED_AGAIN, OVERTAKEN
from tests import cast, proof
from tests.cast import DAY, HOUR, MINUTE, START

pytestmark = pytest.mark.django_db

OUTAGES = {"1 h": HOUR, "1 d": DAY, "10 d": 10 * DAY, "40 d": 40 * DAY}
NOON = START + 3 * HOUR
# Just before four hours after it, when much that waited for another mail leaves.
STOPPED = NOON + 4 * HOUR - 5 * MINUTE
BEFORE = START - 3 * DAY


def clinic(patients: int) -> None:
    """Patients with sessions on different days, whose forms stay open long enough to pile up."""
    for n in range(patients):
        row = cast.ana_row(code=f"C-{n}", email=f"p{n}@mail.example")
        course = enrol(row, by="front desk", now=BEFORE, plan_now=False)
        for days in (-2, 0, 2, 4, 7, 11):
            when = START + (days + n % 3) * DAY + n % 7 * HOUR
            # planned once for all of them: what is proved comes after
            record_session(course, at=when, by="desk", now=BEFORE, plan_now=days == 11)
    Occurrence.objects.update(closes_at=F("due_at") + 60 * DAY)


def sent_since(before: set[int]) -> list[Message]:
    new = Message.objects.exclude(pk__in=before).exclude(handed_at=None)
    return list(new.select_related("occurrence__course"))


def name_of(mail: Message) -> tuple:
    """The same in each life of the clinic, whatever number its row has there."""
    survey = mail.occurrence
    return survey.course_id, survey.rule, survey.due_at, mail.kind, mail.key.split(":")[2]


def left_without_outage(length: timedelta) -> set[tuple]:
    """What leaves meanwhile where nothing stops, in a life of the clinic that is taken back."""
    before = set(Message.objects.values_list("pk", flat=True))
    with transaction.atomic():
        for hours in range(1, int(length / HOUR) + 1):
            for flow in (send, upkeep, remind):
                flow.run_once(STOPPED + hours * HOUR)
        left = {name_of(one) for one in sent_since(before)}
        transaction.set_rollback(True)
    return left


def hour(mail: Message) -> datetime:
    """When it should have left."""
    if mail.kind == "invitation":
        return mail.occurrence.due_at
    return hour_of(mail.occurrence, int(mail.key.split(":")[2]))


def passes(first: datetime, hours: int) -> None:
    """Some of what the timetable does in so many hours."""
    for after_hours in (0, 1, *range(4, hours, 5)):
        now = first + after_hours * HOUR
        # its five minutes are not played: it never rests for longer
        MailLine.objects.update(last_pass_at=F("last_pass_at") if not after_hours else now)
        send.run_once(now, on_schedule=True)
        upkeep.run_once(now)
        remind.run_once(now, on_schedule=True)


@pytest.mark.proof
def test_after_an_outage_everybody_gets_one_mail_at_most(settings):
    """Of all that it held up, in the three days after it. The same clinic lives through each
    outage; each is taken back before the next."""
    patients, faults = proof.share(8, 2_500), []
    settings.MAIL_PER_MINUTE = 10_000
    clinic(patients)
    for pass_at in (NOON, STOPPED):
        send.run_once(pass_at, on_schedule=True)
    for name, length in OUTAGES.items():
        with transaction.atomic():
            most, lost, later = after(length)
            transaction.set_rollback(True)
        found = f"{most} mail at most, {lost} uncounted, {patients} patients"
        proof.record("T18", f"outage of {name}", target="1 mail at most, 0 uncounted", found=found)
        faults += [name] if most > 1 or lost or not later else []
    assert faults == []


def after(outage: timedelta) -> tuple[int, int, int]:
    """The most mails anybody got of what it held up, surveys in no counted state, and mails that
    left since for what fell due, or was to be reminded of, only afterwards.

    Of more than a day everything counts as held up whose hour came meanwhile.
    """
    before = set(Message.objects.values_list("pk", flat=True))
    back = STOPPED + outage + 20 * MINUTE
    held_up = left_without_outage(outage) if outage <= DAY else None
    passes(back, 72)
    sent = sent_since(before)
    of_the_backlog = Counter(
        one.patient_id
        for one in sent
        if (hour(one) <= back if held_up is None else name_of(one) in held_up)
    )
    fell_due = Occurrence.objects.filter(due_at__lte=back)
    lost = fell_due.filter(state="planned") | fell_due.filter(state="skipped", reason="")
    later = len(sent) - of_the_backlog.total()
    return max(of_the_backlog.values(), default=0), lost.count(), later


def test_what_was_overtaken_is_counted_with_its_reason():
    """Of all that piled up in ten days two forms remain: one mail now, one the day after."""
    clinic(1)
    send.run_once(NOON)
    back = NOON + 10 * DAY
    send.run_once(back)
    course = Course.objects.get()
    fell_due = course.occurrences.filter(due_at__lte=back, due_at__gt=NOON)
    states = Counter(fell_due.values_list("state", "reason"))
    assert states["skipped", ASKED_AGAIN] + states["skipped", OVERTAKEN] >= 2
    assert states["due", ""] + states["sent", ""] <= 2
    passes(back + HOUR, 30)
    assert not fell_due.filter(state="due").exists()


def test_a_backlog_leaves_at_the_clinics_pace(settings):
    settings.MAIL_PER_MINUTE = 2
    for n in range(25):
        cast.ana(code=f"C-{n}", email=f"p{n}@mail.example")
    counts = []
    for minute in range(0, 20, 5):
        send.run_once(NOON + minute * MINUTE)
        counts.append(Message.objects.exclude(handed_at=None).count())
    assert counts == [10, 20, 25, 25]
