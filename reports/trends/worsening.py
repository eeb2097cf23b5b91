"""Worsening flags of many courses at once, one form after the other."""

from collections.abc import Sequence

import numpy as np

from reports.trends.columns import Floats, Marks, Times
from reports.trends.measure import Measure
from reports.trends.series import Flag, Point

# Mean of three stable forms: against one form a stable patient is flagged half as often again.
STABLE_FORMS = 3
# Means of thirds come out a hair beside the whole points that they are.
ROUNDING = 1e-6


def flagged(
    scores: Floats, threshold: float, direction: int, anew: Marks | None = None
) -> tuple[Marks, Marks, Floats]:
    """Which forms are flagged, which of them confirmed, and the three scores each is held against.

    `scores` is course × form, NaN where there is none; `direction` -1 where higher is better;
    `anew` marks forms after a gap, which confirm nothing from before it.
    A form is flagged when it is `threshold` points worse than the mean of the last three stable
    (unflagged) forms; the next flagged form in a row is confirmed. The reference stands still
    while flags last, and follows a slow loss: rule W2 looks for that.
    """
    rows, places = scores.shape
    marks, confirmed = np.zeros(scores.shape, dtype=bool), np.zeros(scores.shape, dtype=bool)
    references = np.full((rows, places, STABLE_FORMS), np.nan)
    stable = np.full((rows, STABLE_FORMS), np.nan)
    running = np.zeros(rows, dtype=bool)
    for place in range(places):
        score = scores[:, place]
        if anew is not None:
            running = running & ~anew[:, place]
        references[:, place] = stable
        # a comparison with NaN, too few stable forms or no form, is false
        risen = direction * (score - stable.sum(axis=1) / STABLE_FORMS) >= threshold - ROUNDING
        marks[:, place], confirmed[:, place] = risen, risen & running
        calm = ~risen & ~np.isnan(score)
        stable[calm] = np.column_stack([stable[calm, 1:], score[calm]])
        running = risen
    return marks, confirmed, references


def worsening_flags(
    points: Sequence[Sequence[Point]], forms: Times, restarts: Marks, measure: Measure
) -> list[tuple[Flag, ...]]:
    """Of each course every form at least the important change worse than its reference; a form
    after a gap (`restarts`, one mark a form) confirms none from before it."""
    found: list[list[Flag]] = [[] for _ in points]
    if measure.important is None or not len(forms.at):
        return [() for _ in points]
    totals = np.array([p.total for row in points for p in row], dtype=np.float64)
    direction = 1 if measure.higher_is_worse else -1
    anew = forms.padded(restarts) == 1
    marks, confirmed, references = flagged(forms.padded(totals), measure.important, direction, anew)
    for course, place in np.argwhere(marks).tolist():
        point = points[course][place]
        earlier = tuple(
            float(score) if measure.exact else int(score) for score in references[course, place]
        )
        found[course].append(
            Flag(
                "worsening",
                "confirmed" if confirmed[course, place] else "single",
                point.at,
                point.total,
                sum(earlier) / STABLE_FORMS,
                earlier,
                measure.important,
            )
        )
    return [tuple(flags) for flags in found]
