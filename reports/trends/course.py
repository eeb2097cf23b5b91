"""Courses, each on one instrument: everything that is computed from their scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reports.facts import CourseFacts
from reports.trends.baseline import baselines
from reports.trends.columns import micros, times_of
from reports.trends.intervals import session_intervals
from reports.trends.level import LevelPoint, course_levels, restart_marks
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
)
from reports.trends.worsening import worsening_flags
from surveys.recall import overlap_days

# A survey that was asked for and did not come back.
MISSED_STATES = ("expired", "unreachable")


@dataclass(frozen=True)
class Trend:
    """What the scores of one course say. `outcome` and `remission` describe the latest form.

    `restarts`: form by form, whether the level starts anew there because a gap lies before it.
    """

    measure: Measure
    points: tuple[Point, ...]
    missed: tuple[datetime, ...]
    restarts: tuple[bool, ...]
    baseline: Baseline | None
    latest: Point | None
    change: Change | None
    outcome: Outcome
    remission: bool | None
    level: tuple[LevelPoint, ...]
    flags: tuple[Flag, ...]
    intervals: tuple[Interval, ...]

    @property
    def overlap_days(self) -> int | None:
        """Days that the latest form and the one before it both ask about; None for a first form,
        or where the instrument looks back on no particular time."""
        if len(self.points) < 2 or self.measure.recall_days is None:
            return None
        before, latest = self.points[-2:]
        return overlap_days(before.at, latest.at, self.measure.recall_days)

    @property
    def overlap_with_baseline(self) -> int:
        """Days that the latest form and the newest of the baseline both ask about. Above 0 they
        are not two measurements, and what is said of the change has to say that."""
        if self.baseline is None or self.latest is None:
            return 0
        newest = self.baseline.answered_at[-1]
        return (
            overlap_days(newest, self.latest.at, self.measure.recall_days)
            if self.latest.at > newest
            else 0
        )

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
    """Each course on one instrument, all courses of an instrument in one pass over columns.

    Whether a course may be read at all is for rule D0 to say.
    """
    found: list[Trend | None] = [None] * len(courses)
    for measure in dict.fromkeys(measure for _, measure in courses):
        places = [n for n, (_, one) in enumerate(courses) if one == measure]
        trends = _trends([courses[n][0] for n in places], measure)
        for place, trend in zip(places, trends, strict=True):
            found[place] = trend
    return [trend for trend in found if trend is not None]


def _trends(courses: Sequence[CourseFacts], measure: Measure) -> Iterator[Trend]:
    points = [_points(facts, measure) for facts in courses]
    missed = [missed_forms(facts, measure.id) for facts in courses]
    done = [facts.done for facts in courses]
    forms, lost = times_of([[p.at for p in row] for row in points]), times_of(missed)
    restarts = restart_marks(forms, lost)
    found = zip(
        courses,
        points,
        missed,
        baselines(points, forms, [_first_session(facts) for facts in courses]),
        course_levels(points, forms, restarts, measure.error),
        [tuple(restarts[a:b].tolist()) for a, b in forms.bounds()],
        worsening_flags(points, forms, measure),
        session_intervals(points, forms, done, lost, [facts.as_of for facts in courses]),
        strict=True,
    )
    for facts, row, unanswered, baseline, level, marks, flags, intervals in found:
        known = facts.done or not facts.sessions
        before = baseline if known else None
        latest = row[-1] if row else None
        yield Trend(
            measure=measure,
            points=row,
            missed=unanswered,
            restarts=marks,
            baseline=before,
            latest=latest,
            change=change_from(before, latest.total, measure) if before and latest else None,
            outcome=_outcome(facts, measure, row, before),
            remission=_remission(row, measure),
            level=level,
            flags=flags,
            intervals=intervals,
        )


def _points(facts: CourseFacts, measure: Measure) -> tuple[Point, ...]:
    return tuple(
        Point(form.answered_at, total, form.response_id, not form.prorated)
        for form in facts.forms_of(measure.id)
        if (total := form.read_as(exact=measure.exact)) is not None
    )


def _first_session(facts: CourseFacts) -> int | None:
    return micros(facts.done[0].at) if facts.done else None


def missed_forms(facts: CourseFacts, instrument: str) -> tuple[datetime, ...]:
    """When forms of this instrument fell due that were asked for and never came back."""
    asked = (o for o in facts.occurrences or () if instrument in o.instruments)
    return tuple(
        sorted(o.due_at for o in asked if o.state in MISSED_STATES and o.due_at <= facts.as_of)
    )


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
