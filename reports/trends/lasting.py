"""Whether each session still buys what the earlier ones did, and how long until it is worn off."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import fmean
from typing import Literal

from reports.trends.course import Trend
from reports.trends.series import Interval

# An older form says little about where the score stood when the session began (our judgement).
BEFORE_WITHIN_DAYS = 14
# Two sessions against the two before them: one form moves by chance (our judgement).
COMPARED = 2
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Effect:
    """What came with one session: the first form on days 3 to 10 after it, less the last form of
    the 14 days before it, in points of the instrument. Not what the session caused."""

    number: int
    change: float
    reached: float


@dataclass(frozen=True)
class Lasting:
    """`latest` and `earlier`: mean change over the last two sessions and over the two before."""

    verdict: Literal["holding", "diminishing"]
    latest: float
    earlier: float


def effects(trend: Trend) -> tuple[Effect, ...]:
    """Of each session that has a form soon before and soon after it, oldest first."""
    found = []
    for before, after in pairwise(trend.intervals):
        if before.end is None or after.start is None:
            continue
        if before.days - before.points[-1][0] <= BEFORE_WITHIN_DAYS:
            found.append(Effect(after.number, after.start - before.end, after.start))
    return tuple(found)


def lasting(trend: Trend) -> Lasting | None:
    """Diminishing: the last two sessions brought less than the two before, by the instrument's
    important change or more, and the score they reached was no better. Else holding. None with
    fewer than four readable sessions, or where no important change is known.

    The second condition keeps a patient who is well, with nothing left to gain, from being called
    diminishing. Both are our judgement, not validated.
    """
    found, measure = effects(trend), trend.measure
    if len(found) < 2 * COMPARED or measure.important is None:
        return None
    earlier, latest = found[-2 * COMPARED : -COMPARED], found[-COMPARED:]
    moved = [fmean(one.change for one in part) for part in (earlier, latest)]
    reached = [fmean(one.reached for one in part) for part in (earlier, latest)]
    less = measure.reaches(measure.worse(moved[1] - moved[0]), measure.important)
    no_better = measure.reaches(measure.worse(reached[1] - reached[0]), 0)
    verdict: Literal["holding", "diminishing"] = "diminishing" if less and no_better else "holding"
    return Lasting(verdict, moved[1], moved[0])


def crossed_on_day(interval: Interval, trend: Trend) -> float | None:
    """Days from the session to the first flagged form before the next: the important change or
    more above the mean of three stable forms. None where no form of the interval was flagged."""
    closes = interval.until
    days = [
        (flag.at - interval.since) / DAY
        for flag in trend.flags
        if flag.at > interval.since and (closes is None or flag.at <= closes)
    ]
    return min(days, default=None)
