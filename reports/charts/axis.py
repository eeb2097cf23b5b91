"""The time axis of one course: days since its left edge, and the months along it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reports import wording
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


def months(starts: datetime, ends: datetime, zone: str) -> tuple[tuple[float, str], ...]:
    """First days of months inside the axis, the first with its year."""
    local = starts.astimezone(ZoneInfo(zone))
    year, month = local.year, local.month
    found: list[tuple[float, str]] = [(0.0, f"{wording.MONTHS[month - 1]} {year}")]
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
        if first >= ends:
            return tuple(found)
        label = wording.MONTHS[month - 1] + (f" {year}" if month == 1 else "")
        found.append(((first - starts) / DAY, label))
