"""Where each course stood after its induction, and shares of courses with their uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scipy.stats import binomtest

from reports.facts import days_between
from reports.trends import Baseline, Measure, Point
from reports.trends.baseline import baselines
from reports.trends.columns import micros, times_of
from reports.trends.series import change_from, outcome_of

Standing = Literal[
    "not_begun",
    "no_induction",
    "in_induction",
    "left",
    "too_early",
    "no_baseline",
    "no_form",
    "classified",
]


@dataclass(frozen=True)
class CohortCourse:
    """One course on one instrument. Sessions done and scores are given oldest first.

    `induction_sessions`: how many sessions made up the induction, 0 where the protocol has none;
    `induction_over` as the protocol says, `induction_left` where it was not finished in its time;
    `zone`: of the calendar on which its days are counted.
    """

    sessions: tuple[datetime, ...]
    induction_sessions: int
    induction_over: bool
    points: tuple[Point, ...]
    zone: str = "UTC"
    induction_left: bool = False


@dataclass(frozen=True)
class Classified:
    """The first form in the window against baseline; None throughout where there was none."""

    standing: Standing
    at: datetime | None = None
    baseline: float | None = None
    response: bool = False
    remission: bool | None = None
    reliable: bool = False
    worse: bool = False


@dataclass(frozen=True)
class Share:
    """`count` of `of`, and the interval of the share in percent; None where `of` is small."""

    count: int
    of: int
    percent: float | None
    low: float | None
    high: float | None


def classify(
    courses: Sequence[CohortCourse], measure: Measure, window: tuple[int, int], as_of: datetime
) -> list[Classified]:
    """Each course on its first form `window` days after the last induction session (both included).

    A course counts once its window has closed: counting whoever answered early would leave out
    those who have not answered yet, and flatter.
    """
    points = [course.points for course in courses]
    forms = times_of([[point.at for point in row] for row in points])
    # courses without a session are never compared with their baseline: any instant does
    firsts = [micros(course.sessions[0]) if course.sessions else 0 for course in courses]
    before = baselines(points, forms, firsts, [course.zone for course in courses])
    return [
        _classify(course, baseline, measure, window, as_of)
        for course, baseline in zip(courses, before, strict=True)
    ]


def _classify(
    course: CohortCourse,
    baseline: Baseline | None,
    measure: Measure,
    window: tuple[int, int],
    as_of: datetime,
) -> Classified:
    if not course.sessions:
        return Classified("not_begun")
    if not course.induction_sessions:
        return Classified("no_induction")
    if course.induction_left:
        return Classified("left")
    if not course.induction_over or len(course.sessions) < course.induction_sessions:
        return Classified("in_induction")
    last, inside = course.sessions[course.induction_sessions - 1], range(window[0], window[1] + 1)
    if days_between(last, as_of, course.zone) <= window[1]:
        return Classified("too_early")
    if baseline is None:
        return Classified("no_baseline")
    later = (
        point for point in course.points if days_between(last, point.at, course.zone) in inside
    )
    form = next(later, None)
    if form is None:
        return Classified("no_form")
    return _classified(form, baseline, measure)


def _classified(form: Point, baseline: Baseline, measure: Measure) -> Classified:
    change = change_from(baseline, form.total, measure)
    rise = measure.worse(change.points)
    below = measure.remission_below
    return Classified(
        "classified",
        at=form.at,
        baseline=baseline.value,
        response=outcome_of(baseline, form.total, measure) == "response",
        remission=None if below is None else form.total < below,
        reliable=bool(change.reliable) and rise < 0,
        worse=bool(change.reliable) and rise > 0,
    )


def share(count: int, of: int, *, fewest: int, confidence_percent: float) -> Share:
    """The share with its Wilson interval, in percent; counts alone where `of` < `fewest`."""
    if of < max(fewest, 1):
        return Share(count, of, None, None, None)
    interval = binomtest(count, of).proportion_ci(confidence_percent / 100, method="wilson")
    return Share(count, of, 100 * count / of, 100 * float(interval.low), 100 * float(interval.high))


def counted(found: Sequence[Classified], standing: Standing) -> int:
    return sum(one.standing == standing for one in found)
