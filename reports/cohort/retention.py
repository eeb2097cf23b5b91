"""How long a response was kept: Kaplan–Meier from the form that showed it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from scipy.stats import CensoredData, ecdf

from reports.cohort.outcomes import Classified, CohortCourse
from reports.facts import days_between
from reports.trends import Measure

WEEK = 7


@dataclass(frozen=True)
class Followed:
    """One responder: days from the form that showed response to its loss, or to the last form."""

    days: float
    lost: bool


@dataclass(frozen=True)
class Step:
    """From `day` on, this share still holds; band in percent, None where it is not defined."""

    day: float
    percent: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Retention:
    """`at_risk` gives, for each whole week from 0, how many responders were still followed."""

    responders: int
    unfollowed: int
    lost: int
    last_day: float
    steps: tuple[Step, ...]
    at_risk: tuple[tuple[int, int], ...]

    def at_week(self, week: int) -> Step | None:
        """The share still holding after so many weeks; None where nobody was followed that long."""
        day = week * WEEK
        if not self.steps or day > self.last_day:
            return None
        return [step for step in self.steps if step.day <= day][-1]


def followed_up(course: CohortCourse, found: Classified, measure: Measure) -> Followed:
    """The first later form that is less than response below baseline is the loss.

    The loss itself lies between that form and the one before it; the later day is taken. Days are
    those of the calendar: the hour of answering is no news about the illness.
    """
    assert found.at is not None
    assert found.baseline is not None
    later = [point for point in course.points if point.at > found.at]
    for point in later:
        fall = -measure.worse(point.total - found.baseline)
        if not measure.reaches(fall, measure.response_fraction * found.baseline):
            return Followed(float(days_between(found.at, point.at, course.zone)), lost=True)
    last = later[-1].at if later else found.at
    return Followed(float(days_between(found.at, last, course.zone)), lost=False)


def retention(followed: Sequence[Followed], *, confidence_percent: float) -> Retention:
    """Kaplan–Meier with Greenwood's variance and the log-log band.

    Responders without any later form are counted as `unfollowed` and say nothing about retention.
    """
    seen = [one for one in followed if one.days > 0]
    last = max((one.days for one in seen), default=0.0)
    weeks = range(int(last) // WEEK + 1)
    return Retention(
        responders=len(followed),
        unfollowed=len(followed) - len(seen),
        lost=sum(one.lost for one in seen),
        last_day=last,
        steps=tuple(_steps(seen, confidence_percent)) if seen else (),
        at_risk=tuple((week, sum(one.days >= week * WEEK for one in seen)) for week in weeks),
    )


def _steps(seen: Sequence[Followed], confidence_percent: float) -> list[Step]:
    """Day 0 at 100 %, then a step at each day on which somebody lost the response."""
    losses = [one.days for one in seen if one.lost]
    steps = [Step(0.0, 100.0, None, None)]
    if not losses:
        return steps
    kept = [one.days for one in seen if not one.lost]
    curve = ecdf(CensoredData(uncensored=losses, right=kept)).sf
    with warnings.catch_warnings():
        # it warns that there is no band at 0 and at 1; we say so ourselves
        warnings.simplefilter("ignore", RuntimeWarning)
        band = curve.confidence_interval(confidence_percent / 100, method="log-log")
    for day in sorted(set(losses)):
        low, high = (_percent(edge.evaluate(day)) for edge in (band.low, band.high))
        steps.append(Step(day, 100 * float(curve.evaluate(day)), low, high))
    return steps


def _percent(share: float) -> float | None:
    """None at 0 and 1, where the log-log band is not defined."""
    return None if isnan(share) else 100 * float(share)
