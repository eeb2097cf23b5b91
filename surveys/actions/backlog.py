"""Several mails that wait for one patient: what is left out is counted. A ramp, no flood."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from surveys import events
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.send import hour_of, reminder_key, stage
from surveys.actions.unreachable import waiting_invitation
from surveys.models import Message, Occurrence
from surveys.overtaken import Form, left_out

A_PASS = timedelta(minutes=5)


def room(*, now: datetime) -> int:
    """How many patients may be mailed in this pass: AFTERGLOW_MAIL_PER_MINUTE for five minutes."""
    lately = Message.objects.filter(
        patient__isnull=False, handed_at__gt=now - A_PASS, handed_at__lte=now
    )
    minutes = int(A_PASS.total_seconds()) // 60
    return max(0, settings.MAIL_PER_MINUTE * minutes - lately.count())


@transaction.atomic
def leave_out_overtaken(*, by: str, now: datetime) -> int:
    """Skips what waits unsent and was overtaken by a newer form. Returns how many mails that is."""
    waiting = list(unsent(now))
    fallen_due = _fallen_due(waiting, now)
    out = 0
    for row in sorted(waiting, key=attrgetter("pk")):
        why = left_out(_form(row), row.due_at, fallen_due[row.course_id], now=now)
        out += bool(why) and skip(row, why, now)
    return _counted(out, by, now)


@transaction.atomic
def leave_out_reminders(due: Iterable[int], *, by: str, now: datetime) -> int:
    """The same for reminders (`due`: of which surveys). The survey stays: its link still opens."""
    rows = Occurrence.objects.filter(pk__in=list(due)).select_related("course__patient")
    waiting = list(rows.prefetch_related("messages"))
    fallen_due = _fallen_due(waiting, now)
    out = 0
    for row in waiting:
        hour = hour_of(row, stage(row, now))
        why = left_out(_form(row), hour, fallen_due[row.course_id], now=now)
        out += bool(why) and drop_reminder(row, why, now)
    return _counted(out, by, now)


def _counted(out: int, by: str, now: datetime) -> int:
    if out:
        events.record("caught up", "mail", by=by, now=now, left_out=out)
    return out


def unsent(now: datetime) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(state="due", due_at__lte=now, closes_at__gt=now)
    gone = Message.objects.exclude(state__in=["queued", "retry", "cancelled"])
    gone = gone.filter(occurrence=OuterRef("pk"))
    return rows.exclude(~waiting_invitation(), Exists(gone)).order_by("due_at")


def _fallen_due(rows: Collection[Occurrence], now: datetime) -> dict[int, list[Form]]:
    """By course: what fell due since the first of these and is open, or was answered."""
    since = min((row.due_at for row in rows), default=now)
    beside = Occurrence.objects.filter(course__in={row.course_id for row in rows})
    counts = Q(state__in=["due", "sent"], closes_at__gt=now) | Q(state="answered")
    found: dict[int, list[Form]] = defaultdict(list)
    for row in beside.filter(counts, due_at__gt=since, due_at__lte=now):
        found[row.course_id].append(_form(row))
    return found


def _form(row: Occurrence) -> Form:
    return Form(row.due_at, frozenset(row.instruments), row.state in ("due", "sent"))


def skip(row: Occurrence, why: str, now: datetime) -> bool:
    """False, with nothing written, where a mail of it left since it was found waiting, or may have:
    whoever claims one holds the survey until the claim stands."""
    list(Occurrence.objects.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))
    if not unsent(now).filter(pk=row.pk).exists():
        return False
    skipped = move_occurrence(row, "skipped", now=now, reason=why)
    for message in row.messages.filter(state__in=["queued", "retry"]) if skipped else ():
        move_message(message, "cancelled", now=now)
    return skipped


def drop_reminder(row: Occurrence, why: str, now: datetime) -> bool:
    """A reminder that is never sent stands in the ledger all the same, as withdrawn. So does the
    one whose hour came while an older one waited for its next try."""
    waiting = row.messages.filter(kind="reminder", state__in=["queued", "retry"]).first()
    withdrawn = waiting is not None and move_message(waiting, "cancelled", now=now, error=why)
    return _note_dropped(row, why, now) or withdrawn


def _note_dropped(row: Occurrence, why: str, now: datetime) -> bool:
    _, made = Message.objects.get_or_create(
        key=reminder_key(row, stage(row, now)),
        defaults={
            "kind": "reminder",
            "occurrence": row,
            "patient_id": row.course.patient_id,
            "to_address": row.course.patient.email,
            "state": "cancelled",
            "error": why,
            "state_at": now,
            "queued_at": now,
        },
    )
    return made
