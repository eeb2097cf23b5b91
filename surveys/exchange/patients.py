"""A patients file: one row per patient, with the protocol they begin under."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveys.exchange.cells import day, email, language, one_of, optional, required, text, zone
from surveys.exchange.known import Known
from surveys.exchange.table import BadCell, Line, Parsed, Problem, Sheet, cells_of, repeated, shown

STATUSES = ("active", "on_hold", "discharged", "deceased")
_OLDEST_BIRTH = date(1900, 1, 1)
# Where the date changes first (UTC+14): a day is in the future only once it is so everywhere.
_FURTHEST_EAST = timedelta(hours=14)


@dataclass(frozen=True)
class PatientLine:
    """One checked row. `status` is "" where blank: active when new, otherwise unchanged."""

    line: Line
    patient_id: str
    given_name: str
    family_name: str
    email: str
    birth_date: date | None
    language: str
    timezone: str
    clinician_email: str
    indication: str
    protocol: str
    email_consent_on: date | None
    status: str


def parse(sheet: Sheet, known: Known) -> Parsed[PatientLine]:
    parsers = _parsers(known)
    rows, problems = [], []
    for line in sheet.lines():
        values, refused = cells_of(line, parsers)
        refused += _nameless(line)
        problems += refused
        if not refused:
            rows.append(PatientLine(line=line, **values))
    return Parsed(tuple(rows), (*problems, *_twice(sheet)))


def zones(sheet: Sheet, known: Known) -> dict[str, ZoneInfo]:
    """The zone of every id in the file, of rows with other problems too: those are named once."""
    found = {}
    stated = optional(zone, known.default_zone)
    for line in sheet.lines():
        try:
            name = stated(line.cells["timezone"])
        except BadCell:
            name = known.default_zone
        found[line.cells["patient_id"]] = ZoneInfo(name)
    return found


def _parsers(known: Known) -> dict[str, Callable[[str], Any]]:
    past = day(_OLDEST_BIRTH, (known.now + _FURTHEST_EAST).date())
    return {
        "patient_id": required(text(40), "Every patient needs an id that never changes."),
        "given_name": text(80),
        "family_name": text(80),
        "email": optional(email, ""),
        "birth_date": optional(past, None),
        "language": optional(language, "en"),
        "timezone": optional(zone, known.default_zone),
        "clinician_email": required(_clinician(known), "Write who receives the weekly reports."),
        "indication": required(text(60), "Write what is treated, such as depression."),
        "protocol": required(one_of(known.protocols, "protocol"), _one_of(known)),
        "email_consent_on": optional(past, None),
        "status": optional(one_of(STATUSES, "status"), ""),
    }


def _one_of(known: Known) -> str:
    return f"Write one of: {', '.join(sorted(known.protocols))}."


def _clinician(known: Known) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        address = email(cell).lower()
        if address not in known.clinicians:
            raise BadCell(
                f"{shown(address)} is not a clinician here",
                f'Run: afterglow staff add {address} --name "THEIR NAME" --role clinician',
            )
        return address

    return parse


def _nameless(line: Line) -> list[Problem]:
    if line.cells["given_name"] or line.cells["family_name"]:
        return []
    fix = "Write at least one of the two names."
    return [line.problem("given_name", "given_name and family_name are both blank", fix)]


def _twice(sheet: Sheet) -> Iterator[Problem]:
    ids = ((line, line.cells["patient_id"]) for line in sheet.lines())
    named = ((line, code.casefold()) for line, code in ids if code)
    return repeated(named, "patient_id", "for the same patient")
