"""Instants, wall times, quiet hours and windows.

An instant is an aware datetime in UTC. "24 hours after" (`elapsed`) and "on this day at 09:00"
(`wall`) are different questions: across a clock change 24 hours after 09:00 is not 09:00.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Patients are not written to between 21:00 and 08:00 their time (clinic default, our judgement).
QUIET_FROM = time(21)
QUIET_UNTIL = time(8)

# A zone is given as itself or by its IANA name, such as "America/Denver".
Zone = ZoneInfo | str


@dataclass(frozen=True)
class Window:
    """Half-open: an instant belongs to exactly one of two adjacent windows."""

    opens: datetime
    closes: datetime

    def contains(self, instant: datetime) -> bool:
        return self.opens <= instant < self.closes


def instant_of(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a datetime without an offset."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no offset from UTC; give the zone with it")
    return moment.astimezone(UTC)


def elapsed(instant: datetime, hours: float) -> datetime:
    """The instant `hours` later, whatever the clocks on the wall do meanwhile."""
    return instant_of(instant) + timedelta(hours=hours)


def wall(day: date, at: time, zone: Zone) -> datetime:
    """The instant when a clock in `zone` shows `at` on `day`.

    Shown twice (clocks went back): the first. Never shown (clocks went forward): the first
    instant after the gap.
    """
    zone, shown = _zone(zone), datetime.combine(day, at)
    first = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == shown:
        return first
    # inside a gap, fold=1 reads the later offset and so lands before the clocks change
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _clock_change(before, first, zone)


def _zone(zone: Zone) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


def _clock_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second in (before, after] with the later offset."""
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after


def local_date(instant: datetime, zone: Zone) -> date:
    return instant_of(instant).astimezone(_zone(zone)).date()


def is_quiet(instant: datetime, zone: Zone) -> bool:
    shown = instant_of(instant).astimezone(_zone(zone)).time()
    return shown >= QUIET_FROM or shown < QUIET_UNTIL


def outside_quiet_hours(instant: datetime, zone: Zone) -> datetime:
    """`instant` itself, or the first instant after it when patients may be written to."""
    instant, zone = instant_of(instant), _zone(zone)
    if not is_quiet(instant, zone):
        return instant
    shown = instant.astimezone(zone)
    day = shown.date() + timedelta(days=1 if shown.time() >= QUIET_FROM else 0)
    morning = wall(day, QUIET_UNTIL, zone)
    if morning < instant:  # 08:00 comes a second time on this day
        morning = datetime.combine(day, QUIET_UNTIL, zone).replace(fold=1).astimezone(UTC)
    # where a whole day is missing from the calendar, its morning is the next day's midnight
    return outside_quiet_hours(morning, zone)
