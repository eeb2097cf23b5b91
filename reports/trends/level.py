"""The level behind noisy scores: a local-level (random walk plus noise) Kalman filter.

Chosen because weekly self-report is best described by it and no forecast beat "same as last
time" (Moore 2012, n = 100, weekly QIDS). So it filters what was answered and never looks ahead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from reports.trends.series import Point

Floats = NDArray[np.float64]
DAY = timedelta(days=1)

# Two-sided 90 % of a normal distribution.
Z90 = 1.645
# Prior, our judgement: a true level wanders 1.8 points a week where one form's standard error is
# 2.2 points (PHQ-9), and in proportion on other scales. Wide enough that the band still covers
# 85 % of true levels through a fall of twelve points in two weeks. Pooling over a clinic's own
# patients is the way to replace it.
WEEKLY_DRIFT_IN_ERRORS = 1.8 / 2.2
# The level stops where nothing was heard: two forms missing in a row, or six weeks without any.
GAP_FORMS = 2
GAP_DAYS = 42


@dataclass(frozen=True)
class LevelPoint:
    """The level just after one form, with its 90 % interval. `segment` counts restarts from 0."""

    at: datetime
    estimate: float
    low90: float
    high90: float
    segment: int


@dataclass(frozen=True)
class Heard:
    """What was heard of one course, oldest first, and the measurement error in points."""

    points: tuple[Point, ...]
    missed: tuple[datetime, ...]
    error: float | None


def drift_per_day(error: Floats) -> Floats:
    """Variance in points² that one day adds, from measurement errors in points."""
    return (WEEKLY_DRIFT_IN_ERRORS * error) ** 2 / 7


def filter_levels(
    days: Floats, scores: Floats, restarts: NDArray[np.bool_], error: Floats
) -> tuple[Floats, Floats]:
    """Level and its standard deviation after every form, for many series at once.

    All arrays are series × forms, oldest first; `error` is one number per series. NaN scores are
    padding and stay NaN. A restart forgets the past: the level is then that one form.
    """
    level, spread = np.full_like(scores, np.nan), np.full_like(scores, np.nan)
    noise, drift = error**2, drift_per_day(error)
    estimate, variance = scores[:, 0].copy(), noise.copy()
    for form in range(scores.shape[1]):
        if form:
            wait = days[:, form] - days[:, form - 1]
            before = variance + drift * np.maximum(wait, 0)
            gain = before / (before + noise)
            moved = estimate + gain * (scores[:, form] - estimate)
            estimate = np.where(restarts[:, form], scores[:, form], moved)
            variance = np.where(restarts[:, form], noise, (1 - gain) * before)
        level[:, form], spread[:, form] = estimate, np.sqrt(variance)
    return level, np.where(np.isnan(scores), np.nan, spread)


def restart_marks(points: tuple[Point, ...], missed: tuple[datetime, ...]) -> list[bool]:
    """For each form whether the level starts anew there, because a gap lies before it."""
    return [
        number == 0 or _is_gap(points[number - 1].at, point.at, missed)
        for number, point in enumerate(points)
    ]


def _is_gap(left: datetime, right: datetime, missed: tuple[datetime, ...]) -> bool:
    if right - left > GAP_DAYS * DAY:
        return True
    return sum(left < due < right for due in missed) >= GAP_FORMS


def course_levels(courses: Sequence[Heard]) -> list[tuple[LevelPoint, ...]]:
    """The filtered level of each course; empty where the instrument names no measurement error."""
    errors = {n: c.error for n, c in enumerate(courses) if c.points and c.error is not None}
    levels: list[tuple[LevelPoint, ...]] = [()] * len(courses)
    if errors:
        measured = [courses[number] for number in errors]
        filtered = _filtered(measured, np.array(list(errors.values()), dtype=np.float64))
        for number, level in zip(errors, filtered, strict=True):
            levels[number] = level
    return levels


def _filtered(courses: Sequence[Heard], errors: Floats) -> Iterator[tuple[LevelPoint, ...]]:
    days = _table([[(p.at - c.points[0].at) / DAY for p in c.points] for c in courses])
    scores = _table([[p.total for p in c.points] for c in courses])
    restarts = _table([restart_marks(c.points, c.missed) for c in courses]) == 1
    levels, spreads = filter_levels(days, scores, restarts, errors)
    rows = np.stack([levels, levels - Z90 * spreads, levels + Z90 * spreads], axis=2).tolist()
    segments = (np.cumsum(restarts, axis=1) - 1).tolist()
    for course, row, segment in zip(courses, rows, segments, strict=True):
        # the shorter course's row is padded
        yield tuple(
            LevelPoint(point.at, level, low, high, number)
            for point, (level, low, high), number in zip(course.points, row, segment, strict=False)
        )


def _table(rows: Sequence[Sequence[float]]) -> Floats:
    """Rows of unequal length as one array, padded with NaN at their ends."""
    table = np.full((len(rows), max(len(row) for row in rows)), np.nan)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
