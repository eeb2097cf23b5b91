"""One series of scores: baseline, change, outcome, flags, and what each session bought."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Literal

from reports.facts import SessionFact
from reports.trends.measure import Measure

Outcome = Literal["response", "partial", "none", "worse", "too_early", "not_interpretable"]

# The named rule for baseline where sessions are known: never the worst score, because taking the
# worst lets regression to the mean pass for response.
BASELINE_DAYS = 28
# "Noticeable" to patients of moderate severity: -21 % (-26.7 to -14.9), Kounali 2022, n = 400.
PARTIAL_FRACTION = 0.20
# Mean of three stable forms: against one form a stable patient is flagged half as often again.
STABLE_FORMS = 3
# A form in the first days after a session still looks back on the time before it.
START_FROM_DAY, START_TO_DAY = 3, 10


@dataclass(frozen=True)
class Point:
    """One score on the instrument's own scale."""

    at: datetime
    total: int
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
    score: int
    reference: float
    reference_scores: tuple[int, ...]
    threshold: float


@dataclass(frozen=True)
class Interval:
    """From one session to the next (`until` None: still running); days and points per week."""

    number: int
    since: datetime
    until: datetime | None
    days: int
    dose: float | None
    points: tuple[tuple[float, int], ...]
    missed: tuple[float, ...]
    start: int | None
    end: int | None
    rebound: float | None


def pretreatment_baseline(
    points: tuple[Point, ...], first_session: datetime | None
) -> Baseline | None:
    """Mean of the complete scores in the 28 days up to session 1, both ends included.

    Where no session is known, the first score. None where sessions are known and no complete
    score lies in those days: then no change can be stated.
    """
    if first_session is None:
        first = points[:1]
        return _mean_of(first, "first-score") if first else None
    opens = first_session - timedelta(days=BASELINE_DAYS)
    inside = tuple(p for p in points if p.complete and opens <= p.at <= first_session)
    return _mean_of(inside, "pretreatment-mean-28d") if inside else None


def _mean_of(points: tuple[Point, ...], rule: str) -> Baseline:
    return Baseline(fmean(p.total for p in points), rule, tuple(p.at for p in points))


def change_from(baseline: Baseline, score: float, measure: Measure) -> Change:
    """The change and whether it passes the instrument's own important and reliable numbers."""
    points = score - baseline.value
    percent = points / baseline.value * 100 if baseline.value else None
    return Change(
        points,
        percent,
        None if measure.important is None else abs(points) >= measure.important,
        None if measure.reliable is None else abs(points) >= measure.reliable,
    )


def outcome_of(baseline: Baseline, score: float, measure: Measure) -> Outcome:
    """Response: half or more below baseline. Partial: 20 to 49 %. Worse: a reliable rise."""
    rise = measure.worse(score - baseline.value)
    fall = -rise / baseline.value if baseline.value > 0 else 0.0
    if fall >= measure.response_fraction:
        return "response"
    if fall >= PARTIAL_FRACTION:
        return "partial"
    if measure.reliable is not None and rise >= measure.reliable:
        return "worse"
    return "none"


def worsening_flags(points: tuple[Point, ...], measure: Measure) -> tuple[Flag, ...]:
    """Every form at least the important change worse than its reference.

    The reference is the mean of the last three stable (unflagged) forms and stands still while
    flags last. One flag alone is `single`; the next form in a row is `confirmed`.
    """
    if measure.important is None:
        return ()
    stable: list[int] = []
    flags: list[Flag] = []
    running = False
    for point in points:
        reference = tuple(stable[-STABLE_FORMS:])
        risen = (
            len(reference) == STABLE_FORMS
            and measure.worse(point.total - fmean(reference)) >= measure.important
        )
        if risen:
            flags.append(_flag(point, reference, measure.important, running))
        else:
            stable.append(point.total)
        running = risen
    return tuple(flags)


def _flag(point: Point, reference: tuple[int, ...], threshold: float, running: bool) -> Flag:
    kind: Literal["single", "confirmed"] = "confirmed" if running else "single"
    mean = fmean(reference)
    return Flag("worsening", kind, point.at, point.total, mean, reference, threshold)


def session_intervals(
    points: tuple[Point, ...],
    sessions: tuple[SessionFact, ...],
    missed: tuple[datetime, ...],
    as_of: datetime,
) -> tuple[Interval, ...]:
    """The stretch after each session that took place, the last one still open.

    Points and sessions are given oldest first, and so are the stretches.
    """
    ends = [session.at for session in sessions[1:]] + [None]
    # before the first session there is one end and nothing that it ends
    return tuple(
        _interval(number, session, until, points, missed, as_of)
        for number, (session, until) in enumerate(zip(sessions, ends, strict=False), 1)
    )


def _interval(
    number: int,
    session: SessionFact,
    until: datetime | None,
    points: tuple[Point, ...],
    missed: tuple[datetime, ...],
    as_of: datetime,
) -> Interval:
    close = until or as_of
    after, until_close = (bisect_right(points, at, key=_when) for at in (session.at, close))
    inside = tuple((_days(session.at, p.at), p.total) for p in points[after:until_close])
    start = next(((d, s) for d, s in inside if START_FROM_DAY <= d <= START_TO_DAY), None)
    end = inside[-1] if inside and start and inside[-1][0] > start[0] else None
    rebound = (end[1] - start[1]) / (end[0] - start[0]) * 7 if start and end else None
    return Interval(
        number,
        session.at,
        until,
        round(_days(session.at, close)),
        session.dose_mg_per_kg,
        inside,
        tuple(_days(session.at, due) for due in missed if session.at < due <= close),
        start[1] if start else None,
        inside[-1][1] if inside else None,
        rebound,
    )


def _when(point: Point) -> datetime:
    return point.at


def _days(left: datetime, right: datetime) -> float:
    return (right - left) / timedelta(days=1)
