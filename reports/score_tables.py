"""Files of scores and sessions as tables: read, checked, and cut into one series per course."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from reports.facts import FormFact, SessionFact
from surveys.exchange.cells import (
    decimal,
    instant,
    moment,
    one_of,
    optional,
    required,
    text,
    whole,
)
from surveys.exchange.sessions import HIGHEST_DOSE, LONGEST_MINUTES, LOWEST_DOSE, STATUSES
from surveys.exchange.table import BadCell, Line, Problem, Sheet, read, repeated
from surveys.instrument import Instrument

SCORE_COLUMNS = ("patient_id", "instrument", "answered_at", "total")
SESSION_COLUMNS = ("patient_id", "session_at", "status")
# One form of one patient; a second row with the same is a mistake.
FORM = ["patient_id", "instrument", "answered_at"]
# One session of one patient, likewise.
SESSION = ["patient_id", "session_at"]
# As many as `afterglow score` writes of an exact total.
MEAN_PLACES = 6
# A file of scores names no zone; a time without an offset is read as UTC, for all rows alike.
ZONE = ZoneInfo("UTC")

Parsers = Mapping[str, Callable[[str], Any]]


@dataclass(frozen=True)
class Series:
    """One patient's scores on one instrument; `stated` holds each instant as it was written."""

    patient: str
    instrument: str
    forms: tuple[FormFact, ...]
    stated: Mapping[datetime, str]


@dataclass(frozen=True)
class ScoreFiles:
    """Everything read, or every problem found; one excludes the other."""

    series: tuple[Series, ...]
    sessions: Mapping[str, tuple[SessionFact, ...]]
    problems: tuple[Problem, ...]


def read_files(
    scores: tuple[str, bytes],
    sessions: tuple[str, bytes] | None,
    instruments: Mapping[str, Instrument],
) -> ScoreFiles:
    """Each file as its name and bytes. With any problem there is nothing but problems."""
    forms, problems = _score_table(read(*scores), instruments)
    given = pd.DataFrame()
    if sessions is not None:
        given, more = _session_table(read(*sessions))
        problems += more
    if problems:
        return ScoreFiles((), {}, tuple(sorted(problems)))
    return ScoreFiles(_series(forms, instruments), _by_patient(given), ())


