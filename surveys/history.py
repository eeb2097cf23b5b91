"""What a clinic records beside the sessions: other treatments and substances. Pure.

The kinds are in `history.toml`. Three things are kept apart: something is recorded, somebody asked
and there was none, and nobody recorded anything.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.partial_dates import NoDate, first_day, last_day

FILE = Path(__file__).with_name("history.toml")
TREATMENT, SUBSTANCE = "treatment", "substance"
# Of a substance. A treatment goes on until it has an end.
CURRENT, PAST, NONE = "current", "past", "none"
USES = {CURRENT: "Current use", PAST: "Past use", NONE: "None known: asked, and there is none"}
NAME_LENGTH, DOSE_LENGTH, DATE_LENGTH = 40, 30, 10

NOT_A_DATE = "Write 2026-03-14, or 2026-03 or 2026 where the day is not known."


@dataclass(frozen=True)
class Kind:
    """`named`: an entry must say which one. `asked`: it says that somebody asked in vain.

    `other`: it stands for whatever the list does not name.
    """

    code: str
    group: str
    title: str
    named: bool = False
    asked: bool = False
    other: bool = False


@dataclass(frozen=True)
class HistoryStatement:
    """One entry as somebody told it. `since` and `until` are a day, a month, a year or empty.

    `use` is empty for a treatment. Of what there is none, `since` is when that was asked.
    """

    kind: str
    name: str = ""
    dose: str = ""
    use: str = ""
    since: str = ""
    until: str = ""

    @property
    def none(self) -> bool:
        """Somebody asked, and there was none."""
        return self.use == NONE or kinds()[self.kind].asked


@cache
def kinds() -> Mapping[str, Kind]:
    """By code, in the order of the page."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["kinds"]
    return MappingProxyType({row["code"]: Kind(**row) for row in rows})


def problems(told: HistoryStatement, today: date) -> dict[str, str]:
    """What cannot be recorded, by the field that is wrong; empty where nothing is.

    `today` is the patient's calendar day. Only what has begun is recorded.
    """
    kind = kinds().get(told.kind)
    if kind is None:
        return {"kind": "Choose one."}
    return dict((*_words(told, kind), *_dates(told, today)))


def _words(told: HistoryStatement, kind: Kind) -> Iterator[tuple[str, str]]:
    if kind.named and not told.name:
        yield "name", "Say which one."
    if told.none and (told.name or told.dose):
        yield "name" if told.name else "dose", "Leave this empty where there is none."
    if kind.group == SUBSTANCE and told.use not in USES:
        yield "use", "Choose one."
    if kind.group == TREATMENT and told.use:
        yield "use", "This belongs to a substance. A treatment goes on until it has an end."


def _dates(told: HistoryStatement, today: date) -> Iterator[tuple[str, str]]:
    found = dict.fromkeys(("since", "until"), "")
    for field in found:
        wrong = _date_problem(getattr(told, field), today)
        if wrong:
            found[field] = wrong
            yield field, wrong
    if any(found.values()):
        return
    if told.until and (told.none or told.use == CURRENT):
        yield "until", "What goes on has no end. Leave this empty, or choose “Past use”."
    if told.since and told.until and last_day(told.until) < first_day(told.since):
        yield "until", "This is before it began. Check both dates."


def _date_problem(text: str, today: date) -> str:
    try:
        future = bool(text) and first_day(text) > today
    except NoDate:
        return NOT_A_DATE
    return "This is in the future. Record it once it has happened." if future else ""


def true_on(told: HistoryStatement, day: date) -> HistoryStatement | None:
    """What was so on `day`: None before it began, and without an end that came later."""
    if told.since and first_day(told.since) > day:
        return None
    if told.until and first_day(told.until) > day:
        return replace(told, until="", use=CURRENT if told.use == PAST else told.use)
    return told
