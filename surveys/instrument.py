"""Questionnaires as data: what is asked, how it is scored, what its numbers mean and who says so.

The schema of the files is documented in `surveys/instruments/README.md`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.instrument_parts import (
    TOTAL,
    Band,
    ClusterFlag,
    Domain,
    Flag,
    FlagAlert,
    Group,
    Item,
    ItemAlert,
    Level,
    Option,
    ReliableChoice,
    Skip,
    Subscore,
    SymptomFlag,
    ThresholdFlag,
    read_alert,
    read_band,
    read_domain,
    read_flag,
    read_flag_alert,
    read_group,
    read_item,
    read_level,
    read_option_sets,
    read_reliable_choice,
    read_skip,
    read_subscore,
)

__all__ = [
    "Band",
    "ClusterFlag",
    "DeclarationError",
    "Domain",
    "Flag",
    "FlagAlert",
    "Group",
    "Instrument",
    "Item",
    "ItemAlert",
    "Level",
    "Option",
    "ReliableChoice",
    "Skip",
    "Subscore",
    "SymptomFlag",
    "ThresholdFlag",
    "load_folder",
    "load_instrument",
    "shipped_instruments",
]

SHIPPED = Path(__file__).parent / "instruments"
METHODS = ("sum", "mean", "domain-maxima", "triage")


@dataclass(frozen=True)
class Instrument:
    """`sources` and `conflicts` say, per number, where it comes from and who says otherwise.

    measurement_error is one standard error of measurement; important_change, reliable_change,
    `score_word` is what its score is called;
    unchanged_at is the score of a scale that itself rates change and that means none;
    cutoff and remission_below are points of the total; response_fraction is a share of baseline.
    `missing_allowed` scored items may be open or declined and the total is still given. `method`:
    how answers become a total; "triage" gives a level and never a total. `off_until` says what a
    clinic has to do before patients may be asked, empty where nothing; `text_withheld`: the items
    here are codes only, and the clinic supplies the words. Translations are by language.
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
    method: str = "sum"
    score_word: str = "total"
    domains: tuple[Domain, ...] = ()
    skips: tuple[Skip, ...] = ()
    levels: tuple[Level, ...] = ()
    flag_alerts: tuple[FlagAlert, ...] = ()
    reliable_choices: tuple[ReliableChoice, ...] = ()
    off_until: str = ""
    unchanged_at: int | None = None
    text_withheld: bool = False
    language: str = "en"
    translations: Mapping[str, "Instrument"] = field(default_factory=dict)

    @cached_property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    @property
    def totals_only(self) -> bool:
        """Known by its total alone: the clinic holds no right to the questions."""
        return self.scored and not self.items

    def in_language(self, language: str) -> "Instrument":
        """The same instrument in the words of that language, as "es" for "es-MX" too; its own where
        there are none."""
        general = self.translations.get(language.split("-")[0], self)
        return self.translations.get(language, general)

    def item(self, code: str) -> Item:
        """Raises KeyError for a code this instrument does not have."""
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

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
    """Those that any clinic may ask: their words are here and no confirmation is needed."""
    every = load_folder(SHIPPED)
    return MappingProxyType({id_: one for id_, one in every.items() if not one.off_until})


def load_folder(folder: Path) -> dict[str, Instrument]:
    """Raises DeclarationError, also where two files share one id."""
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
        method = top.choice("method", METHODS, "sum")
        adds_up = scored and method != "triage"
        withheld = top.flag("text_withheld", False)
        option_sets = read_option_sets(top.table("option_sets", {}), withheld)
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
            items=tuple(read_item(table, option_sets, withheld) for table in top.tables("items")),
            scored=scored,
            missing_allowed=self._whole_or_none("missing_allowed") or 0,
            score_range=top.pair("range") if adds_up else None,
            direction=self._direction(adds_up),
            bands=tuple(read_band(table) for table in top.tables("bands")),
            subscores=tuple(read_subscore(table) for table in top.tables("subscores")),
            flags=tuple(read_flag(table) for table in top.tables("flags")),
            alerts=tuple(read_alert(table) for table in top.tables("alerts")),
            flag_alerts=tuple(read_flag_alert(table) for table in top.tables("flag_alerts")),
            cutoff=self._whole_or_none("cutoff"),
            unchanged_at=self._whole_or_none("unchanged_at"),
            measurement_error=self._number_or_none("measurement_error"),
            important_change=self._number_or_none("important_change"),
            reliable_change=self._number_or_none("reliable_change"),
            response_fraction=self._number_or_none("response_fraction"),
            remission_below=self._number_or_none("remission_below"),
            loinc_panel=top.text("loinc_panel", ""),
            loinc_total=top.text("loinc_total", ""),
            sources=MappingProxyType(self.sources),
            conflicts=MappingProxyType(self.conflicts),
            method=method,
            score_word=top.text("score_word", "mean" if method == "mean" else "total"),
            domains=tuple(read_domain(table) for table in top.tables("domains")),
            skips=tuple(read_skip(table) for table in top.tables("skips")),
            levels=tuple(read_level(table) for table in top.tables("levels")),
            reliable_choices=tuple(
                read_reliable_choice(table) for table in top.tables("reliable_choices")
            ),
            off_until=top.text("off_until", ""),
            text_withheld=withheld,
        )

    def _direction(self, adds_up: bool) -> str:
        directions = ("higher_is_worse", "higher_is_better")
        return self.top.choice("direction", directions, None if adds_up else "")

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
    yield from _method_problems(instrument)
    yield from _band_problems(instrument)
    yield from _reference_problems(instrument)


