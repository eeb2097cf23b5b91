"""Many courses as columns: what each course has stands in one flat array, course after course."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate, chain, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000  # in microseconds
DAY = 86_400 * SECOND


@dataclass(frozen=True)
class Times:
    """Instants of every course in microseconds, oldest first; course n begins at starts[n]."""

    at: Whole
    starts: Whole

    @cached_property
    def course(self) -> Whole:
        """The course of each instant."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def inside(self) -> Marks:
        """Course × place: where a course has an instant; the rest is padding."""
        lengths = np.diff(self.starts)
        marks: Marks = np.arange(max(lengths, default=0)) < lengths[:, None]
        return marks

    def padded(self, values: NDArray[Any]) -> Floats:
        """One value an instant as course × place, NaN where a course has no more."""
        table = np.full(self.inside.shape, np.nan)
        table[self.inside] = values
        return table

    def bounds(self) -> list[tuple[int, int]]:
        edges = self.starts.tolist()
        return list(pairwise(edges))


def times_of(courses: Sequence[Sequence[datetime]]) -> Times:
    at = [micros(one) for one in chain.from_iterable(courses)]
    starts = [0, *accumulate(len(one) for one in courses)]
    return Times(np.array(at, dtype=np.int64), np.array(starts, dtype=np.int64))


def calendar_days(times: Times, zones: Sequence[str]) -> Whole:
    """The number of each instant's date on the calendar of its course's zone, 1 January 1970 as 0.

    Two of them subtracted are days as a page counts them, whatever the hours and the clocks."""
    days = times.at // DAY
    for zone, (first, stop) in zip(zones, times.bounds(), strict=True):
        if zone != "UTC":
            known, seconds = ZoneInfo(zone), (times.at[first:stop] // SECOND).tolist()
            dates = [datetime.fromtimestamp(at, known).toordinal() for at in seconds]
            days[first:stop] = np.array(dates, dtype=np.int64) - EPOCH.toordinal()
    return days


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def place_of(marks: Times, among: Times, *, including: bool) -> Whole:
    """For each mark, the place in `among` after all of its course that came before it.

    Whether an instant equal to the mark counts as before it, `including` says.
    """
    size = len(among.at)
    at = np.concatenate([among.at, marks.at])
    course = np.concatenate([among.course, marks.course])
    first = np.repeat([0, 1] if including else [1, 0], [size, len(marks.at)])
    order = np.lexsort((first, at, course))
    counted = order < size
    seen = np.cumsum(counted)
    places = np.zeros(len(marks.at), dtype=np.int64)
    places[order[~counted] - size] = seen[~counted]
    return places
