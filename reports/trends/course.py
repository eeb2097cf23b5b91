"""Courses, each on one instrument: everything that is computed from their scores."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise, takewhile

from reports.facts import CourseFacts, Wander, days_between
from reports.trends.baseline import baselines
from reports.trends.columns import Marks, Times, micros, times_of
from reports.trends.intervals import session_intervals
from reports.trends.level import Between, LevelPoint, between_forms, course_levels, restart_marks
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
    rated_outcome,
)
from reports.trends.wander import pairs_of, pooled
from reports.trends.worsening import worsening_flags

# Sessions nearer than this to the one before, from the first on, are an induction (our judgement).
INDUCTION_BELOW_DAYS = 10
# What is as close beyond the longest induction of a protocol here is maintenance: weekly sessions
# go on for years. Eight (esketamine's label), in 28 days (McInnes 2022).
INDUCTION_AT_MOST = 8
INDUCTION_WITHIN_DAYS = 28
# Courses pooled at once.
TOGETHER = 500
# A survey that was asked for and did not come back.
MISSED_STATES = ("expired", "unreachable")


@dataclass(frozen=True)
class Trend:
    """What the scores of one course say. `outcome` and `remission` describe the latest form.

    `restarts`: form by form, whether the level starts anew there because a gap lies before it.
    `zone`: of the calendar on which its days are counted.
    """

    measure: Measure
    zone: str
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
        return self._overlap(before.at, latest.at)

    @property
    def overlap_with_baseline(self) -> int:
        """Days that the latest form and the newest of the baseline both ask about. Above 0 they
        are not two measurements, and what is said of the change has to say that."""
        if self.baseline is None or self.latest is None:
            return 0
        newest = self.baseline.answered_at[-1]
        return self._overlap(newest, self.latest.at) if self.latest.at > newest else 0

    def _overlap(self, earlier: datetime, later: datetime) -> int:
        return max(0, (self.measure.recall_days or 0) - days_between(earlier, later, self.zone))

    def percent_better(self, score: float) -> float | None:
        """How far below (better than) baseline a score is, in percent; None without a baseline."""
        if self.baseline is None or self.baseline.value <= 0:
            return None
        return -self.measure.worse(score - self.baseline.value) / self.baseline.value * 100

    @cached_property
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
    alike: dict[tuple[Measure, float | None], list[int]] = defaultdict(list)
    for place, (facts, measure) in enumerate(courses):
        alike[measure, facts.wander_on(measure.id)].append(place)
    for (measure, wander), places in alike.items():
        trends = _trends([courses[place][0] for place in places], measure, wander)
        for place, trend in zip(places, trends, strict=True):
            found[place] = trend
    return [trend for trend in found if trend is not None]


def clinic_wander(courses: Iterable[CourseFacts], measure: Measure) -> Wander | None:
    """How far a level wanders on this instrument, pooled over courses.

    None where the instrument names no measurement error: it then has no level either. Courses are
    asked for some at a time, so that a large clinic's need not all be in memory at once.
    """
    if measure.error is None:
        return None
    waiting, found = iter(courses), []
    while rows := list(islice(waiting, TOGETHER)):
        heard = _hear([one for one in rows if one.forms_of(measure.id)], measure)
        found.append(pairs_of(heard.points, heard.forms, heard.between, measure.error))
    return Wander(
        measure.id,
        pooled(found, measure.error),
        sum(pairs.count for pairs in found),
        sum(pairs.patients for pairs in found),
    )


@dataclass(frozen=True)
class _Heard:
    """Courses as columns: what was answered, what was missed, what lies between two forms."""

    points: list[tuple[Point, ...]]
    missed: list[tuple[datetime, ...]]
    forms: Times
    lost: Times
    restarts: Marks
    between: Between


def _hear(courses: Sequence[CourseFacts], measure: Measure) -> _Heard:
    points = [_points(facts, measure) for facts in courses]
    missed = [missed_forms(facts, measure.id) for facts in courses]
    forms, lost = times_of([[p.at for p in row] for row in points]), times_of(missed)
    restarts = restart_marks(forms, lost)
    sessions = times_of([[one.at for one in facts.done] for facts in courses])
    between = between_forms(forms, restarts, sessions, [induction_length(f) for f in courses])
    return _Heard(points, missed, forms, lost, restarts, between)


def induction_length(facts: CourseFacts) -> int:
    """Sessions of the induction: the protocol's number, else those close together at the start, in
    the first 28 days and eight at most; 0 where no two are."""
    if facts.induction_sessions is not None:
        return facts.induction_sessions
    soon = [
        session
        for session in facts.done[:INDUCTION_AT_MOST]
        if facts.days_between(facts.done[0].at, session.at) < INDUCTION_WITHIN_DAYS
    ]
    gaps = (facts.days_between(earlier.at, later.at) for earlier, later in pairwise(soon))
    close = sum(1 for _ in takewhile(lambda gap: gap < INDUCTION_BELOW_DAYS, gaps))
    return close + 1 if close else 0


def _trends(
    courses: Sequence[CourseFacts], measure: Measure, wander: float | None
) -> Iterator[Trend]:
    heard = _hear(courses, measure)
    points, missed, forms, lost = heard.points, heard.missed, heard.forms, heard.lost
    done, zones = [facts.done for facts in courses], [facts.zone for facts in courses]
    restarts, now = heard.restarts, [facts.as_of for facts in courses]
    found = zip(
        courses,
        points,
        missed,
        baselines(points, forms, [_first_session(facts) for facts in courses], zones),
        course_levels(points, forms, heard.between, measure, wander),
        [tuple(restarts[a:b].tolist()) for a, b in forms.bounds()],
        worsening_flags(points, forms, restarts, measure),
        session_intervals(points, forms, done, lost, now, zones),
        strict=True,
    )
    for facts, row, unanswered, baseline, level, marks, flags, intervals in found:
        known = (facts.done or not facts.sessions) and measure.unchanged is None
        before = baseline if known else None
        latest = row[-1] if row else None
        yield Trend(
            measure=measure,
            zone=facts.zone,
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


def undelivered(facts: CourseFacts, instrument: str) -> Mapping[datetime, str]:
    """Of the missed forms those that could not be handed over, with why where that is known."""
    missed = set(missed_forms(facts, instrument))
    return {
        o.due_at: o.reason.replace("_", " ")
        for o in facts.occurrences or ()
        if o.state == "unreachable" and o.due_at in missed and instrument in o.instruments
    }


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
    if measure.unchanged is not None:
        return rated_outcome(points[-1].total, measure)
    if baseline is None:
        return "not_interpretable"
    if done:
        since = facts.days_between(done[0].at, points[-1].at)
        clear = since >= (measure.recall_days or 0)
        return outcome_of(baseline, points[-1].total, measure) if clear else "too_early"
    return outcome_of(baseline, points[-1].total, measure) if len(points) > 1 else "too_early"
