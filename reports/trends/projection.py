"""Whether the level was nearer to the next form than the last score was, on one patient's past.

Weekly self-report is hard to look ahead in: neither smoothing nor Gaussian processes beat "same as
last time" (Moore 2012, n = 100, weekly QIDS). So nothing is projected unless, form by form from the
past alone (rolling origin), the level was the nearer of the two, and then two weeks at most.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import fmean

from reports.trends.course import Trend

AT_MOST = timedelta(days=14)
# Fewer looks back are chance (our judgement).
LOOKS = 8


@dataclass(frozen=True)
class Projection:
    """Mean distance in points from the next form, of the level and of the last score; `value` is
    what the level says for the two weeks after the newest form, None where it may not be shown."""

    looks: int
    by_level: float
    by_last: float
    value: float | None


def projection(trend: Trend) -> Projection:
    """From each form to the next one within two weeks; a gap ends the look."""
    pairs = [
        (trend.level[n].estimate, one.total, other.total)
        for n, (one, other) in enumerate(pairwise(trend.points))
        if trend.level and not trend.restarts[n + 1] and other.at - one.at <= AT_MOST
    ]
    if not pairs:
        return Projection(0, 0.0, 0.0, None)
    by_level = fmean(abs(level - following) for level, _, following in pairs)
    by_last = fmean(abs(last - following) for _, last, following in pairs)
    # nearer by what a page can show: a tenth of a point
    beaten = len(pairs) >= LOOKS and round(by_level, 1) < round(by_last, 1)
    return Projection(len(pairs), by_level, by_last, trend.level[-1].estimate if beaten else None)
