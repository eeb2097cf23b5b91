"""After an outage: one mail a patient at most, the rest left out and counted; a ramp, no flood."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from surveys import events
from surveys.actions.line import line
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.send import stage
from surveys.models import MailLine, Message, Occurrence

# Invitations are looked for every five minutes; after half an hour without, something was down.
OUTAGE = timedelta(minutes=30)
A_PASS = timedelta(minutes=5)
OVERTAKEN = "overtaken after an outage"


@transaction.atomic
def begin_pass(*, now: datetime) -> datetime | None:
    """Marks a pass. Returns when the one before was, where an outage lies in between."""
    before = line().last_pass_at
    MailLine.objects.filter(pk=1).update(last_pass_at=now)
    return before if before and now - before >= OUTAGE else None


def room(*, now: datetime) -> int:
    """How many patients may be mailed in this pass: AFTERGLOW_MAIL_PER_MINUTE for five minutes."""
    lately = Message.objects.filter(
        patient__isnull=False, handed_at__gt=now - A_PASS, handed_at__lte=now
    )
    minutes = int(A_PASS.total_seconds()) // 60
    return max(0, settings.MAIL_PER_MINUTE * minutes - lately.count())


@transaction.atomic
def leave_out_overtaken(reminders: Iterable[int], *, by: str, now: datetime) -> int:
    """Of several surveys that wait unsent for one patient only the newest is kept.

    A reminder that waits (`reminders`: their surveys) gives way to it, and to a newer reminder.
    Returns how many mails were left out.
    """
    out = 0
    spoken_for: set[int] = set()
    for patient, rows in _by_patient(_unsent(now)).items():
        out += sum(_skip(row, now) for row in rows[:-1])
        spoken_for.add(patient)
    waiting = Occurrence.objects.filter(pk__in=list(reminders)).order_by("due_at")
    for patient, rows in _by_patient(waiting.select_related("course__patient")).items():
        kept = rows if patient in spoken_for else rows[:-1]
        out += sum(_drop_reminder(row, now) for row in kept)
    if out:
        events.record("caught up", "mail", by=by, now=now, left_out=out)
    return out


def _unsent(now: datetime) -> list[Occurrence]:
    rows = Occurrence.objects.filter(state="due", due_at__lte=now, closes_at__gt=now)
    gone = Message.objects.exclude(state__in=["queued", "retry", "cancelled"])
    rows = rows.exclude(messages__in=gone).select_related("course").order_by("due_at")
    return list(rows)


def _by_patient(rows: Iterable[Occurrence]) -> dict[int, list[Occurrence]]:
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for row in rows:
        found[row.course.patient_id].append(row)
    return found


def _skip(row: Occurrence, now: datetime) -> bool:
    left_out = move_occurrence(row, "skipped", now=now, reason=OVERTAKEN)
    for message in row.messages.filter(state__in=["queued", "retry"]) if left_out else ():
        move_message(message, "cancelled", now=now)
    return left_out


def _drop_reminder(row: Occurrence, now: datetime) -> bool:
    """A reminder that is never sent stands in the ledger all the same, as withdrawn."""
    _, made = Message.objects.get_or_create(
        key=f"reminder:{row.pk}:{stage(row, now)}",
        defaults={
            "kind": "reminder",
            "occurrence": row,
            "patient_id": row.course.patient_id,
            "to_address": row.course.patient.email,
            "state": "cancelled",
            "error": OVERTAKEN,
            "state_at": now,
            "queued_at": now,
        },
    )
    return made
