"""New patients in a file who may be somebody enrolled under another number: a warning, no more."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from surveys.exchange.patients import PatientLine
from surveys.exchange.table import Problem

FIX = "If so, write that number as patient_id; two numbers are asked twice."


@dataclass(frozen=True)
class Person:
    code: str
    given_name: str
    family_name: str
    birth_date: date | None
    email: str


def alike(rows: Iterable[PatientLine], recorded: Iterable[Person]) -> Iterator[Problem]:
    """For each row with a new number whether name and birth date, or the address, are those of
    somebody recorded or of a row before it. What is blank is like nobody's."""
    holders: dict[tuple[str, object], list[str]] = defaultdict(list)
    known = set()
    for person in recorded:
        known.add(person.code)
        for sign in _signs(person).values():
            holders[sign].append(person.code)
    for row in (one for one in rows if one.patient_id not in known):
        signs = _signs(_person(row))
        for column, sign in signs.items():
            if others := ", ".join(holders[sign]):
                what = WHAT[column]
                message = f"perhaps the same person as {others}: {what} the same"
                yield row.line.problem(column, message, FIX)
        for sign in signs.values():
            holders[sign].append(row.patient_id)


WHAT = {"family_name": "name and birth date are", "email": "the address is"}


def _signs(person: Person) -> dict[str, tuple[str, object]]:
    """What tells a person, under the column that it is named by."""
    found: dict[str, tuple[str, object]] = {}
    if person.birth_date:
        name = (person.given_name.casefold(), person.family_name.casefold())
        found["family_name"] = ("name", (*name, person.birth_date))
    if person.email:
        found["email"] = ("email", person.email.casefold())
    return found


def _person(row: PatientLine) -> Person:
    return Person(row.patient_id, row.given_name, row.family_name, row.birth_date, row.email)
