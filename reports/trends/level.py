"""The level behind noisy scores: a local-level (random walk plus noise) Kalman filter.

Chosen because weekly self-report is best described by it and no forecast beat "same as last
time" (Moore 2012, n = 100, weekly QIDS). So it filters what was answered and never looks ahead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from reports.trends.series import Point

Floats = NDArray[np.float64]

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


def drift_per_day(error: float) -> float:
    """Variance in points² that one day adds, from a measurement error in points."""
    return (WEEKLY_DRIFT_IN_ERRORS * error) ** 2 / 7


def filter_levels(
    days: Floats, scores: Floats, restarts: NDArray[np.bool_], error: Floats
) -> tuple[Floats, Floats]:
    """Level and its standard deviation after every form, for many series at once.

    All arrays are series × forms, oldest first; `error` is one number per series. NaN scores are
    padding and stay NaN. A restart forgets the past: the level is then that one form.
    """
    level, spread = np.full_like(scores, np.nan), np.full_like(scores, np.nan)
    noise, drift = error**2, (WEEKLY_DRIFT_IN_ERRORS * error) ** 2 / 7
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
    unanswered = sum(left < due < right for due in missed)
    return unanswered >= GAP_FORMS or right - left > timedelta(days=GAP_DAYS)


def course_level(
    points: tuple[Point, ...], missed: tuple[datetime, ...], error: float | None
) -> tuple[LevelPoint, ...]:
    """The filtered level of one course; empty where the instrument names no measurement error."""
    if not points or error is None:
        return ()
    marks = restart_marks(points, missed)
    days = [(point.at - points[0].at) / timedelta(days=1) for point in points]
    levels, spreads = filter_levels(
        np.array([days]),
        np.array([[float(point.total) for point in points]]),
        np.array([marks]),
        np.array([error]),
    )
    segments = np.cumsum(marks) - 1
    return tuple(
        LevelPoint(point.at, float(x), float(x - Z90 * s), float(x + Z90 * s), int(segment))
        for point, x, s, segment in zip(points, levels[0], spreads[0], segments, strict=True)
    )
