"""Questionnaires as data: what is asked, how it is scored, what its numbers mean and who says so.

The schema of the files is documented in `surveys/instruments/README.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.instrument_parts import (
    TOTAL,
    Band,
    Flag,
    Group,
    Item,
    ItemAlert,
    Option,
    Subscore,
    SymptomFlag,
    ThresholdFlag,
    read_alert,
    read_band,
    read_flag,
    read_group,
    read_item,
    read_option_sets,
    read_subscore,
)

__all__ = [
    "Band",
    "DeclarationError",
    "Flag",
    "Group",
    "Instrument",
    "Item",
    "ItemAlert",
    "Option",
    "Subscore",
    "SymptomFlag",
    "ThresholdFlag",
    "known_instruments",
    "load_instrument",
    "shipped_instruments",
]

SHIPPED = Path(__file__).parent / "instruments"


@dataclass(frozen=True)
class Instrument:
    """`sources` and `conflicts` say, per number, where it comes from and who says otherwise.

    measurement_error is one standard error of measurement; important_change, reliable_change,
    cutoff and remission_below are points of the total; response_fraction is a share of baseline.
    `missing_allowed` scored items may be open or declined and the total is still given.
    """

    id: str
    version: int
    title: str
    short_title: str
    kind: str
    recall_days: int | None
    recall_text: str
    instructions: str
    attribution: str
    licence_line: str
    minutes: int | None
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    scored: bool
    missing_allowed: int
    score_range: tuple[int, int] | None
    direction: str
    bands: tuple[Band, ...]
    subscores: tuple[Subscore, ...]
    flags: tuple[Flag, ...]
    alerts: tuple[ItemAlert, ...]
    cutoff: int | None
    measurement_error: float | None
    important_change: float | None
    reliable_change: float | None
    response_fraction: float | None
    remission_below: float | None
    loinc_panel: str
    loinc_total: str
    sources: Mapping[str, str]
    conflicts: Mapping[str, str]

    @cached_property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    @property
    def totals_only(self) -> bool:
        """Known by its total alone: the clinic holds no right to the questions."""
        return self.scored and not self.items

    def item(self, code: str) -> Item:
        """Raises KeyError for a code this instrument does not have."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)

    def band_of(self, total: int) -> str | None:
        return next((band.label for band in self.bands if band.lo <= total <= band.hi), None)


def load_instrument(path: Path) -> Instrument:
    """Raises DeclarationError naming every mistake in the file."""
    declaration = read_declaration(path)
    instrument = _Reader(declaration).instrument()
    declaration.finish()
    problems = [*declaration.problems]
    if not problems:
        problems += _contradictions(instrument)
    if problems:
        raise DeclarationError(path, problems)
    return instrument


@cache
def shipped_instruments() -> Mapping[str, Instrument]:
    return MappingProxyType(_load_folder(SHIPPED))


def known_instruments(folder: Path | None) -> Mapping[str, Instrument]:
    """The shipped instruments and the clinic's own. Raises DeclarationError."""
    if folder is None:
        return shipped_instruments()
    if not folder.is_dir():
        raise DeclarationError(folder, ["is not a folder; name the folder with your TOML files"])
    own = _load_folder(folder)
    for taken in sorted(own.keys() & shipped_instruments().keys()):
        raise DeclarationError(folder, [f'id "{taken}" is one of ours; give yours another id'])
    return MappingProxyType({**shipped_instruments(), **own})


def _load_folder(folder: Path) -> dict[str, Instrument]:
    found: dict[str, Instrument] = {}
    for path in sorted(folder.glob("*.toml")):
        instrument = load_instrument(path)
        if instrument.id in found:
            raise DeclarationError(path, [f'id "{instrument.id}" is used by another file here'])
        found[instrument.id] = instrument
    return found


