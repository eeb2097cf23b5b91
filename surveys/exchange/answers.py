"""A CSV file of answers, one form a row, read as it streams by: any size, little memory."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from surveys.exchange.table import NOT_TEXT, SAVE_AS_UTF8, Problem, shown
from surveys.instrument import Instrument
from surveys.instrument_parts import TOTAL
from surveys.scoring import DECLINED, Answer

FORM_ID = "form_id"
# No form comes near it; a longer line is another kind of file (our judgement).
LONGEST_LINE = 1_000_000


@dataclass(frozen=True)
class Form:
    form_id: str
    answers: Mapping[str, Answer]


class _Unreadable(Exception):
    """Nothing after this line can be taken."""

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.line, self.message, self.fix = line, message, fix


def forms(file: str, data: BinaryIO, instrument: Instrument) -> Iterator[Form | Problem]:
    """Every form of the file in order, and a problem for every cell, row or header that is wrong.

    A wrong header, or bytes that are not UTF-8 text, end the file there.
    """
    try:
        yield from _rows(file, _records(_lines(data)), instrument)
    except _Unreadable as end:
        yield Problem(file, end.line, "", end.message, end.fix)


def columns(instrument: Instrument) -> Mapping[str, bool]:
    """The columns an answers file may have, and whether each is needed."""
    if instrument.totals_only:
        return {FORM_ID: True, TOTAL: True}
    return {FORM_ID: True, **{item.code: item.scored for item in instrument.items}}


def _lines(data: BinaryIO) -> Iterator[str]:
    number = 0
    while raw := data.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            _check_kind(raw)
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        yield _text(number, raw)


def _check_kind(start: bytes) -> None:
    for mark, what in NOT_TEXT.items():
        if start.startswith(mark):
            raise _Unreadable(0, what, SAVE_AS_UTF8)


def _text(number: int, raw: bytes) -> str:
    if len(raw) == LONGEST_LINE:
        raise _Unreadable(number, "has no end in sight, so this is no CSV file", SAVE_AS_UTF8)
    if b"\0" in raw:
        raise _Unreadable(number, "holds a NUL byte, so this is not a text file", SAVE_AS_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        message = f"the sign stored as byte {byte:02X} is not UTF-8; the file uses another encoding"
        raise _Unreadable(number, message, SAVE_AS_UTF8) from error


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on."""
    reader = csv.reader(lines, strict=True)
    number = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield number, stripped
            number = reader.line_num + 1
    except csv.Error as error:
        message = f"cannot be read from here on ({error})"
        fix = f"Put a cell that holds a comma between double quotes. Or: {SAVE_AS_UTF8}"
        raise _Unreadable(number, message, fix) from error


def _rows(
    file: str, records: Iterator[tuple[int, list[str]]], instrument: Instrument
) -> Iterator[Form | Problem]:
    line, header = next(records, (0, []))
    wrong = list(_header_problems(file, line, header, instrument))
    yield from wrong
    if wrong:
        return
    choices = _choices(instrument)
    for number, cells in records:
        yield from _form(file, number, header, cells, choices)


def _header_problems(
    file: str, line: int, header: Sequence[str], instrument: Instrument
) -> Iterator[Problem]:
    known = columns(instrument)
    needed = ",".join(name for name, is_needed in known.items() if is_needed)
    if not header:
        yield Problem(file, 0, "", "is empty", f"Write the header row first: {needed}")
        return
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        yield Problem(file, line, "", "the columns are not separated by commas", SAVE_AS_UTF8)
        return
    for place, name in enumerate(header):
        if name in header[:place]:
            yield Problem(file, line, shown(name), "stands here twice", "Delete one of the two.")
        elif name not in known:
            message = f"{instrument.id} has no such column"
            yield Problem(file, line, shown(name), message, f"Use {', '.join(known)} only.")
    for name, is_needed in known.items():
        if is_needed and name not in header:
            fix = "Add it to the header row; leave a cell blank where there is no answer."
            yield Problem(file, line, shown(name), "is missing", fix)


def _choices(instrument: Instrument) -> Mapping[str, Mapping[str, Answer]]:
    """For each column, the cells it may hold and what each means."""
    if instrument.totals_only and instrument.score_range is not None:
        low, high = instrument.score_range
        return {TOTAL: {"": None, **{str(total): total for total in range(low, high + 1)}}}
    return {
        item.code: {"": None, DECLINED: DECLINED, **{str(v): v for v in sorted(item.values)}}
        for item in instrument.items
    }


def _form(
    file: str,
    number: int,
    header: Sequence[str],
    cells: Sequence[str],
    choices: Mapping[str, Mapping[str, Answer]],
) -> Iterator[Form | Problem]:
    if len(cells) != len(header):
        message = f"has {len(cells)} cells where the header has {len(header)}"
        yield Problem(file, number, "", message, "Look for a comma too many or too few.")
        return
    answers: dict[str, Answer] = {}
    form_id, wrong = "", []
    for column, cell in zip(header, cells, strict=True):
        if column == FORM_ID:
            form_id = cell
        elif cell in choices[column]:
            answers[column] = choices[column][cell]
        else:
            wrong.append(_cell_problem(file, number, column, cell, choices[column]))
    if not form_id:
        wrong.append(Problem(file, number, FORM_ID, "is blank", "Give every form an id."))
    yield from wrong
    if not wrong:
        yield Form(form_id, answers)


def _cell_problem(
    file: str, number: int, column: str, cell: str, allowed: Mapping[str, Answer]
) -> Problem:
    numbers = sorted(value for value in allowed.values() if isinstance(value, int))
    gapless = numbers == list(range(numbers[0], numbers[-1] + 1))
    which = f"a whole number from {numbers[0]} to {numbers[-1]}"
    listed = f"one of {', '.join(map(str, numbers))}"
    fix = f"Write {which if gapless else listed}, or leave the cell blank"
    if DECLINED in allowed:
        fix += f', or write "{DECLINED}" where the person preferred not to answer'
    return Problem(file, number, column, f"{shown(cell)} is not an answer", f"{fix}.")
