"""Rows of `surveys` as the plain facts of a report: as true at one instant, as known at another."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import Q

from reports.facts import (
    AlertFact,
    CourseFacts,
    DecisionFact,
    FormFact,
    HistoryFact,
    OccurrenceFact,
    PreviousReport,
    SessionFact,
)
from reports.models import Decision, Report
from reports.pooling import wander_known
from surveys import plan
from surveys.history import HistoryStatement
from surveys.in_use import instruments_to_read, protocols_in_use
from surveys.models import (
    Alert,
    Course,
    CourseVersion,
    HistoryEntry,
    OccurrenceVersion,
    Response,
    Session,
    Staff,
)
from surveys.protocol import Protocol


class NotKnownThen(LookupError):
    """There is nothing to report: the course was not known at that instant."""


def course_facts(
    course: Course, *, as_of: datetime, known_at: datetime, number: int
) -> CourseFacts:
    """Everything a report of this course may rest on, and nothing learned after `known_at`.

    Raises NotKnownThen where the course was enrolled later.
    """
    head = _head(course, known_at)
    protocol = protocols_in_use()[head.protocol]
    sessions = tuple(_sessions(course, known_at))
    forms = tuple(_forms(course, known_at))
    primary = _primary(protocol, forms)
    return CourseFacts(
        patient=course.patient.code,
        initials=head.initials,
        clinic="",
        indication=head.indication,
        protocol_title=head.protocol_title,
        protocol_version=head.protocol_version,
        phase=_phase(course, protocol, sessions, as_of),
        induction_sessions=_induction_sessions(protocol, sessions, as_of),
        primary=primary,
        forms=forms,
        sessions=sessions,
        occurrences=tuple(_occurrences(course, known_at)),
        alerts=tuple(_alerts(course, known_at)),
        decisions=tuple(_decisions(course, as_of, known_at)),
        as_of=as_of,
        known_at=known_at,
        zone=head.timezone,
        report_number=number,
        previous=_previous(course, number),
        history=tuple(_history(course, known_at)),
        wander=wander_known(primary, known_at),
    )


def _head(course: Course, known_at: datetime) -> CourseVersion:
    found = course.versions.filter(known_from__lte=known_at).last()
    if found is None:
        raise NotKnownThen(f"{course.patient.code} was not enrolled yet at {known_at.isoformat()}")
    return found


def _sessions(course: Course, known_at: datetime) -> Iterable[SessionFact]:
    known = Session.objects.filter(course=course, recorded_at__lte=known_at)
    current = known.filter(Q(superseded_at=None) | Q(superseded_at__gt=known_at))
    for row in current.order_by("at"):
        dose = None if row.dose_mg_per_kg is None else float(row.dose_mg_per_kg)
        yield SessionFact(str(row.key), row.at, row.status, row.route, dose, row.duration_minutes)


def _history(course: Course, known_at: datetime) -> Iterable[HistoryFact]:
    known = HistoryEntry.objects.filter(patient=course.patient_id, recorded_at__lte=known_at)
    current = known.filter(Q(superseded_at=None) | Q(superseded_at__gt=known_at))
    for row in current.filter(withdrawn=False).order_by("pk"):
        yield HistoryFact(str(row.pk), str(row.key), row.told)


def _forms(course: Course, known_at: datetime) -> Iterable[FormFact]:
    rows = Response.objects.filter(course=course, recorded_at__lte=known_at)
    staff = _names()
    for row in rows.select_related("score").order_by("answered_at", "pk"):
        score = getattr(row, "score", None)
        exact = score.total_exact if score else ""
        yield FormFact(
            response_id=str(row.pk),
            instrument=row.instrument,
            version=row.instrument_version,
            answered_at=row.answered_at,
            total=score.total if score else None,
            total_exact=Fraction(exact) if exact else None,
            prorated=bool(score and score.prorated),
            band=(score.band or None) if score else None,
            answers=row.answers,
            mode=row.mode,
            total_only=row.mode == "import_total",
            overlap_days=row.overlap_days,
            entered_by=staff.get(row.entered_by, ""),
        )


def _names() -> dict[str, str]:
    """Everybody who works or worked here, by how they sign."""
    return {f"staff:{pk}": name for pk, name in Staff.objects.values_list("pk", "name")}


def _occurrences(course: Course, known_at: datetime) -> Iterable[OccurrenceFact]:
    """Each as it stood then. The newest version comes last and takes the place of the others."""
    versions = OccurrenceVersion.objects.filter(
        occurrence__course=course, known_from__lte=known_at
    ).order_by("known_from", "pk")
    newest = {row.occurrence_id: row for row in versions}
    for row in sorted(newest.values(), key=lambda row: (row.due_at, row.occurrence_id)):
        state, reason = _state_known(row, known_at)
        yield OccurrenceFact(
            row.survey, tuple(row.instruments), row.due_at, row.closes_at, state, reason
        )


def _state_known(row: OccurrenceVersion, known_at: datetime) -> tuple[str, str]:
    """What the clock adds to a state; and what closed without being sent was never asked."""
    if row.state == "planned" and row.due_at <= known_at:
        return "due", ""
    if row.state == "sent" and row.closes_at <= known_at:
        return "expired", ""
    if row.state == "expired" and row.sent_at is None:
        return "skipped", row.reason or "not sent"
    return row.state, row.reason


def _alerts(course: Course, known_at: datetime) -> Iterable[AlertFact]:
    rows = Alert.objects.filter(
        Q(response__course=course) | Q(unsent__course=course), raised_at__lte=known_at
    )
    for row in rows.select_related("acknowledged_by").order_by("raised_at", "pk"):
        seen = row.acknowledged_at is not None and row.acknowledged_at <= known_at
        closed = row.closed_at is not None and row.closed_at <= known_at
        state = "closed" if closed else "acknowledged" if seen else "open"
        yield AlertFact(
            number=row.pk,
            raised_at=row.raised_at,
            level=row.level,
            state=state,
            text="; ".join(_capital(concern["reason"]) for concern in row.concerns),
            acknowledged_at=row.acknowledged_at if seen else None,
            acknowledged_by=row.acknowledged_by.name if seen and row.acknowledged_by else "",
            outcome=row.outcome if closed else "",
            response_id=str(row.response_id or ""),
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _decisions(course: Course, as_of: datetime, known_at: datetime) -> Iterable[DecisionFact]:
    limit = min(as_of, known_at)
    rows = Decision.objects.filter(course=course, decided_at__lte=limit)
    for row in rows.select_related("decided_by").order_by("decided_at", "pk"):
        yield DecisionFact(
            row.option,
            row.decided_at,
            row.decided_by.name,
            row.reason,
            row.interval_days,
            row.review_on,
            row.evidence["rescue"],
        )


def _previous(course: Course, number: int) -> PreviousReport | None:
    row = Report.objects.filter(course=course, number__lt=number).order_by("number").last()
    if row is None:
        return None
    shown = row.shown
    return PreviousReport(
        row.number,
        row.as_of,
        tuple(shown["rules"]),
        shown["forms"],
        {key: _session_shown(key, facts) for key, facts in shown["sessions"].items()},
        tuple(datetime.fromisoformat(due) for due in shown["missing"]),
        shown["head"],
        {key: HistoryStatement(**told) for key, told in shown["history"].items()},
    )


def _session_shown(key: str, facts: Mapping[str, Any]) -> SessionFact:
    return SessionFact(
        key,
        datetime.fromisoformat(facts["at"]),
        "done",
        facts["route"],
        facts["dose_mg_per_kg"],
        facts["duration_minutes"],
    )


def _phase(
    course: Course, protocol: Protocol, sessions: tuple[SessionFact, ...], as_of: datetime
) -> str:
    if course.ended_at and course.ended_at <= as_of:
        return "stopped"
    history = [plan.SessionFact(s.key, s.at, s.status) for s in sessions]
    return plan.phase(protocol, history, as_of)


def _induction_sessions(
    protocol: Protocol, sessions: tuple[SessionFact, ...], as_of: datetime
) -> int:
    done = [s.at for s in sessions if s.status == "done" and s.at <= as_of]
    return plan.induction_length(protocol, done)


def _primary(protocol: Protocol, forms: tuple[FormFact, ...]) -> str:
    return primary_instrument(protocol, {f.instrument for f in forms if f.total is not None})


def primary_instrument(protocol: Protocol, answered: Collection[str]) -> str:
    """The first scored instrument of the protocol that was ever answered, or else the first."""
    known = instruments_to_read()
    planned = [i for survey in protocol.surveys.values() for i in survey.instruments]
    scored = [name for name in planned if name in known and known[name].score_range]
    return next((name for name in scored if name in answered), scored[0])


def next_number(course: Course, *, as_of: datetime | None, known_at: datetime | None) -> int:
    """The number of the report of exactly these two instants; where there is none stored, the one
    after the last report known by `known_at`. Without instants, the one after the last of all."""
    reports = Report.objects.filter(course=course).order_by("number")
    same = reports.filter(as_of=as_of, known_at=known_at).first()
    if same:
        return same.number
    last = (reports.filter(known_at__lte=known_at) if known_at else reports).last()
    return last.number + 1 if last else 1
