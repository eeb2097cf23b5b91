"""How far levels wander at this clinic: read from every course, kept once a week.

A page uses the newest that was kept by the instant it is known at, so a past page finds the very
number it was built with.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction

from reports.facts import CourseFacts, FormFact, OccurrenceFact, SessionFact, Wander
from reports.models import PooledWander
from reports.trends import measure_of
from reports.trends.course import MISSED_STATES, TOGETHER, clinic_wander
from surveys import events, plan
from surveys.in_use import instruments_to_read, protocols_in_use
from surveys.models import Course, Occurrence, Score, Session

# An id, a protocol's id.
Row = tuple[int, str]


def wander_known(instrument: str, known_at: datetime) -> Wander | None:
    """The newest kept by then; None where nothing was pooled yet."""
    kept = PooledWander.objects.filter(instrument=instrument, pooled_at__lte=known_at)
    row = kept.order_by("pooled_at").last()
    return row and Wander(row.instrument, row.daily, row.pairs, row.patients, row.pooled_at)


def wander_now(now: datetime) -> list[Wander]:
    """Of each answered instrument with a measurement error, pooled over the courses as recorded."""
    measures = [
        measure_of(instrument)
        for name, instrument in instruments_to_read().items()
        if instrument.score_range and instrument.measurement_error and _answered(name)
    ]
    found = (clinic_wander(_courses(measure.id, now), measure) for measure in measures)
    return [one for one in found if one is not None]


@transaction.atomic
def keep_wander(found: Iterable[Wander], *, week: date, by: str, now: datetime) -> int:
    """Keeps each, once a week and never for the past; how many were new."""
    new = [one for one in found if _keep(one, week, now)]
    if new:
        events.record(
            "pooled levels", f"week:{week}", by=by, now=now,
            pairs={one.instrument: one.pairs for one in new},
        )  # fmt: skip
    return len(new)


def kept_for(week: date) -> bool:
    return PooledWander.objects.filter(week=week).exists()


def _keep(one: Wander, week: date, now: datetime) -> bool:
    rows = PooledWander.objects.filter(instrument=one.instrument)
    if rows.filter(pooled_at__gte=now).exists():
        # reports known since then were built without it
        return False
    _, created = rows.get_or_create(
        instrument=one.instrument,
        week=week,
        defaults={
            "pooled_at": now, "daily": one.daily, "pairs": one.pairs, "patients": one.patients,
        },
    )  # fmt: skip
    return created


def _answered(instrument: str) -> bool:
    return Score.objects.filter(response__instrument=instrument, total__isnull=False).exists()


def _courses(instrument: str, now: datetime) -> Iterator[CourseFacts]:
    """Every course with a score on this instrument, some at a time."""
    rows = Course.objects.filter(
        pk__in=Score.objects.filter(response__instrument=instrument).values("response__course")
    )
    known = list(rows.order_by("pk").values_list("pk", "protocol"))
    for at in range(0, len(known), TOGETHER):
        yield from _some(known[at : at + TOGETHER], instrument, now)


def _some(rows: Sequence[Row], instrument: str, now: datetime) -> Iterator[CourseFacts]:
    courses = [pk for pk, _ in rows]
    forms, given = _forms(courses, instrument), _sessions(courses, now)
    lost = _lost(courses, now)
    for pk, protocol in rows:
        done = [session.at for session in given[pk]]
        yield CourseFacts(
            patient="",
            initials="",
            clinic="",
            indication="",
            protocol_title="",
            protocol_version=0,
            phase="",
            induction_sessions=plan.induction_length(protocols_in_use()[protocol], done),
            primary=instrument,
            forms=tuple(forms[pk]),
            sessions=tuple(given[pk]),
            occurrences=tuple(lost[pk]),
            alerts=(),
            decisions=(),
            as_of=now,
            known_at=now,
        )


def _forms(courses: Sequence[int], instrument: str) -> Mapping[int, list[FormFact]]:
    rows = Score.objects.filter(
        response__course__in=courses, response__instrument=instrument, total__isnull=False
    )
    found: dict[int, list[FormFact]] = defaultdict(list)
    for course, at, total, exact in rows.values_list(
        "response__course", "response__answered_at", "total", "total_exact"
    ):
        found[course].append(
            FormFact("", instrument, 0, at, total, Fraction(exact) if exact else None)
        )
    return found


def _sessions(courses: Sequence[int], now: datetime) -> Mapping[int, list[SessionFact]]:
    rows = Session.objects.filter(
        course__in=courses, superseded_at=None, status="done", at__lte=now
    ).order_by("at")
    found: dict[int, list[SessionFact]] = defaultdict(list)
    for course, at in rows.values_list("course_id", "at"):
        found[course].append(SessionFact("", at, "done"))
    return found


def _lost(courses: Sequence[int], now: datetime) -> Mapping[int, list[OccurrenceFact]]:
    """Surveys that were asked for and did not come back; what was never sent was never asked."""
    rows = Occurrence.objects.filter(
        course__in=courses, state__in=MISSED_STATES, due_at__lte=now
    ).exclude(state="expired", sent_at=None)
    found: dict[int, list[OccurrenceFact]] = defaultdict(list)
    for course, instruments, due, closes, state in rows.values_list(
        "course_id", "instruments", "due_at", "closes_at", "state"
    ):
        found[course].append(OccurrenceFact("", tuple(instruments), due, closes, state))
    return found
