"""The files of one import: recognised by their headers, read into checked rows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from surveys.exchange import layout, patients, responses, sessions, table
from surveys.exchange.known import Known, People
from surveys.exchange.table import Problem, Sheet
from surveys.instrument import Instrument


@dataclass(frozen=True)
class SourceFile:
    """A file as handed in. `name` is what the person who reads the problems calls it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Batch:
    """At most one sheet of each kind. `whole` is False where any file could not be used."""

    sheets: Mapping[str, Sheet]
    problems: tuple[Problem, ...]
    whole: bool


@dataclass(frozen=True)
class Rows:
    """Every row that has no problem, and every problem of the rest."""

    patients: tuple[patients.PatientLine, ...]
    sessions: tuple[sessions.SessionLine, ...]
    responses: tuple[responses.ResponseLine, ...]
    problems: tuple[Problem, ...]


def recognise(files: Sequence[SourceFile], instruments: Mapping[str, Instrument]) -> Batch:
    layouts = (
        layout.PATIENTS,
        layout.SESSIONS,
        layout.responses(responses.item_codes(instruments)),
    )
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    usable = 0
    for file in files:
        sheet = table.read(file.name, file.data)
        problems += sheet.problems
        if not sheet.readable:
            continue
        kind = layout.recognise(sheet.header, layouts)
        refused = list(_refusals(sheet, kind, layouts, sheets))
        problems += refused
        if kind and not refused:
            usable += 1
            sheets[kind.kind] = sheet
    return Batch(sheets, tuple(problems), whole=usable == len(files))


def _refusals(
    sheet: Sheet,
    kind: layout.Layout | None,
    layouts: Sequence[layout.Layout],
    sheets: Mapping[str, Sheet],
) -> Iterator[Problem]:
    if kind is None:
        yield layout.unrecognised(sheet, layouts)
    elif kind.kind in sheets:
        message = f"this and {sheets[kind.kind].file} are both {kind.kind} files"
        yield Problem(sheet.file, sheet.header_line, "", message, "Import them one after another.")
    else:
        yield from layout.header_problems(sheet, kind)


def rows(
    batch: Batch,
    known: Known,
    recorded_zones: Mapping[str, ZoneInfo],
    instruments: Mapping[str, Instrument],
) -> Rows:
    """`recorded_zones`: the zone of each patient already in the records."""
    enrolled = patients.parse(_sheet(batch, "patients"), known)
    zones = {**recorded_zones, **patients.zones(_sheet(batch, "patients"), known)}
    people = People(zones, complete=batch.whole)
    treated = sessions.parse(_sheet(batch, "sessions"), people, known)
    answered = responses.parse(_sheet(batch, "responses"), people, known, instruments)
    problems = (*enrolled.problems, *treated.problems, *answered.problems)
    return Rows(enrolled.rows, treated.rows, answered.rows, problems)


def patient_ids(batch: Batch) -> frozenset[str]:
    """Everybody whom any of the files names."""
    sheets = batch.sheets.values()
    return frozenset(line.cells["patient_id"] for sheet in sheets for line in sheet.lines())


def _sheet(batch: Batch, kind: str) -> Sheet:
    return batch.sheets.get(kind, Sheet(kind))
