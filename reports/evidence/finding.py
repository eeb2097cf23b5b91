"""What a rule's test ends in, and the few readings of a course that many tests share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reports import wording
from reports.evidence.case import Case
from reports.evidence.rules import Rule
from reports.trends import Point


@dataclass(frozen=True)
class Finding:
    state: str
    values: Mapping[str, str] = field(default_factory=dict)


Condition = Callable[[Case, Rule], Finding]
QUIET = Finding("quiet")
# Rules state their thresholds in its points; on another scale its own numbers take their place.
PHQ9 = "phq9"


def percent_better(case: Case, score: float) -> float:
    better = case.trend.percent_better(score)
    return 0.0 if better is None else better


def baseline_of(case: Case) -> float:
    assert case.trend.baseline is not None
    return case.trend.baseline.value


def improved_score(case: Case, percent: float) -> str:
    """The score that is so many percent better than before treatment."""
    way = -1 if case.trend.measure.higher_is_worse else 1
    return wording.fixed(baseline_of(case) * (1 + way * percent / 100))


def said(points: Sequence[Point], case: Case, joined: str = "and") -> str:
    return wording.listed([case.trend.measure.say(point.total) for point in points], joined)
