"""How numbers, days and answers are written on a report. A real minus, a space before %."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# A day and its month name one day only as long as the same day of another year is far off.
WITHOUT_YEAR = timedelta(days=300)
NUMBERS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip


def number(value: float, places: int = 1) -> str:
    """7, 7.5, 0.25: never a trailing zero."""
    return f"{round(value, places) + 0.0:g}".replace("-", "−")


def fixed(value: float) -> str:
    """One decimal, always: 7.0."""
    return f"{value + 0.0:.1f}".replace("-", "−")


def signed(value: float) -> str:
    """One decimal with its sign: +2.0, −5.0, 0.0."""
    rounded = round(value, 1) + 0.0
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def moved(rise: float) -> str:
    """4.0 worse, 2.0 better, no change; `rise` counts worse upward. A bare sign beside the word
    effect is read as a benefit."""
    size = fixed(abs(rise))
    if not float(size):
        return "no change"
    return f"{size} {'worse' if rise > 0 else 'better'}"


def percent(value: float) -> str:
    return f"{round(value)} %".replace("-", "−")


def signed_percent(value: float) -> str:
    return f"{round(value):+d} %".replace("-", "−") if round(value) else "0 %"


def word(count: int) -> str:
    """Small counts as words, larger ones as figures."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def plural_word(count: int, noun: str) -> str:
    """One form, two forms."""
    return f"{word(count)} {noun}{'' if count == 1 else 's'}"


def day(at: datetime, zone: str) -> str:
    """8 Nov, on the patient's calendar."""
    return date_words(at.astimezone(ZoneInfo(zone)).date())


def date_words(on: date) -> str:
    """8 Nov, for a day that is no instant."""
    return f"{on.day} {MONTHS[on.month - 1]}"


def dated(at: datetime, zone: str, now: datetime) -> str:
    """8 Nov; 8 Nov 2024 where that is more than 300 days before `now`."""
    said = day(at, zone)
    return f"{said} {at.astimezone(ZoneInfo(zone)).year}" if now - at > WITHOUT_YEAR else said


def days(found: Iterable[datetime], zone: str, now: datetime) -> str:
    """6 Jun, 5 Sep; where one is more than 300 days before `now` all by year: 5 Sep 2024; 1 Jul
    2025. The days come in order."""
    local = [at.astimezone(ZoneInfo(zone)) for at in found]
    if not any(now - at > WITHOUT_YEAR for at in local):
        return ", ".join(day(at, zone) for at in local)
    return "; ".join(
        f"{', '.join(day(at, zone) for at in of_year)} {year}"
        for year, of_year in groupby(local, key=lambda at: at.year)
    )


def weekday(at: datetime, zone: str) -> str:
    """Sun 8 Nov."""
    return calendar_day(at.astimezone(ZoneInfo(zone)).date())


def calendar_day(on: date) -> str:
    """Sun 8 Nov, for a day that is no instant."""
    return f"{WEEKDAYS[on.weekday()]} {on.day} {MONTHS[on.month - 1]}"


def partial_date(text: str) -> str:
    """14 Mar 2026, Mar 2026 or 2026: as much of a date as was recorded."""
    year, *rest = text.split("-")
    month = [MONTHS[int(part) - 1] for part in rest[:1]]
    return " ".join([*(str(int(part)) for part in rest[1:]), *month, year])


def moment(at: datetime, zone: str) -> str:
    """Sun 8 Nov 2026, 19:42."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{weekday(at, zone)} {local.year}, {local:%H:%M}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def minutes(seconds: float) -> str:
    """How long something took: 12 min, 3 h, 2 days."""
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    hours = seconds / 3600
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"
