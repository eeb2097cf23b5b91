"""From protocol and sessions to rows that fall due, open, and close in a counted state."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from surveys import events
from surveys.actions.asked import REVIVABLE, UNSENT, already_asked, has_left, name_of
from surveys.actions.more import asked_again
from surveys.actions.moves import move_occurrence
from surveys.actions.standing import standing_of
from surveys.actions.versions import keep_occurrences
from surveys.confirmation import REASONS
from surveys.delivery import OF_THE_PERSON
from surveys.in_use import followed_here
from surveys.models import Course, Occurrence, Session
from surveys.plan import explained
from surveys.planned import Explained, Key, Planned, SessionFact

PLANNED_AHEAD = timedelta(days=60)
ROLLED_ON_WHEN_LEFT = timedelta(days=30)
LATE = timedelta(days=1)
ROLLED_ON = "planned ahead"
# Whoever reads the address wants no mail, or is somebody else: a form that is not answered after
# that says nothing of how the patient is.
TURNED_AWAY = OF_THE_PERSON | {"not_me"}
# Nobody who was discharged or has died is asked, whatever is still added to their history.
LEFT = ("discharged", "deceased")


def current_sessions(course: Course) -> tuple[SessionFact, ...]:
    rows = Session.objects.filter(course=course, superseded_at=None).order_by("at")
    return tuple(SessionFact(str(row.key), row.at, row.status) for row in rows)


def explained_for(course: Course, *, until: datetime, extra: Collection[Planned] = ()) -> Explained:
    """What the protocol still asks of this course up to `until`, from its sessions as they are,
    what is left out of that, and the `extra` forms that find room beside it.

    A window closed before the enrolment, or before this protocol was chosen, is nobody's: an
    imported history was never ours to ask.
    """
    found = explained(
        followed_here(course.protocol, course.indication),
        course.enrolled_at,
        current_sessions(course),
        ZoneInfo(course.patient.timezone),
        until,
        already_asked(course),
        extra,
        standing_of(course),
    )
    since = course.protocol_since
    return replace(
        found,
        forms=tuple(form for form in found.forms if form.closes_at > since),
        left_out=tuple(one for one in found.left_out if one.form.closes_at > since),
    )


@dataclass
class _Changes:
    """What one replanning did, by the occurrence's number; instants as ISO texts.

    added: when due. moved: from, to. withdrawn: when it was due, why. reshaped: when due, the
    questionnaires before and after. `surveys.edits` reads this back.
    """

    added: list[tuple[int, str]] = field(default_factory=list)
    moved: list[tuple[int, str, str]] = field(default_factory=list)
    withdrawn: list[tuple[int, str, str]] = field(default_factory=list)
    reshaped: list[tuple[int, str, list[str], list[str]]] = field(default_factory=list)


def locked(course: Course) -> Course:
    """The course as it is now, held with its surveys until the transaction ends.

    Whoever changes sessions, protocol or plan takes this first: two changes at once would each
    plan from a history that the other has just made old. The surveys are held before any event is
    written, as whoever sends a mail does, so that nobody waits in a circle.
    """
    rows = Course.objects.select_for_update(of=("self",), no_key=True).select_related("patient")
    found = rows.get(pk=course.pk)
    list(found.occurrences.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return found


@transaction.atomic
def replan(course: Course, *, by: str, now: datetime, extra: Collection[Planned] = ()) -> None:
    """Brings the unsent occurrences into line with the sessions. What was sent stays as sent.

    `extra`: forms more, beside the protocol and those decided on before.
    """
    course = locked(course)
    if course.patient.status in LEFT:
        return
    extra = [*asked_again(course, now=now), *extra]
    found = explained_for(course, until=now + PLANNED_AHEAD, extra=extra)
    wanted = {item.key: item for item in found.forms}
    rows = course.occurrences.select_for_update(no_key=True)
    this_protocol = Q(protocol=course.protocol, protocol_version=course.protocol_version)
    have = {name_of(row): row for row in rows.filter(this_protocol | Q(rule__in=REASONS))}
    changes = _Changes()
    changes.added += _add(course, [item for key, item in wanted.items() if key not in have], now)
    for key in sorted(wanted.keys() & have.keys()):
        _align(have[key], wanted[key], changes, now)
    reasons = _why_not_asked(found)
    for key in sorted(have.keys() - wanted.keys()):
        otherwise = "no longer needed" if key[0] in REASONS else "session changed"
        changes.withdrawn += withdraw(have[key], reasons.get(key, otherwise), now)
    Course.objects.filter(pk=course.pk).update(planned_until=now + PLANNED_AHEAD)
    subject = f"patient:{course.patient_id}"
    events.record("planned", subject, by=by, now=now, rows=len(wanted), **asdict(changes))


def _why_not_asked(found: Explained) -> dict[Key, str]:
    """For each form that the sessions give and the plan has not, why."""
    words = {"cap": "cap of questions a week"}
    left_out = {
        one.form.key: words.get(one.because, "too close to another form") for one in found.left_out
    }
    carried = {key for item in found.forms for key in item.carries}
    return left_out | dict.fromkeys(carried, "asked with another form")


def _add(course: Course, items: list[Planned], now: datetime) -> list[tuple[int, str]]:
    """All at once: an imported history brings hundreds of rows. Returns those still to be asked."""
    rows = [
        Occurrence(
            course=course,
            protocol=course.protocol,
            protocol_version=course.protocol_version,
            rule=item.rule,
            anchor=item.anchor,
            ordinal=item.ordinal,
            survey=item.survey,
            instruments=item.instruments,
            carries=item.carries,
            due_at=item.due_at,
            closes_at=item.closes_at,
            state_at=now,
        )
        for item in items
    ]
    made = Occurrence.objects.bulk_create(rows)
    over = [row.pk for row in made if row.closes_at <= now]
    Occurrence.objects.filter(pk__in=over, state="planned").update(
        state="skipped", reason="recorded late", state_at=now
    )
    keep_occurrences([row.pk for row in made], now=now)
    return [(row.pk, row.due_at.isoformat()) for row in made if row.closes_at > now]


def _align(row: Occurrence, item: Planned, changes: _Changes, now: datetime) -> None:
    """Brings an unsent row to its place and notes what that changed."""
    if row.state not in (*UNSENT, *REVIVABLE) or _stands(row, item, now) or has_left(row):
        return
    before, asked = row.due_at, list(row.instruments)
    revived = row.state in REVIVABLE
    if revived:
        move_occurrence(row, "planned", now=now)
    _retime(row, item, now)
    due = row.due_at.isoformat()
    if row.state == "skipped":
        changes.withdrawn += [] if revived else [(row.pk, before.isoformat(), row.reason)]
        return
    if revived:
        changes.added.append((row.pk, due))
    elif before != row.due_at:
        changes.moved.append((row.pk, before.isoformat(), due))
    if not revived and asked != list(item.instruments):
        changes.reshaped.append((row.pk, due, asked, list(item.instruments)))


def _stands(row: Occurrence, item: Planned, now: datetime) -> bool:
    """Whether an unsent row is already as planned, so that nothing needs to be written."""
    asks = row.survey, list(row.instruments), [tuple(key) for key in row.carries]
    when = row.due_at, row.closes_at
    as_planned = asks == (item.survey, list(item.instruments), [tuple(key) for key in item.carries])
    in_time = row.closes_at > now and (row.state != "due" or row.due_at <= now)
    return row.state in UNSENT and as_planned and when == (item.due_at, item.closes_at) and in_time


def _retime(row: Occurrence, item: Planned, now: datetime) -> None:
    if row.state == "due" and item.due_at > now:
        move_occurrence(row, "planned", now=now)
    shown = (row.survey, list(row.instruments), row.due_at, row.closes_at)
    row.survey, row.instruments, row.carries = item.survey, item.instruments, item.carries
    row.due_at, row.closes_at = item.due_at, item.closes_at
    row.save(update_fields=["survey", "instruments", "carries", "due_at", "closes_at"])
    if shown != (item.survey, list(item.instruments), item.due_at, item.closes_at):
        keep_occurrences([row.pk], now=now)
    if row.closes_at <= now:
        move_occurrence(row, "skipped", now=now, reason="recorded late")


def withdraw(row: Occurrence, reason: str, now: datetime) -> list[tuple[int, str, str]]:
    """Its number, due time and the reason, where it had not gone out and now will not."""
    if row.state not in UNSENT or has_left(row):
        return []
    move_occurrence(row, "superseded", now=now, reason=reason)
    return [(row.pk, row.due_at.isoformat(), reason)]


def to_roll_on(*, now: datetime) -> list[int]:
    """Open courses whose plan runs out, or from which a form left late since they were planned:
    the next one keeps its distance from the day it left."""
    runs_out = Q(planned_until__lt=now + ROLLED_ON_WHEN_LEFT)
    courses = Course.objects.filter(runs_out | Exists(_left_late()), ended_at=None)
    return list(courses.order_by("pk").values_list("pk", flat=True))


def roll_on(course_id: int, *, by: str, now: datetime) -> str:
    """Plans one course anew. Raises KeyError where its protocol's file is gone."""
    replan(Course.objects.get(pk=course_id), by=by, now=now)
    return ROLLED_ON


