"""One cell at a time: what a clinic may write, and what to tell it otherwise.

Each function takes what is allowed and returns a parser; a parser takes the cell, stripped, and
returns its value or raises `BadCell`.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from surveys import clock
from surveys.exchange.table import BadCell, shown
from surveys.mail.address import TO_DO, why_not_taken

Value = TypeVar("Value")
Blank = TypeVar("Blank")

# Records before this are typing errors: no instrument or course here is older (our judgement).
FIRST_YEAR = 1990
LAST_YEAR = 2100

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_EMAIL = re.compile(r"[^\s@,;<>()\"\\:\[\]]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,6})?", re.ASCII)
# Control characters and line breaks: in a name they could reach the header of a mail.
_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}
_ZONES = frozenset(available_timezones())


def optional(parse: Callable[[str], Value], blank: Blank) -> Callable[[str], Value | Blank]:
    """`blank` where nothing is written, else what `parse` makes of it."""
    return lambda cell: parse(cell) if cell else blank


def required(parse: Callable[[str], Value], fix: str) -> Callable[[str], Value]:
    def filled(cell: str) -> Value:
        if not cell:
            raise BadCell("is blank", fix)
        return parse(cell)

    return filled


def text(longest: int) -> Callable[[str], str]:
    """Any text, kept as it is: a cell that begins with = + - or @ is never a formula here."""

    def parse(cell: str) -> str:
        if "�" in cell:
            raise BadCell(
                f"a letter of {shown(cell)} was lost when the file was saved",
                "Type it again and save the file as UTF-8.",
            )
        if any(unicodedata.category(sign) in _UNSAFE for sign in cell):
            raise BadCell(
                f"{shown(cell)} holds a line break or a control character", "Type the text again."
            )
        if len(cell) > longest:
            raise BadCell(f"is longer than {longest} signs", "Shorten it.")
        return cell

    return parse


def one_of(choices: Collection[str], noun: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if cell not in choices:
            known = ", ".join(sorted(choices)) or "none"
            raise BadCell(f"{shown(cell)} is not a known {noun}", f"Write one of: {known}.")
        return cell

    return parse


def day(earliest: date, latest: date) -> Callable[[str], date]:
    """An ISO date from `earliest` up to and including `latest`."""

    def parse(cell: str) -> date:
        found = _calendar(date.fromisoformat, _DAY, cell, "a date", "1984-05-27")
        if not earliest <= found <= latest:
            raise BadCell(f"{found} is not between {earliest} and {latest}", "Check the year.")
        return found

    return parse


def moment(cell: str) -> datetime:
    """An ISO date and time; naive where the cell states no offset."""
    found = _calendar(datetime.fromisoformat, _MOMENT, cell, "a date and time", "2026-03-14T14:00")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadCell(f"the year {found.year} cannot be right", "Check the year.")
    return found


def moment_or_day(cell: str) -> datetime:
    """As `moment`; a day alone, as old records have it, is read as the day's beginning."""
    return moment(f"{cell}T00:00" if _DAY.fullmatch(cell) else cell)


def _calendar(
    parse: Callable[[str], Value], pattern: re.Pattern[str], cell: str, noun: str, example: str
) -> Value:
    if not pattern.fullmatch(cell):
        raise BadCell(f"{shown(cell)} is not {noun}", f"Write it like {example}.")
    try:
        return parse(cell)
    except ValueError:
        raise BadCell(
            f"{shown(cell)} is not in the calendar", f"Write it like {example}."
        ) from None


def instant(stated: datetime, zone: ZoneInfo) -> datetime:
    """The instant a cell means: with no offset, what the patient's own clock shows."""
    if stated.tzinfo is not None:
        return stated.astimezone(UTC)
    return clock.wall(stated.date(), stated.time(), zone)


def email(cell: str) -> str:
    if why := why_not_taken(cell):
        raise BadCell(f"{shown(cell)} {why}", TO_DO)
    if not _EMAIL.fullmatch(cell) or len(cell) > 254 or not cell.isprintable():
        raise BadCell(f"{shown(cell)} is not one mail address", "Write it like ana@example.org.")
    return cell


def zone(cell: str) -> str:
    if cell not in _ZONES:
        raise BadCell(f"{shown(cell)} is not a time zone", "Write it like America/Denver.")
    return cell


def language(cell: str) -> str:
    if not _LANGUAGE.fullmatch(cell):
        raise BadCell(f"{shown(cell)} is not a language code", "Write it like en.")
    return cell


def decimal(low: Decimal, high: Decimal, places: int, unit: str, fix: str) -> Callable[[str], Any]:
    """A number from `low` to `high` inclusive with a decimal point and at most `places` digits."""
    pattern = re.compile(rf"\d{{1,6}}(\.\d{{1,{places}}})?", re.ASCII)

    def parse(cell: str) -> Decimal:
        if not pattern.fullmatch(cell):
            form = f"a number with a decimal point, not a comma, and at most {places} decimals"
            raise BadCell(f"{shown(cell)} is not a number", f"Write {form}.")
        if not low <= Decimal(cell) <= high:
            raise BadCell(f"{cell} is not between {low} and {high} {unit}", fix)
        return Decimal(cell)

    return parse


def whole(low: int, high: int, unit: str) -> Callable[[str], int]:
    """A whole number from `low` to `high` inclusive."""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"\d{1,6}", cell, re.ASCII):
            raise BadCell(f"{shown(cell)} is not a whole number", f"Write {low} to {high} {unit}.")
        if not low <= int(cell) <= high:
            raise BadCell(
                f"{cell} is not between {low} and {high}", f"Write {low} to {high} {unit}."
            )
        return int(cell)

    return parse
