"""Courses, each on one instrument: everything that is computed from their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reports.facts import CourseFacts, FormFact
from reports.trends.level import Heard, LevelPoint, course_levels
from reports.trends.measure import Measure
from reports.trends.series import (
    Baseline,
    Change,
    Flag,
    Interval,
    Outcome,
    Point,
    change_from,
    outcome_of,
    pretreatment_baseline,
    session_intervals,
    worsening_flags,
)

# A survey that was asked for and did not come back.
MISSED_STATES = ("expired", "unreachable")


@dataclass(frozen=True)
class Trend:
    """What the scores of one course say. `outcome` and `remission` describe the latest form."""

    measure: Measure
    points: tuple[Point, ...]
    missed: tuple[datetime, ...]
    baseline: Baseline | None
    latest: Point | None
    change: Change | None
    outcome: Outcome
    remission: bool | None
    level: tuple[LevelPoint, ...]
    flags: tuple[Flag, ...]
    intervals: tuple[Interval, ...]

    def percent_better(self, score: float) -> float | None:
        """How far below (better than) baseline a score is, in percent; None without a baseline."""
        if self.baseline is None or self.baseline.value <= 0:
            return None
        return -self.measure.worse(score - self.baseline.value) / self.baseline.value * 100

    @property
    def since_treatment(self) -> tuple[Point, ...]:
        """Forms after session 1; where no session is known, every form after the first."""
        if self.intervals:
            return tuple(p for p in self.points if p.at > self.intervals[0].since)
        return self.points[1:]


def course_trends(courses: Sequence[tuple[CourseFacts, Measure]]) -> list[Trend]:
    """Each course on one instrument; whether it may be read at all is for rule D0 to say."""
    heard = [_heard(facts, measure) for facts, measure in courses]
    levels = course_levels(heard)
    return [
        _trend(facts, measure, one, level)
        for (facts, measure), one, level in zip(courses, heard, levels, strict=True)
    ]


def _heard(facts: CourseFacts, measure: Measure) -> Heard:
    points = tuple(_point(f) for f in facts.forms_of(measure.id) if f.total is not None)
    return Heard(points, missed_forms(facts, measure.id), measure.error)


def _trend(
    facts: CourseFacts, measure: Measure, heard: Heard, level: tuple[LevelPoint, ...]
) -> Trend:
    points, done = heard.points, facts.done
    first = done[0].at if done else None
    known = bool(facts.sessions)
    baseline = None if known and first is None else pretreatment_baseline(points, first)
    latest = points[-1] if points else None
    return Trend(
        measure=measure,
        points=points,
        missed=heard.missed,
        baseline=baseline,
        latest=latest,
        change=change_from(baseline, latest.total, measure) if baseline and latest else None,
        outcome=_outcome(facts, measure, points, baseline),
        remission=_remission(points, measure),
        level=level,
        flags=worsening_flags(points, measure),
        intervals=session_intervals(points, done, heard.missed, facts.as_of),
    )


def missed_forms(facts: CourseFacts, instrument: str) -> tuple[datetime, ...]:
    """When forms of this instrument fell due that were asked for and never came back."""
    asked = (o for o in facts.occurrences or () if instrument in o.instruments)
    return tuple(
        sorted(o.due_at for o in asked if o.state in MISSED_STATES and o.due_at <= facts.as_of)
    )


def _point(form: FormFact) -> Point:
    assert form.total is not None
    return Point(form.answered_at, form.total, form.response_id, not form.prorated)


def _remission(points: tuple[Point, ...], measure: Measure) -> bool | None:
    if not points or measure.remission_below is None or not measure.higher_is_worse:
        return None
    return points[-1].total < measure.remission_below


def _outcome(
    facts: CourseFacts, measure: Measure, points: tuple[Point, ...], baseline: Baseline | None
) -> Outcome:
    """Too early: induction not over, or no form yet whose recall lies after session 1.

    Not interpretable here means that treatment began and there is no baseline to compare with.
    """
    done = facts.done
    if facts.phase in ("before", "induction") or (facts.sessions and not done):
        return "too_early"
    if not points:
        return "not_interpretable"
    if baseline is None:
        return "not_interpretable"
    if done:
        clear = done[0].at + timedelta(days=measure.recall_days or 0)
        return (
            outcome_of(baseline, points[-1].total, measure)
            if points[-1].at >= clear
            else "too_early"
        )
    return outcome_of(baseline, points[-1].total, measure) if len(points) > 1 else "too_early"
