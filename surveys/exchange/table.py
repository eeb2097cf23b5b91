"""A CSV file: bytes in, lines of named cells out, every problem named by file, line and column."""

import csv
import io
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

# Far above any clinic's history; a larger file is a mistake or an attack (our judgement).
LIMIT_BYTES = 50_000_000
LIMIT_ROWS = 1_000_000

SAVE_AS_UTF8 = 'In the spreadsheet choose "Save as", then "CSV UTF-8 (comma delimited)".'
NOT_TEXT = {
    b"\xff\xfe": "is saved as UTF-16, not as UTF-8",
    b"\xfe\xff": "is saved as UTF-16, not as UTF-8",
    b"PK\x03\x04": "is a spreadsheet or zip file, not a CSV file",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet file, not a CSV file",
    b"%PDF": "is a PDF, not a CSV file",
}

Row = TypeVar("Row")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend: where it is, what is wrong, what to do. Line 0 is the file as a whole."""

    file: str
    line: int
    column: str
    message: str
    fix: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{line}{column}: {self.message}. {self.fix}"


class BadCell(ValueError):
    """A cell that cannot be used; `message` and `fix` are for the person who keeps the file."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


@dataclass(frozen=True)
class Line:
    """One row under the header. `number` is the line in the file where the row begins."""

    file: str
    number: int
    cells: Mapping[str, str]

    def problem(self, column: str, message: str, fix: str) -> Problem:
        return Problem(self.file, self.number, column, message, fix)


@dataclass(frozen=True)
class Sheet:
    """A file as read. `readable` is False where its rows could not be taken at all."""

    file: str
    header: tuple[str, ...] = ()
    header_line: int = 0
    records: tuple[tuple[int, tuple[str, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def readable(self) -> bool:
        return bool(self.header)

    def lines(self) -> Iterator[Line]:
        for number, cells in self.records:
            yield Line(self.file, number, dict(zip(self.header, cells, strict=True)))


@dataclass(frozen=True)
class Parsed(Generic[Row]):
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass
class _Draft:
    """Gathers rows and problems while a file is read from top to bottom."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def note(self, line: int, column: str, message: str, fix: str) -> None:
        self.problems.append(Problem(self.file, line, column, message, fix))


def shown(text: str, longest: int = 40) -> str:
    """`text` between quotation marks, safe to print on a terminal, cut after `longest` signs."""
    cut = text if len(text) <= longest else text[:longest] + "…"
    return '"' + "".join(sign if sign.isprintable() else "�" for sign in cut) + '"'


def read(file: str, data: bytes) -> Sheet:
    """The rows of one CSV file. Never raises: what is wrong is in `problems`."""
    draft = _Draft(file)
    text = _text(draft, data)
    records = [] if text is None else list(_records(draft, text))
    if not records:
        if text is not None and not draft.problems:
            draft.note(0, "", "is empty", "Write the header row first, then one row per line.")
        return Sheet(file, problems=tuple(draft.problems))
    (header_line, header), *rows = records
    if not _header_is_sound(draft, header_line, header):
        return Sheet(file, problems=tuple(draft.problems))
    even = tuple(_even_rows(draft, rows, len(header)))
    return Sheet(file, tuple(header), header_line, even, tuple(draft.problems))


def _text(draft: _Draft, data: bytes) -> str | None:
    if len(data) > LIMIT_BYTES:
        limit = LIMIT_BYTES // 1_000_000
        draft.note(0, "", f"is larger than {limit} MB", "Split it into smaller files.")
        return None
    for start, what in NOT_TEXT.items():
        if data.startswith(start):
            draft.note(0, "", what, SAVE_AS_UTF8)
            return None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        draft.note(line, "", "holds a NUL byte, so this is not a text file", SAVE_AS_UTF8)
        return None
    return _decoded(draft, data)


def _decoded(draft: _Draft, data: bytes) -> str | None:
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # utf-8-sig counts from after the byte order mark
        before = data.removeprefix(b"\xef\xbb\xbf")[: error.start].decode("utf-8")
        byte = error.object[error.start]
        draft.note(
            before.count("\n") + 1,
            _column_at_the_end_of(before),
            f"the sign stored as byte {byte:02X} is not UTF-8; the file uses another encoding",
            SAVE_AS_UTF8,
        )
        return None


def _column_at_the_end_of(text: str) -> str:
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return ""
    if len(rows) < 2 or len(rows[-1]) > len(rows[0]) or not rows[-1]:
        return ""
    return rows[0][len(rows[-1]) - 1].strip()


def _records(draft: _Draft, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    taken = 0
    while True:
        number = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            draft.note(
                number,
                "",
                "the quotation marks from here on do not pair, so the rest is unread",
                'Put a cell that holds a comma between double quotes, and write " inside it as "".',
            )
            return
        if not any(cells):
            continue
        if taken > LIMIT_ROWS:
            draft.note(number, "", f"there are more than {LIMIT_ROWS:,} rows", "Split the file.")
            return
        taken += 1
        yield number, cells


def _header_is_sound(draft: _Draft, line: int, header: Sequence[str]) -> bool:
    before = len(draft.problems)
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            draft.note(line, "", f"the columns are separated by {name}, not commas", SAVE_AS_UTF8)
    for place, name in enumerate(header, start=1):
        if not name:
            draft.note(line, "", f"column {place} has no name", "Name it or delete the column.")
        elif name in header[: place - 1]:
            message = f"columns {header.index(name) + 1} and {place} are both called {shown(name)}"
            draft.note(line, name, message, "Delete one of the two.")
    return len(draft.problems) == before


def _even_rows(
    draft: _Draft, rows: Iterable[tuple[int, list[str]]], width: int
) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, cells in rows:
        if len(cells) == width:
            yield number, tuple(cells)
        else:
            draft.note(
                number,
                "",
                f"has {len(cells)} cells where the header has {width}",
                "Look for a comma too many or too few; put text with commas between double quotes.",
            )


def cells_of(
    line: Line, parsers: Mapping[str, Callable[[str], Any]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Each named cell through its parser, and a problem for every one that refuses."""
    values: dict[str, Any] = {}
    problems = []
    for column, parse in parsers.items():
        try:
            values[column] = parse(line.cells[column])
        except BadCell as bad:
            problems.append(line.problem(column, bad.message, bad.fix))
    return values, problems


def repeated(
    rows: Iterable[tuple[Line, Hashable]],
    column: str,
    what: str,
    fix: str = "Delete one of the two rows.",
) -> Iterator[Problem]:
    """A problem for each row whose key an earlier row of the file already has."""
    first: dict[Hashable, int] = {}
    for line, key in rows:
        if key in first:
            message = f"lines {first[key]} and {line.number} are both {what}"
            yield line.problem(column, message, fix)
        first.setdefault(key, line.number)
