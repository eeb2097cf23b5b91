"""Old answers: item by item, or only the total where that is all a record has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveys.exchange.cells import instant, moment_or_day, one_of, required, text, whole
from surveys.exchange.known import Known, People
from surveys.exchange.table import BadCell, Line, Parsed, Problem, Sheet, cells_of, repeated, shown
from surveys.instrument import Instrument, Item
from surveys.scoring import DECLINED

FIXED = ("patient_id", "instrument", "answered_at")
Answers = dict[str, Any]
# Two papers of one day are two forms: deleting one might delete an answer to question 9.
TWO_FORMS = (
    "If they are two forms, write the time of each, like 2026-03-14T09:30; if they are one, delete"
    " a row."
)


@dataclass(frozen=True)
class ResponseLine:
    """One checked row: `answers` item by item, or `total` alone where that is None."""

    line: Line
    patient_id: str
    instrument: str
    answered_at: datetime
    answers: Answers | None
    total: int | None


def item_codes(instruments: Mapping[str, Instrument]) -> tuple[str, ...]:
    """Every item code in use, each once, in the order the instruments list them."""
    every = (item.code for instrument in instruments.values() for item in instrument.items)
    return tuple(dict.fromkeys(every))


def parse(
    sheet: Sheet, people: People, known: Known, instruments: Mapping[str, Instrument]
) -> Parsed[ResponseLine]:
    rows, problems = [], []
    for line in sheet.lines():
        row, refused = _row(line, people, known, instruments)
        problems += refused
        rows += [row] if row else []
    problems += _columns_missing(sheet, rows, instruments)
    keys = ((row.line, (row.patient_id, row.instrument, row.answered_at)) for row in rows)
    problems += repeated(keys, "answered_at", "the same form", TWO_FORMS)
    return Parsed(tuple(rows), tuple(problems))


def _row(
    line: Line, people: People, known: Known, instruments: Mapping[str, Instrument]
) -> tuple[ResponseLine | None, list[Problem]]:
    fixed, problems = cells_of(line, _fixed_parsers(instruments))
    problems += people.stranger(line)
    instrument = instruments.get(line.cells["instrument"])
    if instrument is None:
        return None, problems
    answers, total, refused = _given(line, instrument)
    problems += refused
    if problems:
        return None, problems
    at = instant(fixed["answered_at"], people.zone(fixed["patient_id"]))
    row = ResponseLine(line, fixed["patient_id"], instrument.id, at, answers, total)
    return row, list(_future(row, known.now))


def _fixed_parsers(instruments: Mapping[str, Instrument]) -> dict[str, Callable[[str], Any]]:
    known = f"Write one of: {', '.join(sorted(instruments))}."
    return {
        "patient_id": required(text(40), "Write whose answers these are."),
        "instrument": required(one_of(instruments, "instrument"), known),
        "answered_at": required(moment_or_day, "Write when it was answered, like 2026-03-14."),
    }


def _given(line: Line, instrument: Instrument) -> tuple[Answers | None, int | None, list[Problem]]:
    written = {name for name, cell in line.cells.items() if cell and name not in FIXED}
    if not written:
        fix = "Write the answers, or delete the row: a form nobody filled in is no form."
        return None, None, [line.problem("", "there is neither an answer nor a total", fix)]
    if "total" not in written:
        answers, problems = _items(line, instrument)
        return answers, None, problems
    if written != {"total"}:
        fix = "Leave total blank: it is computed from the answers."
        return None, None, [line.problem("total", "there are answers and a total", fix)]
    values, problems = cells_of(line, {"total": _total(instrument)})
    return None, values.get("total"), problems


def _items(line: Line, instrument: Instrument) -> tuple[Answers, list[Problem]]:
    own = {item.code: item for item in instrument.items}
    parsers = {code: _answer(item) for code, item in own.items() if code in line.cells}
    answers, problems = cells_of(line, parsers)
    for name, cell in line.cells.items():
        if cell and name not in own and name not in (*FIXED, "total"):
            message = f"{instrument.id} has no item {shown(name)}, yet there is an answer"
            problems.append(
                line.problem(name, message, "Clear the cell or correct the instrument.")
            )
    return answers, problems


def _answer(item: Item) -> Callable[[str], Any]:
    values = {str(option.value): option.value for option in item.options}
    choice = f"Write one of {', '.join(values)}, or {DECLINED}, or leave it blank if it is missing."

    def parse(cell: str) -> Any:
        if not cell:
            return None
        if cell.lower() == DECLINED:
            return DECLINED
        if cell not in values:
            raise BadCell(f"{shown(cell)} is not an answer to item {item.code}", choice)
        return values[cell]

    return parse


def _total(instrument: Instrument) -> Callable[[str], int]:
    if not instrument.scored or instrument.score_range is None:
        return _no_total(instrument)
    low, high = instrument.score_range
    return whole(int(low), int(high), f"for {instrument.id}")


def _no_total(instrument: Instrument) -> Callable[[str], int]:
    def parse(cell: str) -> int:
        raise BadCell(f"{instrument.id} has no total", "Write its answers item by item.")

    return parse


def _future(row: ResponseLine, now: datetime) -> Iterator[Problem]:
    if row.answered_at > now:
        cell = row.line.cells["answered_at"]
        yield row.line.problem("answered_at", f"{cell} is in the future", "Correct the date.")


def _columns_missing(
    sheet: Sheet, rows: list[ResponseLine], instruments: Mapping[str, Instrument]
) -> Iterator[Problem]:
    """Without its column an item could not even be left blank on purpose."""
    used = {row.instrument for row in rows if row.answers is not None}
    for name in sorted(used):
        for item in instruments[name].items:
            if item.scored and item.code not in sheet.header:
                yield Problem(
                    sheet.file,
                    sheet.header_line,
                    item.code,
                    f"the answers to {name} need a column {shown(item.code)}",
                    "Add it; leave its cells blank where the question was not answered.",
                )
