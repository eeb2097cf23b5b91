"""The time axis of one course: days since its left edge, and the months along it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reports.charts.scene import Month
from reports.evidence.case import Case

DAY = timedelta(days=1)


class Days:
    """The time axis of one course: days since its left edge, to a hundredth (15 minutes).

    A check after a session stands in every row of harms: its day is worked out once.
    """

    def __init__(self, case: Case) -> None:
        self.starts, self.ends = _span(case)
        self._known: dict[datetime, float] = {}

    def __call__(self, at: datetime) -> float:
        found = self._known.get(at)
        if found is None:
            found = self._known[at] = round((at - self.starts) / DAY, 2)
        return found


def _span(case: Case) -> tuple[datetime, datetime]:
    facts = case.facts
    times = [p.at for p in case.trend.points] + [s.at for s in facts.done] + list(case.trend.missed)
    first = min(times, default=facts.as_of - timedelta(days=28))
    nearest = [s.at for s in facts.planned if s.at < facts.as_of + timedelta(days=35)]
    last = max([facts.as_of, *nearest])
    room = max((last - first) * 0.03, timedelta(days=2))
    return first - room, last + room


def months(starts: datetime, ends: datetime, zone: str) -> tuple[Month, ...]:
    """The month in which the axis begins, and each that begins within it."""
    local = starts.astimezone(ZoneInfo(zone))
    year, month = local.year, local.month
    found = [Month(0.0, year, month)]
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
        if first >= ends:
            return tuple(found)
        found.append(Month((first - starts) / DAY, year, month))
