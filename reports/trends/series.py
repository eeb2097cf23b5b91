"""The words of a trend: score, baseline, change, flag, interval; and what an outcome is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reports.trends.measure import Measure

Outcome = Literal["response", "partial", "none", "worse", "too_early", "not_interpretable"]

# "Noticeable" to patients of moderate severity: -21 % (-26.7 to -14.9), Kounali 2022, n = 400.
PARTIAL_FRACTION = 0.20


@dataclass(frozen=True)
class Point:
    """One score on the instrument's own scale; exact, unrounded, where it is a mean."""

    at: datetime
    total: float
    response_id: str = ""
    complete: bool = True


@dataclass(frozen=True)
class Baseline:
    value: float
    rule: str
    answered_at: tuple[datetime, ...]


@dataclass(frozen=True)
class Change:
    """Latest minus baseline; negative is a fall. `percent` is None for a baseline of 0."""

    points: float
    percent: float | None
    important: bool | None
    reliable: bool | None


@dataclass(frozen=True)
class Flag:
    """A form `rise` points worse than the mean of the last three stable forms."""

    rule: str
    kind: Literal["single", "confirmed"]
    at: datetime
    score: float
    reference: float
    reference_scores: tuple[float, ...]
    threshold: float


@dataclass(frozen=True)
class Interval:
    """From one session to the next (`until` None: still running); `points` and `missed` by days
    since it on the patient's calendar, `rebound` in points per week."""

    number: int
    since: datetime
    until: datetime | None
    days: int
    dose: float | None
    points: tuple[tuple[int, float], ...]
    missed: tuple[int, ...]
    start: float | None
    end: float | None
    rebound: float | None


def change_from(baseline: Baseline, score: float, measure: Measure) -> Change:
    """The change and whether it passes the instrument's own important and reliable numbers."""
    points = score - baseline.value
    percent = points / baseline.value * 100 if baseline.value else None
    return Change(
        points,
        percent,
        None if measure.important is None else measure.reaches(abs(points), measure.important),
        None if measure.reliable is None else measure.reaches(abs(points), measure.reliable),
    )


def rated_outcome(score: float, measure: Measure) -> Outcome:
    """Of a scale that itself rates change: its own words, never a percentage of a first rating."""
    if measure.responder is not None and score <= measure.responder:
        return "response"
    unchanged = score if measure.unchanged is None else measure.unchanged
    return "worse" if measure.worse(score - unchanged) > 0 else "none"


def outcome_of(baseline: Baseline, score: float, measure: Measure) -> Outcome:
    """Response: half or more below baseline. Partial: 20 to 49 %. Worse: a reliable rise."""
    rise = measure.worse(score - baseline.value)
    fall = -rise / baseline.value if baseline.value > 0 else 0.0
    if fall >= measure.response_fraction:
        return "response"
    if fall >= PARTIAL_FRACTION:
        return "partial"
    if measure.reliable is not None and measure.reaches(rise, measure.reliable):
        return "worse"
    return "none"