def _score_table(
    sheet: Sheet, instruments: Mapping[str, Instrument]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Columns FORM, `total` (None where blank) and `stated`; one row per sound line."""
    problems = [*sheet.problems, *_missing_columns(sheet, SCORE_COLUMNS)]
    if not set(SCORE_COLUMNS) <= set(sheet.header):
        return pd.DataFrame(), problems
    scored = sorted(name for name, one in instruments.items() if one.scored)
    parsers = {
        "patient_id": required(text(40), "Write whose score this is."),
        "instrument": required(one_of(scored, "instrument with a score"), "Write which one."),
        "answered_at": required(day_or_moment, "Write when it was answered, like 2026-03-14."),
    }
    cells = _cells(sheet)
    table, refused = _checked(sheet.file, cells, parsers)
    totals, refused_totals = _totals(sheet.file, cells.loc[table.index], instruments)
    table = table.loc[totals.index].assign(
        total=totals, stated=cells.loc[totals.index, "answered_at"]
    )
    twice = _twice(sheet.file, table, FORM, "answered_at", "the same form")
    return table, [*problems, *refused, *refused_totals, *twice]


def _session_table(sheet: Sheet) -> tuple[pd.DataFrame, list[Problem]]:
    """One row per sound line, with those columns of a session that the file has."""
    problems = [*sheet.problems, *_missing_columns(sheet, SESSION_COLUMNS)]
    if not set(SESSION_COLUMNS) <= set(sheet.header):
        return pd.DataFrame(), problems
    known: Parsers = {
        "patient_id": required(text(40), "Write whose session this is."),
        "session_at": required(day_or_moment, "Write when it was, like 2026-03-14T14:00."),
        "status": required(one_of(STATUSES, "status"), f"Write one of: {', '.join(STATUSES)}."),
        "route": text(40),
        "dose_mg_per_kg": optional(_dose, None),
        "duration_minutes": optional(whole(1, LONGEST_MINUTES, "minutes"), None),
    }
    parsers = {name: parse for name, parse in known.items() if name in sheet.header}
    table, refused = _checked(sheet.file, _cells(sheet), parsers)
    twice = _twice(sheet.file, table, SESSION, "session_at", "the same session")
    return table, [*problems, *refused, *twice]


def _cells(sheet: Sheet) -> pd.DataFrame:
    """The rows as written, indexed by their line in the file."""
    numbers = [number for number, _ in sheet.records]
    rows = [cells for _, cells in sheet.records]
    return pd.DataFrame(rows, index=numbers, columns=list(sheet.header), dtype=object)


def _checked(
    file: str, cells: pd.DataFrame, parsers: Parsers
) -> tuple[pd.DataFrame, list[Problem]]:
    """The values of every line without a refused cell, and a problem for each refused cell."""
    columns, problems = {}, []
    for name, parse in parsers.items():
        columns[name], refused = _parsed(file, cells[name], parse)
        problems += refused
    sound = ~cells.index.isin([problem.line for problem in problems])
    return pd.DataFrame(columns, index=cells.index, dtype=object)[sound], problems


def _parsed(
    file: str, cells: pd.Series, parse: Callable[[str], Any]
) -> tuple[pd.Series, list[Problem]]:
    """Each distinct cell is parsed once, however many lines hold it; a refused one is left out."""
    values, refused = {}, {}
    for cell in cells.unique():
        try:
            values[cell] = parse(cell)
        except BadCell as bad:
            refused[cell] = bad
    wrong = cells.isin(list(refused))
    problems = [
        Problem(file, line, str(cells.name), refused[cell].message, refused[cell].fix)
        for line, cell in cells[wrong].items()
    ]
    kept = cells[~wrong]
    return pd.Series([values[cell] for cell in kept], kept.index, dtype=object), problems


def _totals(
    file: str, cells: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> tuple[pd.Series, list[Problem]]:
    """Every score checked against the range of its own instrument, in the order of the file."""
    found, problems = [pd.Series(dtype=object)], []
    for name, column in cells.groupby("instrument")["total"]:
        instrument = instruments[name]
        assert instrument.score_range is not None
        values, refused = _parsed(file, column, optional(_total(instrument), None))
        found.append(values)
        problems += refused
    return pd.concat(found).sort_index(), problems


def _twice(
    file: str, table: pd.DataFrame, key: list[str], column: str, what: str
) -> Iterator[Problem]:
    """Rows alike in every column of `key`: a count of forms or sessions would be too high."""
    alike = table.loc[table.duplicated(key, keep=False), key]
    keys = ((Line(file, row[0], {}), row[1:]) for row in alike.itertuples(name=None))
    return repeated(keys, column, what)


def _series(table: pd.DataFrame, instruments: Mapping[str, Instrument]) -> tuple[Series, ...]:
    """One series per patient and instrument, in that order; its forms as the file has them."""
    forms = [
        _form(str(line), instruments[name], at, total)
        for line, name, at, total in zip(
            table.index, table["instrument"], table["answered_at"], table["total"], strict=True
        )
    ]
    stated = table["stated"].tolist()
    groups = table.groupby(["patient_id", "instrument"], sort=False).indices
    return tuple(
        Series(
            patient,
            instrument,
            tuple(forms[place] for place in places),
            {forms[place].answered_at: stated[place] for place in places},
        )
        for (patient, instrument), places in sorted(groups.items(), key=lambda group: group[0])
    )


def _total(instrument: Instrument) -> Callable[[str], Any]:
    """A whole number of the instrument's range, or where it is a mean the exact one."""
    assert instrument.score_range is not None
    low, high = instrument.score_range
    if instrument.method != "mean":
        return whole(low, high, f"({instrument.short_title})")
    fix = f"{instrument.short_title} is a mean from {low} to {high}."
    return decimal(Decimal(low), Decimal(high), MEAN_PLACES, "points", fix)


def _form(line: str, instrument: Instrument, at: datetime, total: Any) -> FormFact:
    exact = None if total is None or instrument.method != "mean" else Fraction(total)
    rounded = total if exact is None else int(exact + Fraction(1, 2))
    return FormFact(line, instrument.id, instrument.version, at, rounded, exact, total_only=True)


def _by_patient(table: pd.DataFrame) -> Mapping[str, tuple[SessionFact, ...]]:
    if table.empty:
        return {}
    facts = table.drop(columns="patient_id").rename(columns={"session_at": "at"})
    sessions = [
        SessionFact(f"{line}", **row)
        for line, row in zip(facts.index, facts.to_dict("records"), strict=True)
    ]
    groups = table.groupby("patient_id", sort=False).indices
    return {
        patient: tuple(sessions[place] for place in places) for patient, places in groups.items()
    }


def _dose(cell: str) -> float:
    fix = "Check the unit: mg per kg of body weight."
    return float(decimal(LOWEST_DOSE, HIGHEST_DOSE, 3, "mg/kg", fix)(cell))


def _missing_columns(sheet: Sheet, columns: Sequence[str]) -> Iterator[Problem]:
    if not sheet.readable:
        return
    for name in columns:
        if name not in sheet.header:
            fix = f"The header row needs {', '.join(columns)}."
            yield Problem(sheet.file, sheet.header_line, name, "is missing", fix)


def day_or_moment(cell: str) -> datetime:
    """An ISO date (its first instant) or date and time; without an offset it is read as UTC."""
    return instant(moment(cell if len(cell) > 10 else f"{cell}T00:00"), ZONE)
