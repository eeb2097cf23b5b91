"""Rows of `surveys` as the plain courses of a cohort, a few queries for all of them together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from reports.cohort import (
    CohortCourse,
    Decided,
    DueForm,
    shipped_declaration,
    what_came_after,
)
from reports.evidence.rules import SIDES
from reports.models import Decision
from reports.queries import primary_instrument
from reports.trends import Point, measure_of
from surveys import plan
from surveys.in_use import instruments_to_read, protocols_in_use
from surveys.models import Course, Occurrence, Score, Session
from surveys.planned import LEFT


def cohort_courses(
    courses: QuerySet[Course], *, as_of: datetime
) -> Mapping[str, list[CohortCourse]]:
    """The courses by the instrument each is followed on, as known now and true at `as_of`."""
    sessions, booked = _sessions(courses, as_of), _booked(courses, as_of)
    points = scores_of(courses, as_of)
    found: dict[str, list[CohortCourse]] = defaultdict(list)
    rows = courses.order_by("pk").values_list("pk", "protocol", "patient__timezone")
    for pk, name, zone in rows:
        protocol = protocols_in_use()[name]
        primary = primary_instrument(protocol, points[pk].keys())
        done = sessions[pk]
        facts = [plan.SessionFact(str(n), at, "done") for n, at in enumerate(done)]
        facts += [plan.SessionFact("next", at, "planned") for at in booked.get(pk, ())]
        phase = plan.phase(protocol, facts, as_of)
        found[primary].append(
            CohortCourse(
                sessions=tuple(done),
                induction_sessions=plan.induction_length(protocol, done),
                induction_over=phase not in ("before", "induction"),
                induction_left=phase == LEFT,
                points=tuple(points[pk][primary]),
                zone=zone,
            )
        )
    return found


def _sessions(courses: QuerySet[Course], as_of: datetime) -> Mapping[int, list[datetime]]:
    rows = Session.objects.filter(
        course__in=courses, superseded_at=None, status="done", at__lte=as_of
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for course, at in rows.order_by("at").values_list("course_id", "at"):
        found[course].append(at)
    return found


def _booked(courses: QuerySet[Course], as_of: datetime) -> Mapping[int, list[datetime]]:
    """The newest session still to come of each course that has one."""
    rows = Session.objects.filter(
        course__in=courses, superseded_at=None, status="planned", at__gt=as_of
    )
    return {course: [at] for course, at in rows.values_list("course_id", "at")}


def scores_of(courses: QuerySet[Course], as_of: datetime) -> Mapping[int, dict[str, list[Point]]]:
    """Scores by course and instrument, oldest first; exact where the scale is read so."""
    exact = {name for name, one in instruments_to_read().items() if one.method == "mean"}
    rows = Score.objects.filter(
        response__course__in=courses, response__answered_at__lte=as_of, total__isnull=False
    ).order_by("response__answered_at", "response_id")
    found: dict[int, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    columns = ("course_id", "instrument", "answered_at", "pk")
    for course, instrument, at, pk, total, unrounded, prorated in rows.values_list(
        *(f"response__{column}" for column in columns), "total", "total_exact", "prorated"
    ).iterator():
        score = float(Fraction(unrounded)) if unrounded and instrument in exact else total
        found[course][instrument].append(Point(at, score, str(pk), complete=not prorated))
    return found


def due_forms(courses: QuerySet[Course], *, as_of: datetime, weeks: int) -> Iterable[DueForm]:
    """Every survey that fell due in the last `weeks` weeks, with the channel of its answer."""
    rows = Occurrence.objects.filter(
        course__in=courses, due_at__gt=as_of - timedelta(weeks=weeks), due_at__lte=as_of
    ).values_list("pk", "due_at", "state", "responses__mode")
    # a survey of two questionnaires has two responses: it is one form that came back once
    once = {pk: DueForm(due_at, state, mode or "") for pk, due_at, state, mode in rows}
    return once.values()


def decisions_made(courses: QuerySet[Course], *, as_of: datetime) -> list[Decided]:
    """Every decision about these courses, with the evidence frozen beside it."""
    declared = shipped_declaration()
    window = (declared.after_decision_from_day.value, declared.after_decision_to_day.value)
    points, known = scores_of(courses, as_of), instruments_to_read()
    decided = Decision.objects.filter(course__in=courses, decided_at__lte=as_of)
    found = []
    for row in decided.select_related("course__patient").order_by("pk"):
        scores = points[row.course_id]
        protocol = protocols_in_use()[row.course.protocol]
        primary = primary_instrument(protocol, scores.keys())
        measure = measure_of(known[primary])
        zone = row.course.patient.timezone
        after = what_came_after(scores[primary], row.decided_at, measure, window, as_of, zone)
        found.append(Decided(row.option, _said(row.evidence), after))
    return found


def _said(evidence: Mapping[str, Any]) -> frozenset[tuple[str, str, str]]:
    """Which rule spoke for and against which option on the page as it was seen."""
    columns = [option["column"] for option in evidence["options"]]
    return frozenset(
        (column["option"], side, statement["rule"])
        for column in columns
        for side in SIDES
        for statement in column[f"speaks_{side}"]["statements"]
    )
