"""The level behind noisy scores: a local-level (random walk plus noise) Kalman filter.

Chosen because weekly self-report is best described by it and no forecast beat "same as last
time" (Moore 2012, n = 100, weekly QIDS). So it filters what was answered and never looks ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from reports.trends.columns import DAY, Floats, Marks, Times, Whole, place_of
from reports.trends.series import Point

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


def restart_marks(forms: Times, missed: Times) -> Marks:
    """Form by form whether the level starts anew there, because a gap lies before it."""
    first = np.zeros(len(forms.at), dtype=bool)
    first[forms.starts[:-1][np.diff(forms.starts) > 0]] = True
    wait = np.diff(forms.at, prepend=0) > GAP_DAYS * DAY
    up_to = place_of(forms, missed, including=True)
    lost = place_of(forms, missed, including=False) - np.concatenate([[0], up_to])[:-1]
    marks: Marks = first | wait | (lost >= GAP_FORMS)
    return marks


def course_levels(
    points: Sequence[Sequence[Point]], forms: Times, restarts: Marks, error: float | None
) -> list[tuple[LevelPoint, ...]]:
    """The filtered level of each course; empty where the instrument names no measurement error."""
    if error is None or not len(forms.at):
        return [() for _ in points]
    days = forms.padded((forms.at - _first_of(forms)) / DAY)
    scores = forms.padded(np.array([p.total for row in points for p in row], dtype=np.float64))
    marks = forms.padded(restarts) == 1
    levels, spreads = filter_levels(days, scores, marks, np.full(len(scores), error))
    bands = np.stack([levels, levels - Z90 * spreads, levels + Z90 * spreads], axis=2)
    rows = bands[forms.inside].tolist()
    segments = (np.cumsum(marks, axis=1) - 1)[forms.inside].tolist()
    found = [
        LevelPoint(point.at, estimate, low, high, segment)
        for point, (estimate, low, high), segment in zip(
            chain.from_iterable(points), rows, segments, strict=True
        )
    ]
    return [tuple(found[a:b]) for a, b in forms.bounds()]


def _first_of(forms: Times) -> Whole:
    """The first instant of the course of each form."""
    first: Whole = forms.at[forms.starts[:-1][forms.course]]
    return first