def _identity_problems(instrument: Instrument) -> Iterator[str]:
    if not instrument.id.replace("_", "").isalnum() or not instrument.id.isascii():
        yield f'`id` is "{instrument.id}"; use letters, digits and underscores only'
    if instrument.version < 1:
        yield "`version` starts at 1"
    if instrument.score_range is None and (instrument.bands or instrument.cutoff is not None):
        yield "bands and cutoff need a total; remove them, or what says that there is none"
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
    lowest = _extreme(instrument, min)
    highest = _extreme(instrument, max)
    if instrument.score_range != (lowest, highest):
        yield f"`range` is {list(instrument.score_range)}; the items add up to {[lowest, highest]}"


def _extreme(instrument: Instrument, pick: Callable[[Iterable[int]], int]) -> int:
    """The lowest or highest total the answers can give, by the instrument's method."""
    ends = {item.code: pick([*item.worth.values()] or [0]) for item in instrument.scored_items}
    if instrument.method == "mean":
        return pick(ends.values())
    if instrument.method == "domain-maxima":
        # a domain is its highest item, so its lowest is the highest of the lowest
        return sum(max(ends.get(code, 0) for code in one.items) for one in instrument.domains)
    return sum(ends.values())


def _method_problems(instrument: Instrument) -> Iterator[str]:
    if (instrument.method == "domain-maxima") != bool(instrument.domains):
        yield '[[domains]] and `method = "domain-maxima"` need each other'
    if (instrument.method == "triage") != bool(instrument.levels):
        yield '[[levels]] and `method = "triage"` need each other'
    if instrument.method in ("domain-maxima", "triage") and instrument.missing_allowed:
        yield f"`missing_allowed` has no meaning for the method {instrument.method}"
    if instrument.method == "triage" and not (instrument.items and instrument.scored):
        yield "a triage instrument needs [[items]], and its level is its score"
    if instrument.text_withheld and not instrument.off_until:
        yield "`text_withheld` needs `off_until`: patients cannot be asked without words"


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
    codes_told = [alert.code for alert in instrument.alerts]
    codes_told += [alert.code for alert in instrument.flag_alerts]
    yield from _repeats("alert code", codes_told)


def _references(
    instrument: Instrument, codes: set[str], scores: set[str]
) -> Iterator[tuple[str, Iterable[str], set[str]]]:
    for subscore in instrument.subscores:
        yield f'subscore "{subscore.id}"', subscore.items, codes
    for flag in instrument.flags:
        if isinstance(flag, ThresholdFlag):
            yield f'flag "{flag.id}"', [flag.of], codes | scores
        elif isinstance(flag, ClusterFlag):
            named = [code for cluster in flag.clusters for code in cluster.items]
            yield f'flag "{flag.id}"', named, codes
        else:
            yield f'flag "{flag.id}"', [*flag.core, *flag.items, *flag.exceptions], codes
    for alert in instrument.alerts:
        yield f'alert "{alert.code}"', [alert.item], codes
    flags = {flag.id for flag in instrument.flags}
    for raised in instrument.flag_alerts:
        yield f'alert "{raised.code}"', [raised.flag], flags
    for domain in instrument.domains:
        named = [*domain.items, *(code for group in domain.needs for code in group)]
        yield "a section [[domains]]", named, codes
    for skip in instrument.skips:
        yield f'the skip of item "{skip.item}"', [skip.item, *skip.blank], codes
    for level in instrument.levels:
        yield f'level "{level.label}"', level.items, codes
