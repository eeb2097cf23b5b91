"""The parts a questionnaire is made of, each with how it is read from its TOML section."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from surveys.declaration import Declaration

LEVELS = ("urgent", "standard")
TOTAL = "total"

OptionSets = Mapping[str, tuple["Option", ...]]


@dataclass(frozen=True)
class Option:
    value: int
    label: str
    loinc: str


@dataclass(frozen=True)
class Item:
    """One question. An item that is not scored never enters the total."""

    code: str
    text: str
    options: tuple[Option, ...]
    loinc: str
    scored: bool
    group: str

    def label_of(self, value: int) -> str:
        return next(option.label for option in self.options if option.value == value)

    @cached_property
    def values(self) -> frozenset[int]:
        return frozenset(option.value for option in self.options)


@dataclass(frozen=True)
class Group:
    """Items that share a heading on the page. The heading may be empty."""

    id: str
    heading: str


@dataclass(frozen=True)
class Band:
    """A named stretch of totals, both ends included."""

    lo: int
    hi: int
    label: str


@dataclass(frozen=True)
class Subscore:
    """The sum of some items, given only where every one of them was answered."""

    id: str
    title: str
    items: tuple[str, ...]
    range: tuple[int, int]
    source: str


@dataclass(frozen=True)
class ThresholdFlag:
    """True where `of` ("total", a subscore's id or an item's code) is at least `at_least`."""

    id: str
    title: str
    of: str
    at_least: int
    source: str


@dataclass(frozen=True)
class SymptomFlag:
    """True where a core symptom is present and the number of symptoms present lies in `count`.

    An item counts as present at `present_at` or more, or at its own value in `exceptions`.
    """

    id: str
    title: str
    core: tuple[str, ...]
    items: tuple[str, ...]
    present_at: int
    exceptions: Mapping[str, int]
    count: tuple[int, int]
    source: str

    def presence(self, item: str) -> int:
        return self.exceptions.get(item, self.present_at)


@dataclass(frozen=True)
class ItemAlert:
    """One answer that somebody at the clinic has to see. `safety`: an open answer is a task too."""

    code: str
    item: str
    about: str
    at_least: int
    level: str
    urgent_at_least: int | None
    urgent_on_rise: bool
    safety: bool
    source: str


Flag = ThresholdFlag | SymptomFlag


def read_option_sets(sets: Declaration) -> OptionSets:
    return {name: _read_options(table) for name, table in sets.named_tables().items()}


def _read_options(table: Declaration) -> tuple[Option, ...]:
    options = tuple(_read_option(row) for row in table.tables("options"))
    table.finish()
    return options


def _read_option(row: Declaration) -> Option:
    option = Option(row.whole("value"), row.text("label"), row.text("loinc", ""))
    row.finish()
    return option


def read_item(table: Declaration, option_sets: OptionSets) -> Item:
    item = Item(
        code=table.text("code"),
        text=table.text("text"),
        options=option_sets.get(table.choice("options", option_sets), ()),
        loinc=table.text("loinc", ""),
        scored=table.flag("scored", True),
        group=table.text("group", ""),
    )
    table.finish()
    return item


def read_group(table: Declaration) -> Group:
    group = Group(table.text("id"), table.text("heading", ""))
    table.finish()
    return group


def read_band(table: Declaration) -> Band:
    band = Band(table.whole("lo"), table.whole("hi"), table.text("label"))
    table.finish()
    return band


def read_subscore(table: Declaration) -> Subscore:
    subscore = Subscore(
        id=table.text("id"),
        title=table.text("title"),
        items=table.texts("items"),
        range=table.pair("range"),
        source=table.text("source", ""),
    )
    table.finish()
    return subscore


def read_flag(table: Declaration) -> Flag:
    flag = _read_symptom_flag(table) if "core" in table else _read_threshold_flag(table)
    table.finish()
    return flag


def _read_threshold_flag(table: Declaration) -> ThresholdFlag:
    return ThresholdFlag(
        id=table.text("id"),
        title=table.text("title"),
        of=table.text("of"),
        at_least=table.whole("at_least"),
        source=table.text("source", ""),
    )


def _read_symptom_flag(table: Declaration) -> SymptomFlag:
    return SymptomFlag(
        id=table.text("id"),
        title=table.text("title"),
        core=table.texts("core"),
        items=table.texts("items"),
        present_at=table.whole("present_at"),
        exceptions=MappingProxyType(table.table("exceptions", {}).whole_by_name()),
        count=table.pair("count"),
        source=table.text("source", ""),
    )


def read_alert(table: Declaration) -> ItemAlert:
    alert = ItemAlert(
        code=table.text("code"),
        item=table.text("item"),
        about=table.text("about"),
        at_least=table.whole("at_least"),
        level=table.choice("level", LEVELS),
        urgent_at_least=table.whole("urgent_at_least") if "urgent_at_least" in table else None,
        urgent_on_rise=table.flag("urgent_on_rise", False),
        safety=table.flag("safety", False),
        source=table.text("source", ""),
    )
    table.finish()
    return alert
