"""What each session bought and for how long: the stretch after every session, of many courses."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from reports.facts import SessionFact
from reports.trends.columns import (
    Floats,
    Marks,
    Times,
    Whole,
    calendar_days,
    place_of,
    times_of,
)
from reports.trends.series import Interval, Point

# A form in the first days after a session still looks back on the time before it.
START_FROM_DAY, START_TO_DAY = 3, 10


def session_intervals(
    points: Sequence[Sequence[Point]],
    forms: Times,
    sessions: Sequence[Sequence[SessionFact]],
    missed: Times,
    as_of: Sequence[datetime],
    zones: Sequence[str],
) -> list[tuple[Interval, ...]]:
    """Of each course the stretch after each session that took place, the last one still open.

    Points, sessions and missed forms are given oldest first, none later than `as_of`; all days are
    those of the course's own calendar, in `zones`.
    """
    begun = times_of([[one.at for one in row] for row in sessions])
    if not len(begun.at):
        return [() for _ in points]
    opened = calendar_days(begun, zones)
    closed = _closed(begun, opened, calendar_days(times_of([[at] for at in as_of]), zones))
    lost_day, lost_in = _since_session(missed, begun, calendar_days(missed, zones), opened)
    day, inside = _since_session(forms, begun, calendar_days(forms, zones), opened)
    totals = np.array([p.total for row in points for p in row], dtype=np.float64)
    start, end = _start_and_end(day, inside, len(begun.at))
    rebound = _rebound(day, totals, start, end)
    held = list(zip(day.tolist(), [p.total for row in points for p in row], strict=True))
    forms_of, missed_of = _by_session(inside, len(begun.at)), _by_session(lost_in, len(begun.at))
    lost = lost_day.tolist()
    days = (closed - opened).tolist()
    found = []
    for row, (first, stop) in zip(sessions, begun.bounds(), strict=True):
        until = [*(one.at for one in row), None][1:]
        found.append(
            tuple(
                Interval(
                    number=n - first + 1,
                    since=session.at,
                    until=ends,
                    days=days[n],
                    dose=session.dose_mg_per_kg,
                    points=tuple(held[slice(*forms_of[n])]),
                    missed=tuple(lost[slice(*missed_of[n])]),
                    start=held[start[n]][1] if start[n] >= 0 else None,
                    end=held[end[n]][1] if end[n] >= 0 else None,
                    rebound=rebound[n],
                )
                for n, session, ends in zip(range(first, stop), row, until, strict=True)
            )
        )
    return found


def _closed(begun: Times, opened: Whole, today: Whole) -> Whole:
    """The day of the course's next session, or the day the course is read on."""
    days = np.append(opened[1:], 0)
    last = begun.starts[1:][np.diff(begun.starts) > 0] - 1
    days[last] = today[begun.course[last]]
    return days


def _since_session(times: Times, begun: Times, day: Whole, opened: Whole) -> tuple[Whole, Whole]:
    """Days since the session before each instant, and that session's place; -1 before the first."""
    session = place_of(times, begun, including=False) - 1
    none: Marks = session < begun.starts[times.course]
    since = day - opened[np.maximum(session, 0)]
    return np.where(none, -1, since), np.where(none, -1, session)


def _by_session(session: Whole, count: int) -> list[tuple[int, int]]:
    """Where the instants of each session begin and end; they stand together, in order."""
    opens, closes = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    known = np.flatnonzero(session >= 0)
    opens[session[known][::-1]] = known[::-1]  # the earliest is written last and stays
    closes[session[known]] = known + 1
    return list(zip(opens.tolist(), closes.tolist(), strict=True))


def _start_and_end(day: Whole, session: Whole, count: int) -> tuple[Whole, Whole]:
    """The first form on days 3 to 10 and the last form of each stretch; -1 where there is none."""
    start, end = np.full(count, -1), np.full(count, -1)
    early = np.flatnonzero((session >= 0) & (day >= START_FROM_DAY) & (day <= START_TO_DAY))
    start[session[early][::-1]] = early[::-1]
    known = np.flatnonzero(session >= 0)
    end[session[known]] = known
    return start, end


def _rebound(day: Whole, totals: Floats, start: Whole, end: Whole) -> list[float | None]:
    """Points a week from start to end; None where they are of one and the same day, or missing."""
    readable = (start >= 0) & (end > start)
    if not readable.any():
        return [None] * len(start)
    rise, time = totals[end] - totals[start], day[end] - day[start]
    with np.errstate(divide="ignore", invalid="ignore"):
        weekly = (rise / time * 7).tolist()
    readable &= time > 0
    return [found if ok else None for found, ok in zip(weekly, readable.tolist(), strict=True)]
