"""From protocol and sessions to rows that fall due, open, and close in a counted state."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from surveys import events
from surveys.actions.moves import move_occurrence
from surveys.models import Course, Occurrence, Session
from surveys.plan import Planned, SessionFact, plan
from surveys.protocol import shipped_protocols

PLANNED_AHEAD = timedelta(days=60)
ROLLED_ON_WHEN_LEFT = timedelta(days=30)
UNSENT = ("planned", "due")
REVIVABLE = ("superseded", "cancelled")
# Nobody who was discharged or has died is asked, whatever is still added to their history.
LEFT = ("discharged", "deceased")


def current_sessions(course: Course) -> tuple[SessionFact, ...]:
    rows = Session.objects.filter(course=course, superseded_at=None).order_by("at")
    return tuple(SessionFact(str(row.key), row.at, row.status) for row in rows)


def planned_for(course: Course, *, until: datetime) -> tuple[Planned, ...]:
    """Everything the protocol asks of this course up to `until`, from its sessions as they are.

    A window closed before the enrolment is nobody's: an imported history was never ours to ask.
    """
    forms = plan(
        shipped_protocols()[course.protocol],
        course.enrolled_at,
        current_sessions(course),
        ZoneInfo(course.patient.timezone),
        until,
    )
    return tuple(form for form in forms if form.closes_at > course.enrolled_at)


@transaction.atomic
def replan(course: Course, *, by: str, now: datetime) -> None:
    """Brings the unsent occurrences into line with the sessions. What was sent stays as sent."""
    if course.patient.status in LEFT:
        return
    wanted = {_key(item): item for item in planned_for(course, until=now + PLANNED_AHEAD)}
    have = {
        (row.rule, row.anchor, row.ordinal): row
        for row in course.occurrences.select_for_update().filter(
            protocol_version=course.protocol_version
        )
    }
    _add(course, [item for key, item in wanted.items() if key not in have], now)
    for key in wanted.keys() & have.keys():
        _align(have[key], wanted[key], now)
    for key in have.keys() - wanted.keys():
        _withdraw(have[key], now)
    Course.objects.filter(pk=course.pk).update(planned_until=now + PLANNED_AHEAD)
    events.record("planned", f"patient:{course.patient_id}", by=by, now=now, rows=len(wanted))


def _key(item: Planned) -> tuple[str, str, int]:
    return item.rule, item.anchor, item.ordinal


def _add(course: Course, items: list[Planned], now: datetime) -> None:
    """All at once: an imported history brings hundreds of rows."""
    rows = [
        Occurrence(
            course=course,
            protocol_version=course.protocol_version,
            rule=item.rule,
            anchor=item.anchor,
            ordinal=item.ordinal,
            survey=item.survey,
            due_at=item.due_at,
            closes_at=item.closes_at,
            state_at=now,
        )
        for item in items
    ]
    made = [row.pk for row in Occurrence.objects.bulk_create(rows) if row.closes_at <= now]
    Occurrence.objects.filter(pk__in=made, state="planned").update(
        state="skipped", reason="recorded late", state_at=now
    )


def _align(row: Occurrence, item: Planned, now: datetime) -> None:
    if row.state not in (*UNSENT, *REVIVABLE) or row.messages.exists():
        return
    if row.state in REVIVABLE:
        move_occurrence(row, "planned", now=now)
    _retime(row, item, now)


def _retime(row: Occurrence, item: Planned, now: datetime) -> None:
    if row.state == "due" and item.due_at > now:
        move_occurrence(row, "planned", now=now)
    if (row.due_at, row.closes_at) != (item.due_at, item.closes_at):
        row.due_at, row.closes_at = item.due_at, item.closes_at
        row.save(update_fields=["due_at", "closes_at"])
    if row.closes_at <= now:
        move_occurrence(row, "skipped", now=now, reason="recorded late")


def _withdraw(row: Occurrence, now: datetime) -> None:
    if row.state in UNSENT and not row.messages.exists():
        move_occurrence(row, "superseded", now=now, reason="session changed")


def roll_on(*, by: str, now: datetime) -> int:
    """Plans further ahead for open courses whose plan runs out. Returns how many."""
    short = Course.objects.filter(
        ended_at=None, planned_until__lt=now + ROLLED_ON_WHEN_LEFT
    ).select_related("patient")
    for course in short:
        replan(course, by=by, now=now)
    return len(short)


def open_due(*, now: datetime) -> int:
    """planned → due for every window that has opened."""
    return Occurrence.objects.filter(state="planned", due_at__lte=now, closes_at__gt=now).update(
        state="due", state_at=now
    )


@transaction.atomic
def close_windows(*, by: str, now: datetime) -> int:
    """Every window that has closed unanswered ends in a counted state with its cause."""
    closed = (
        Occurrence.objects.select_for_update(of=("self",))
        .filter(state__in=[*UNSENT, "sent"], closes_at__lte=now)
        .select_related("course__patient")
    )
    count = 0
    for row in closed:
        state, reason = _end(row)
        count += move_occurrence(row, state, now=now, reason=reason)
    if count:
        events.record("closed windows", "occurrences", by=by, now=now, rows=count)
    return count


def _end(row: Occurrence) -> tuple[str, str]:
    patient = row.course.patient
    if row.state == "sent":
        return "expired", "no answer"
    if row.messages.filter(kind="invitation", state="in_doubt").exists():
        return "expired", "delivery in doubt"
    if patient.mail_stop:
        return "unreachable", patient.mail_stop
    return "skipped", "not sent in time"
