"""What the clinicians of the demo recorded beside the sessions, from `cast.toml`."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flows.demo.cast import Cast, Person
from surveys.actions.history import record_history
from surveys.history import HistoryStatement
from surveys.models import Patient

# How much of a date somebody remembers, as letters of the ISO date.
REMEMBERED = {"day": 10, "month": 7, "year": 4}


def record(cast: Cast, people: list[Person], opening: date, now: datetime) -> None:
    """At the enrolment, signed by whoever treats the person."""
    for one in people:
        for told in statements(one, cast.first_day(one, opening)):
            patient = Patient.objects.get(code=one.code)
            record_history(patient, told, by=f"staff:{patient.clinician_id}", now=now)


def statements(person: Person, first: date) -> Iterator[HistoryStatement]:
    """`first` is the day of the first session."""
    for entry in person.beside:
        words = {name: entry[name] for name in ("kind", "name", "dose", "use") if name in entry}
        dates = {name: _day(entry, name, first) for name in ("since", "until") if name in entry}
        yield HistoryStatement(**words, **dates)


def _day(entry: Mapping[str, Any], name: str, first: date) -> str:
    on = first + timedelta(days=entry[name])
    return on.isoformat()[: REMEMBERED[entry.get("remembered", "day")]]
