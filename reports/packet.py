"""A clinician's week as a list: every report of it, in the order of the caseload."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from reports.headline import ATTENTION_NOTE
from reports.wording import calendar_day, plural

RULES = Path(__file__).with_name("packet.toml")


@cache
def packet_rules() -> Mapping[str, Any]:
    """When a packet is stale, and whose number that is."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class PacketRow:
    """One report of the week: who, why to look, how fresh. `stem` names its files from the list."""

    patient: str
    initials: str
    number: int
    numbered: str
    category: str
    rules: tuple[str, ...]
    why: str
    as_of_text: str
    collected: str
    stale: str
    stem: str


@dataclass(frozen=True)
class PacketIndex:
    title: str
    clinician: str
    count: str
    note: str
    rows: tuple[PacketRow, ...]
    combined: str


def packet_index(
    clinician: str, week: date, pages: Sequence[tuple[date, Mapping[str, Any]]], combined: str
) -> PacketIndex:
    """`pages` are stored pages, each with its own Monday; `combined` is the file with all of them.

    A patient who lives elsewhere may have another Monday, and so another folder.
    """
    rows = [
        _row(page, "" if monday == week else f"../{monday}/")
        for monday, page in sorted(pages, key=lambda one: place(one[1]))
    ]
    title = f"Reports of the week of {calendar_day(week)} {week.year}"
    return PacketIndex(
        title, clinician, plural(len(rows), "report"), ATTENTION_NOTE, tuple(rows), combined
    )


def place(page: Mapping[str, Any]) -> tuple[int, str]:
    """Where a stored page stands in the caseload: by kind of reason, then by the clinic's id."""
    return page["attention"]["place"], page["patient"]


def file_stem(patient: str, number: int) -> str:
    """A clinic's own ids may hold a slash; a file's name may not."""
    return f"{patient.replace('/', '_')}-report-{number}"


def _row(page: Mapping[str, Any], folder: str) -> PacketRow:
    attention, fresh = page["attention"], page["freshness"]
    return PacketRow(
        patient=page["patient"],
        initials=page["initials"],
        number=page["number"],
        numbered=fresh["numbered"],
        category=attention["category"],
        rules=tuple(attention["rules"]),
        why=attention["why"],
        as_of_text=page["as_of_text"],
        collected=fresh["collected"],
        stale=fresh["stale"],
        stem=folder + file_stem(page["patient"], page["number"]),
    )
