"""The level behind noisy scores: a local-level (random walk plus noise) Kalman filter.

Chosen because weekly self-report is best described by it and no forecast beat "same as last
time" (Moore 2012, n = 100, weekly QIDS). So it filters what was answered and never looks ahead.
The noise of one form is the instrument's own standard error; how far a level wanders between forms
is pooled over a clinic's patients; at a session it may shift, and in induction it is expected to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np

from reports.trends.columns import DAY, Floats, Marks, Times, place_of
from reports.trends.measure import Measure
from reports.trends.series import Point

# Two-sided 90 % of a normal distribution.
Z90 = 1.645
# Priors, our judgement, in standard errors of one form (PHQ-9: 2.2 points), so that they carry over
# to other scales. A true level wanders 1.8 points a week on the PHQ-9; a clinic's own forms replace
# that as they come in (`wander.py`).
WEEKLY_WANDER_IN_ERRORS = 1.8 / 2.2
# At a session the level may move beyond that: on the PHQ-9 by a standard deviation of one point.
SHIFT_IN_ERRORS = 1 / 2.2
# In induction each session is expected to take it down by half a point on the PHQ-9, and may move
# it by two: most of what an induction does in a published mean (eight points over six sessions) is
# left to the forms to show, so that a patient without response is not talked better.
INDUCTION_FALL_IN_ERRORS = 0.5 / 2.2
INDUCTION_SHIFT_IN_ERRORS = 2 / 2.2
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
class Between:
    """What lies between a form and the one before it, as course × form: days, sessions of the
    induction, later sessions, and whether the level starts anew (NaN and 0 in the padding)."""

    days: Floats
    induction: Floats
    later: Floats
    restarts: Marks


def prior_wander(error: float) -> float:
    """Variance in points² that one day adds, before any form of this clinic was looked at."""
    return (WEEKLY_WANDER_IN_ERRORS * error) ** 2 / 7


def expected(between: Between, error: float, wander: float, better: int) -> tuple[Floats, Floats]:
    """The mean move in points and its variance in points², from the form before to this one.

    `wander` in points² a day; `better` is -1 where higher is worse, else 1.
    """
    fall = better * INDUCTION_FALL_IN_ERRORS * error * between.induction
    shift = (INDUCTION_SHIFT_IN_ERRORS * error) ** 2 * between.induction
    shift += (SHIFT_IN_ERRORS * error) ** 2 * between.later
    return fall, wander * np.maximum(between.days, 0) + shift


def filter_levels(
    scores: Floats, move: Floats, spread: Floats, restarts: Marks, error: float
) -> tuple[Floats, Floats]:
    """Level and its standard deviation after every form, for many series at once.

    All arrays are series × forms, oldest first; `move` and `spread` (a variance) as `expected`
    gives them. NaN scores are padding and stay NaN. A restart forgets the past: the level is then
    that one form.
    """
    level, deviation = np.full_like(scores, np.nan), np.full_like(scores, np.nan)
    noise = error**2
    estimate, variance = scores[:, 0].copy(), np.full(len(scores), noise)
    for form in range(scores.shape[1]):
        before, ahead = variance + spread[:, form], estimate + move[:, form]
        gain = before / (before + noise)
        moved = ahead + gain * (scores[:, form] - ahead)
        new = restarts[:, form]
        estimate = np.where(new, scores[:, form], moved)
        variance = np.where(new, noise, (1 - gain) * before)
        level[:, form], deviation[:, form] = estimate, np.sqrt(variance)
    return level, np.where(np.isnan(scores), np.nan, deviation)


def restart_marks(forms: Times, missed: Times) -> Marks:
    """Form by form whether the level starts anew there, because a gap lies before it."""
    first = np.zeros(len(forms.at), dtype=bool)
    first[forms.starts[:-1][np.diff(forms.starts) > 0]] = True
    wait = np.diff(forms.at, prepend=0) > GAP_DAYS * DAY
    up_to = place_of(forms, missed, including=True)
    lost = place_of(forms, missed, including=False) - np.concatenate([[0], up_to])[:-1]
    marks: Marks = first | wait | (lost >= GAP_FORMS)
    return marks


def between_forms(
    forms: Times, restarts: Marks, sessions: Times, induction: Sequence[int]
) -> Between:
    """`induction`: how many of each course's sessions, from the first, belong to it."""
    given = place_of(forms, sessions, including=False) - sessions.starts[forms.course]
    first = np.array(induction, dtype=np.int64)[forms.course]
    in_induction = np.minimum(given, first)
    return Between(
        forms.padded(np.diff(forms.at, prepend=0) / DAY),
        forms.padded(np.diff(in_induction, prepend=0)),
        forms.padded(np.diff(given - in_induction, prepend=0)),
        forms.padded(restarts) == 1,
    )


def course_levels(
    points: Sequence[Sequence[Point]],
    forms: Times,
    between: Between,
    measure: Measure,
    wander: float | None,
) -> list[tuple[LevelPoint, ...]]:
    """The filtered level of each course; empty where the instrument names no measurement error.

    `wander` is the clinic's own, in points² a day; None: the prior.
    """
    error = measure.error
    if error is None or not len(forms.at):
        return [() for _ in points]
    scores = forms.padded(np.array([p.total for row in points for p in row], dtype=np.float64))
    daily = prior_wander(error) if wander is None else wander
    move, spread = expected(between, error, daily, -1 if measure.higher_is_worse else 1)
    levels, spreads = filter_levels(scores, move, spread, between.restarts, error)
    bands = np.stack([levels, levels - Z90 * spreads, levels + Z90 * spreads], axis=2)
    rows = bands[forms.inside].tolist()
    segments = (np.cumsum(between.restarts, axis=1) - 1)[forms.inside].tolist()
    found = [
        LevelPoint(point.at, estimate, low, high, segment)
        for point, (estimate, low, high), segment in zip(
            chain.from_iterable(points), rows, segments, strict=True
        )
    ]
    return [tuple(found[a:b]) for a, b in forms.bounds()]