class _Reader:
    """Turns one declaration into an instrument, keeping the source of every number."""

    def __init__(self, top: Declaration) -> None:
        self.top = top
        self.sources = top.table("sources", {}).text_by_name()
        self.conflicts: dict[str, str] = {}

    def instrument(self) -> Instrument:
        top = self.top
        title = top.text("title")
        scored = top.flag("scored", True)
        option_sets = read_option_sets(top.table("option_sets", {}))
        return Instrument(
            id=top.text("id"),
            version=top.whole("version", 1),
            title=title,
            short_title=top.text("short_title", title),
            kind=top.choice("kind", ("self-report", "clinician-rated"), "self-report"),
            recall_days=self._whole_or_none("recall_days"),
            recall_text=top.text("recall_text", ""),
            instructions=top.text("instructions", ""),
            attribution=top.text("attribution", ""),
            licence_line=top.text("licence_line", ""),
            minutes=self._whole_or_none("minutes"),
            groups=tuple(read_group(table) for table in top.tables("groups")),
            items=tuple(read_item(table, option_sets) for table in top.tables("items")),
            scored=scored,
            missing_allowed=self._whole_or_none("missing_allowed") or 0,
            score_range=top.pair("range") if scored else None,
            direction=self._direction(scored),
            bands=tuple(read_band(table) for table in top.tables("bands")),
            subscores=tuple(read_subscore(table) for table in top.tables("subscores")),
            flags=tuple(read_flag(table) for table in top.tables("flags")),
            alerts=tuple(read_alert(table) for table in top.tables("alerts")),
            cutoff=self._whole_or_none("cutoff"),
            measurement_error=self._number_or_none("measurement_error"),
            important_change=self._number_or_none("important_change"),
            reliable_change=self._number_or_none("reliable_change"),
            response_fraction=self._number_or_none("response_fraction"),
            remission_below=self._number_or_none("remission_below"),
            loinc_panel=top.text("loinc_panel", ""),
            loinc_total=top.text("loinc_total", ""),
            sources=MappingProxyType(self.sources),
            conflicts=MappingProxyType(self.conflicts),
        )

    def _direction(self, scored: bool) -> str:
        directions = ("higher_is_worse", "higher_is_better")
        return self.top.choice("direction", directions, None if scored else "")

    def _whole_or_none(self, key: str) -> int | None:
        value = self._number_or_none(key)
        if isinstance(value, float):
            self.top.note(f"`{key}` is {value}; write a whole number")
        return None if value is None else int(value)

    def _number_or_none(self, key: str) -> float | None:
        """A number alone, or a section with `value`, `source` and, where known, `conflict`."""
        if key not in self.top:
            return None
        if not self.top.holds_table(key):
            return self.top.number(key)
        table = self.top.table(key)
        value = table.number("value")
        self.sources[key] = table.text("source")
        if "conflict" in table:
            self.conflicts[key] = table.text("conflict")
        table.finish()
        return value


def _contradictions(instrument: Instrument) -> Iterator[str]:
    """What is well-formed in each place but cannot be true of one questionnaire."""
    yield from _identity_problems(instrument)
    yield from _item_problems(instrument)
    yield from _total_problems(instrument)
    yield from _band_problems(instrument)
    yield from _reference_problems(instrument)


def _identity_problems(instrument: Instrument) -> Iterator[str]:
    if not instrument.id.replace("_", "").isalnum() or not instrument.id.isascii():
        yield f'`id` is "{instrument.id}"; use letters, digits and underscores only'
    if instrument.version < 1:
        yield "`version` starts at 1"
    if not instrument.scored and (instrument.bands or instrument.cutoff is not None):
        yield "bands and cutoff need a total; remove them or remove `scored = false`"
    if not instrument.scored and not instrument.items:
        yield "an instrument without a total needs [[items]]"


def _item_problems(instrument: Instrument) -> Iterator[str]:
    yield from _repeats("item code", (item.code for item in instrument.items))
    groups = {group.id for group in instrument.groups} | {""}
    for item in instrument.items:
        yield from _repeats(f"value of item {item.code}", (o.value for o in item.options))
        if len(item.options) < 2:
            yield f'item "{item.code}" has fewer than two options'
        if item.group not in groups:
            yield f'item "{item.code}" names group "{item.group}", which no [[groups]] declares'


def _repeats(what: str, values: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            yield f'{what} "{value}" is used twice'
        seen.add(value)


def _total_problems(instrument: Instrument) -> Iterator[str]:
    if instrument.score_range is None or not instrument.items:
        return
    lowest = sum(min(item.values, default=0) for item in instrument.scored_items)
    highest = sum(max(item.values, default=0) for item in instrument.scored_items)
    if instrument.score_range != (lowest, highest):
        yield f"`range` is {list(instrument.score_range)}; the items add up to {[lowest, highest]}"


def _band_problems(instrument: Instrument) -> Iterator[str]:
    if instrument.score_range is None or not instrument.bands:
        return
    lo, hi = instrument.score_range
    edges = [(band.lo, band.hi) for band in instrument.bands]
    if edges[0][0] != lo or edges[-1][1] != hi or any(low > high for low, high in edges):
        yield f"[[bands]] must run from {lo} to {hi}, lowest first"
    for (_, high), (low, _) in pairwise(edges):
        if low != high + 1:
            yield f"[[bands]] leave a gap or overlap between {high} and {low}"


def _reference_problems(instrument: Instrument) -> Iterator[str]:
    codes = {item.code for item in instrument.items}
    scores = {TOTAL} | {subscore.id for subscore in instrument.subscores}
    for where, named, known in _references(instrument, codes, scores):
        for name in named:
            if name not in known:
                yield f'{where} names "{name}", which this file does not declare'
    derived = (*instrument.subscores, *instrument.flags)
    yield from _repeats("id of subscore or flag", (part.id for part in derived))
    yield from _repeats("alert code", (alert.code for alert in instrument.alerts))


def _references(
    instrument: Instrument, codes: set[str], scores: set[str]
) -> Iterator[tuple[str, Iterable[str], set[str]]]:
    for subscore in instrument.subscores:
        yield f'subscore "{subscore.id}"', subscore.items, codes
    for flag in instrument.flags:
        if isinstance(flag, ThresholdFlag):
            yield f'flag "{flag.id}"', [flag.of], codes | scores
        else:
            yield f'flag "{flag.id}"', [*flag.core, *flag.items, *flag.exceptions], codes
    for alert in instrument.alerts:
        yield f'alert "{alert.code}"', [alert.item], codes
