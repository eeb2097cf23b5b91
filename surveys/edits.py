"""What one edit changed in what will be sent, read from the audit trail. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Trace:
    """One line of the trail: who did what to a patient, when."""

    at: datetime
    by: str
    verb: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One form, by its row's number. Added: no `before`. Dropped: no `after`, with `reason`.

    `asked` is set where the questionnaires changed, as those before and those after.
    """

    row: int
    before: datetime | None
    after: datetime | None
    reason: str = ""
    asked: tuple[tuple[str, ...], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Edit:
    """Everything one person did at one instant, and what it changed in the plan."""

    at: datetime
    by: str
    did: tuple[Trace, ...]
    changes: tuple[Change, ...]


@dataclass
class _Fate:
    """What became of one form over the steps of one edit: the first before, the last after."""

    before: datetime | None
    after: datetime | None
    reason: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)


def edits(trail: Sequence[Trace]) -> tuple[Edit, ...]:
    """In the order of the trail, one for each instant and author; planning ahead without a cause
    that changed nothing is no edit."""
    found = []
    for (at, by), lines in groupby(trail, key=lambda line: (line.at, line.by)):
        steps = list(lines)
        did = tuple(step for step in steps if step.verb != "planned")
        changes = tuple(_changes(steps))
        found += [Edit(at, by, did, changes)] if did or changes else []
    return tuple(found)


def _changes(steps: Iterable[Trace]) -> Iterator[Change]:
    fates: dict[int, _Fate] = {}
    for step in steps:
        _follow(step.detail, fates)
    for row, fate in sorted(fates.items(), key=lambda pair: _place(pair[1])):
        asked = (fate.asked[0], fate.asked[-1]) if fate.asked else None
        same = asked is None or asked[0] == asked[1]
        if fate.before != fate.after or not same:
            yield Change(row, fate.before, fate.after, fate.reason, None if same else asked)


def _place(fate: _Fate) -> str:
    """Changes are told as the forms fall due; one added and dropped again is not told."""
    at = fate.after or fate.before
    return at.isoformat() if at else ""


def _follow(detail: Mapping[str, Any], fates: dict[int, _Fate]) -> None:
    for row, due in detail.get("added", ()):
        _to(fates, row, None, datetime.fromisoformat(due))
    for row, old, new in detail.get("moved", ()):
        _to(fates, row, datetime.fromisoformat(old), datetime.fromisoformat(new))
    for row, due, reason in detail.get("withdrawn", ()):
        _to(fates, row, datetime.fromisoformat(due), None, reason)
    for row, due, old, new in detail.get("reshaped", ()):
        at = datetime.fromisoformat(due)
        fate = _to(fates, row, at, at)
        fate.asked += [tuple(old), tuple(new)]


def _to(
    fates: dict[int, _Fate],
    row: int,
    before: datetime | None,
    after: datetime | None,
    reason: str = "",
) -> _Fate:
    fate = fates.setdefault(row, _Fate(before, after))
    fate.after, fate.reason = after, reason
    return fate
