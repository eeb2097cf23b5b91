"""Baselines by a named rule: never the worst score, which makes regression to the mean response."""

from collections.abc import Sequence

import numpy as np

from reports.trends.columns import Marks, Times, calendar_days
from reports.trends.series import Baseline, Point

BASELINE_DAYS = 28


def baselines(
    points: Sequence[Sequence[Point]],
    forms: Times,
    first_sessions: Sequence[int | None],
    zones: Sequence[str],
) -> list[Baseline | None]:
    """Of each course the mean of its complete scores in the 28 days up to session 1, ends included.

    `first_sessions` in microseconds. Where it is None no session is known, and the first score is
    the baseline. Days are those of each course's own calendar, in `zones`. None where no complete
    score lies in those days: then no change can be stated.
    """
    inside = _inside(points, forms, first_sessions, zones)
    edges = forms.bounds()
    return [
        _mean([p for p, counts in zip(row, inside[a:b], strict=True) if counts], first)
        for row, (a, b), first in zip(points, edges, first_sessions, strict=True)
    ]


def _inside(
    points: Sequence[Sequence[Point]],
    forms: Times,
    first_sessions: Sequence[int | None],
    zones: Sequence[str],
) -> list[bool]:
    known = np.array([first is not None for first in first_sessions], dtype=bool)[forms.course]
    closes = np.array([first or 0 for first in first_sessions], dtype=np.int64)
    last_day = calendar_days(Times(closes, np.arange(len(closes) + 1)), zones)[forms.course]
    recent = last_day - calendar_days(forms, zones) <= BASELINE_DAYS
    complete = np.array([p.complete for row in points for p in row], dtype=bool)
    window = recent & (forms.at <= closes[forms.course]) & complete
    earliest: Marks = np.zeros(len(forms.at), dtype=bool)
    earliest[forms.starts[:-1][np.diff(forms.starts) > 0]] = True
    found: list[bool] = np.where(known, window, earliest).tolist()
    return found


def _mean(scores: Sequence[Point], first_session: int | None) -> Baseline | None:
    if not scores:
        return None
    rule = "first-score" if first_session is None else "pretreatment-mean-28d"
    mean = sum(p.total for p in scores) / len(scores)
    return Baseline(mean, rule, tuple(p.at for p in scores))
