"""Whether each session still buys what the earlier ones did, and how long until it is worn off."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Literal

from reports import wording
from reports.facts import days_between
from reports.trends.course import Trend
from reports.trends.measure import Measure
from reports.trends.series import Interval

# An older form says little about where the score stood when the session began (our judgement).
BEFORE_WITHIN_DAYS = 14
# Two sessions against the two before them: one form moves by chance (our judgement).
COMPARED = 2


@dataclass(frozen=True)
class Effect:
    """What came with one session: the first form on days 3 to 10 after it, less the last form of
    the 14 days before it, in points of the instrument. Not what the session caused."""

    number: int
    change: float
    reached: float


@dataclass(frozen=True)
class Lasting:
    """`latest` and `earlier`: mean change over the last two sessions and over the two before; None
    where there are not so many. `why`: in words, why there is no other verdict; else empty."""

    verdict: Literal["holding", "diminishing", "cannot be said yet"]
    latest: float | None
    earlier: float | None
    why: str = ""


def effects(trend: Trend) -> tuple[Effect, ...]:
    """Of each session that has a form soon before and soon after it, oldest first."""
    found = []
    for before, after in pairwise(trend.intervals):
        if before.end is None or after.start is None:
            continue
        if before.days - before.points[-1][0] <= BEFORE_WITHIN_DAYS:
            found.append(Effect(after.number, after.start - before.end, after.start))
    return tuple(found)


def lasting(trend: Trend) -> Lasting:
    """Diminishing: the last two sessions brought less than the two before, by the instrument's
    important change or more, and the score they reached was no better. Holding: the last two and
    the two before each brought the important change or more on average, and the last not less by
    so much.

    Anything else cannot be said yet: too few sessions, nothing gained that could hold, or little
    left to gain for a patient who is well. All of this is our judgement, not validated.
    """
    found, important = effects(trend), trend.measure.important
    if important is None:
        return _unsaid(f"no important change of {trend.measure.title} is known")
    if len(found) < 2 * COMPARED:
        return _unsaid(_too_few(len(found)))
    earlier, latest = found[-2 * COMPARED : -COMPARED], found[-COMPARED:]
    before, now = (fmean(one.change for one in part) for part in (earlier, latest))
    reached = [fmean(one.reached for one in part) for part in (earlier, latest)]
    better = trend.measure.worse(reached[1] - reached[0]) < 0
    return _compared(before, now, better, trend.measure, important)


def _compared(
    before: float, now: float, better: bool, measure: Measure, important: float
) -> Lasting:
    """`better`: the score that the last two reached is better than that of the two before."""
    points = f"{wording.number(important)} {'point' if important == 1 else 'points'}"
    less = measure.reaches(measure.worse(now - before), important)
    if not measure.reaches(-measure.worse(before), important):
        why = f"the earlier two sessions gained under {points}"
    elif less and not better:
        return Lasting("diminishing", now, before)
    elif less:
        why = "the last two sessions gained less, but reached a better score"
    elif not measure.reaches(-measure.worse(now), important):
        why = f"the last two sessions gained under {points}, but not {points} less than before"
    else:
        return Lasting("holding", now, before)
    return Lasting("cannot be said yet", now, before, why)


def _unsaid(why: str) -> Lasting:
    return Lasting("cannot be said yet", None, None, why)


def _too_few(count: int) -> str:
    needed = (
        f"it takes {wording.word(2 * COMPARED)} sessions with a form soon before and soon after"
    )
    return f"{needed}, {wording.word(count)} so far"


def crossed_on_day(interval: Interval, trend: Trend) -> int | None:
    """Days from the session to the first flagged form before the next: the important change or
    more above the mean of three stable forms. None where no form of the interval was flagged."""
    closes = interval.until
    days = [
        days_between(interval.since, flag.at, trend.zone)
        for flag in trend.flags
        if flag.at > interval.since and (closes is None or flag.at <= closes)
    ]
    return min(days, default=None)