def _left_late() -> QuerySet[Occurrence]:
    """Forms of the course in question that were sent a day late or more, after the last plan."""
    return Occurrence.objects.filter(
        course=OuterRef("pk"),
        sent_at__gte=F("due_at") + LATE,
        sent_at__gt=OuterRef("planned_until") - PLANNED_AHEAD,
    )


def open_due(*, now: datetime) -> int:
    """planned → due for every window that has opened."""
    return Occurrence.objects.filter(state="planned", due_at__lte=now, closes_at__gt=now).update(
        state="due", state_at=now
    )


@transaction.atomic
def close_windows(*, by: str, now: datetime) -> int:
    """Every window that has closed unanswered ends in a counted state with its cause."""
    closed = (
        Occurrence.objects.select_for_update(of=("self",), no_key=True)
        .filter(state__in=[*UNSENT, "sent"], closes_at__lte=now)
        .select_related("course__patient")
        .order_by("pk")
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
        turned_away = patient.mail_stop in TURNED_AWAY
        return ("unreachable", patient.mail_stop) if turned_away else ("expired", "no answer")
    # one half-way out is in doubt, too, until it is answered
    if row.messages.filter(kind="invitation", state__in=["sending", "in_doubt"]).exists():
        return "expired", "delivery in doubt"
    if patient.mail_stop:
        return "unreachable", patient.mail_stop
    return "skipped", "not sent in time"
