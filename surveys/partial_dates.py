"""Dates as people remember them: a day, a month or a year, written as in ISO 8601. Pure.

2026-03-14, 2026-03 and 2026 each cover the days from their first to their last.
"""

import re
from datetime import date, timedelta

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class NoDate(ValueError):
    """Neither a day nor a month nor a year."""


def first_day(text: str) -> date:
    """Raises NoDate."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """Raises NoDate."""
    year, month, day = _parts(text)
    if day:
        return date(year, month, day)
    after = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    return after - timedelta(days=1)


def _parts(text: str) -> tuple[int, int, int]:
    """Year, month and day, 0 for what is not known."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise NoDate(text)
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        date(year, month if found[2] else 1, day if found[3] else 1)
    except ValueError as error:
        raise NoDate(text) from error
    return year, month, day
