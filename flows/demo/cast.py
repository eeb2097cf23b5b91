"""Everybody in the demo, from `cast.toml`, and how they would answer on a given day."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

DEFAULT_ZONE = "America/Denver"
HIGHEST_TOTAL = 27  # of the PHQ-9
SETTLED_WEEKS = 3.0  # by then every schedule's first series is over


@dataclass(frozen=True)
class Person:
    """One fictional patient; `cast.toml` says what each field means."""

    code: str
    name: str
    clinician: str
    protocol: str
    starts: int
    path: tuple[tuple[float, float], ...]
    habit: str
    zone: str = DEFAULT_ZONE
    wane: float = 0.0
    ignores: float = 0.0
    positive: tuple[float, int] | None = None
    scanned: bool = False
    refused: bool = False
    declines: str = ""
    open: str = ""
    missed: tuple[int, ...] = ()
    beside: tuple[Mapping[str, Any], ...] = ()

    @property
    def given_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def family_name(self) -> str:
        return self.name.split(" ", 1)[1]

    @property
    def email(self) -> str:
        return f"{self.code.lower()}@mail.example"

    def severity(self, weeks: float, weeks_since_session: float) -> float:
        """The PHQ-9 total that stands behind this person's answers, before any noise."""
        slide = self.wane * weeks_since_session if weeks > SETTLED_WEEKS else 0.0
        return min(HIGHEST_TOTAL, max(0.0, on_path(self.path, weeks) + slide))


@dataclass(frozen=True)
class Colleague:
    name: str
    email: str
    role: str
    on_call: bool


@dataclass(frozen=True)
class Cast:
    staff: Mapping[str, Colleague]
    patients: tuple[Person, ...]
    schedules: Mapping[str, tuple[int, ...]]

    def first_day(self, person: Person, opening: date) -> date:
        return opening + timedelta(weeks=person.starts)

    def session_days(self, person: Person, opening: date) -> tuple[date, ...]:
        first = self.first_day(person, opening)
        return tuple(first + timedelta(days=day) for day in self.schedules[person.protocol])


def on_path(path: tuple[tuple[float, float], ...], weeks: float) -> float:
    """Straight lines between the points of a path, level before the first and after the last."""
    if weeks <= path[0][0]:
        return path[0][1]
    for (before, low), (after, high) in pairwise(path):
        if weeks <= after:
            return low + (high - low) * (weeks - before) / (after - before)
    return path[-1][1]


def load_cast(size: int | None = None) -> Cast:
    """The shipped cast; with `size`, only that many patients, the telling ones first."""
    text = tomllib.loads(Path(__file__).with_name("cast.toml").read_text(encoding="utf-8"))
    people = [person(entry) for entry in text["patients"]]
    if size is not None:
        people = sorted(sorted(people, key=ordinariness)[:size], key=lambda one: one.code)
    return Cast(
        staff={key: Colleague(**entry) for key, entry in text["staff"].items()},
        patients=tuple(people),
        schedules={key: tuple(days) for key, days in text["schedules"].items()},
    )


def person(entry: dict[str, Any]) -> Person:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Person(**{**entry, **lists, "path": tuple(map(tuple, entry["path"]))})


def ordinariness(one: Person) -> tuple[int, int]:
    """Small for whoever shows something the others do not, and for whoever starts early."""
    telling = bool(one.positive) + one.refused + one.scanned + (one.habit == "never")
    return -telling, one.starts
