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
    """`points` is what choosing it adds to a score; None: its value. An option that does not count
    ("not assessed") is an answer, yet for every score the question is as good as open.
    """

    value: int
    label: str
    loinc: str
    points: int | None = None
    counts: bool = True

    @property
    def worth(self) -> int:
        return self.value if self.points is None else self.points


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

    @cached_property
    def worth(self) -> Mapping[int, int]:
        """What each answer that counts adds to a score."""
        return {option.value: option.worth for option in self.options if option.counts}


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
    """The sum of some items `times` a factor, given only where every one of them was answered."""

    id: str
    title: str
    items: tuple[str, ...]
    range: tuple[int, int]
    source: str
    times: int = 1


@dataclass(frozen=True)
class Domain:
    """Items of which the highest counts. Of each group in `needs` one answer is enough."""

    items: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Skip:
    """Where `item` is answered with `value`, the `blank` questions may stay open: they are not
    missing, and with `points` each counts as that."""

    item: str
    value: int
    blank: tuple[str, ...]
    points: int | None
    source: str


@dataclass(frozen=True)
class Level:
    """Reached where any of these items was answered above 0."""

    label: str
    items: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class ReliableChoice:
    """Another published or derived rule for reliable change, in points, that a clinic may use."""

    points: int
    source: str


@dataclass(frozen=True)
class ThresholdFlag:
    """True where `of` ("total", a subscore's id or an item's code) is at least `at_least`, or,
    where `at_most` is given instead, at most that."""

    id: str
    title: str
    of: str
    at_least: int | None
    source: str
    at_most: int | None = None


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

    @cached_property
    def thresholds(self) -> Mapping[str, int]:
        """For each item, the answer from which it counts as present."""
        return {item: self.exceptions.get(item, self.present_at) for item in self.items}


@dataclass(frozen=True)
class Cluster:
    """So many of these items have to be present."""

    items: tuple[str, ...]
    at_least: int


@dataclass(frozen=True)
class ClusterFlag:
    """True where every cluster has enough items at `present_at` or more."""

    id: str
    title: str
    present_at: int
    clusters: tuple[Cluster, ...]
    source: str


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


@dataclass(frozen=True)
class FlagAlert:
    """A flag that somebody at the clinic has to see once it is true."""

    code: str
    flag: str
    about: str
    level: str
    source: str


Flag = ThresholdFlag | SymptomFlag | ClusterFlag


def read_option_sets(sets: Declaration, withheld: bool) -> OptionSets:
    """`withheld`: labels are the clinic's to supply, and values stand in for them."""
    return {name: _read_options(table, withheld) for name, table in sets.named_tables().items()}


def _read_options(table: Declaration, withheld: bool) -> tuple[Option, ...]:
    options = tuple(_read_option(row, withheld) for row in table.tables("options"))
    table.finish()
    return options


def _read_option(row: Declaration, withheld: bool) -> Option:
    value = row.whole("value")
    option = Option(
        value=value,
        label=str(value) if withheld else row.text("label"),
        loinc=row.text("loinc", ""),
        points=row.whole("points") if "points" in row else None,
        counts=row.flag("counts", True),
    )
    row.finish()
    return option


def read_item(table: Declaration, option_sets: OptionSets, withheld: bool) -> Item:
    item = Item(
        code=table.text("code"),
        text="" if withheld else table.text("text"),
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
        times=table.whole("times", 1),
    )
    table.finish()
    return subscore


def read_domain(table: Declaration) -> Domain:
    items = table.texts("items")
    domain = Domain(items, table.text_rows("one_of") or tuple((item,) for item in items))
    table.finish()
    return domain


def read_skip(table: Declaration) -> Skip:
    skip = Skip(
        item=table.text("item"),
        value=table.whole("value"),
        blank=table.texts("blank"),
        points=table.whole("points") if "points" in table else None,
        source=table.text("source", ""),
    )
    table.finish()
    return skip


def read_level(table: Declaration) -> Level:
    level = Level(table.text("label"), table.texts("items", []), table.text("source", ""))
    table.finish()
    return level


def read_reliable_choice(table: Declaration) -> ReliableChoice:
    choice = ReliableChoice(table.whole("points"), table.text("source"))
    table.finish()
    return choice


def read_flag(table: Declaration) -> Flag:
    if "core" in table:
        flag: Flag = _read_symptom_flag(table)
    elif "clusters" in table:
        flag = _read_cluster_flag(table)
    else:
        flag = _read_threshold_flag(table)
    table.finish()
    return flag


def _read_threshold_flag(table: Declaration) -> ThresholdFlag:
    falls = "at_most" in table
    return ThresholdFlag(
        id=table.text("id"),
        title=table.text("title"),
        of=table.text("of"),
        at_least=None if falls else table.whole("at_least"),
        source=table.text("source", ""),
        at_most=table.whole("at_most") if falls else None,
    )


def _read_cluster_flag(table: Declaration) -> ClusterFlag:
    return ClusterFlag(
        id=table.text("id"),
        title=table.text("title"),
        present_at=table.whole("present_at"),
        clusters=tuple(_read_cluster(row) for row in table.tables("clusters")),
        source=table.text("source", ""),
    )


def _read_cluster(table: Declaration) -> Cluster:
    cluster = Cluster(table.texts("items"), table.whole("at_least"))
    table.finish()
    return cluster


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


def read_flag_alert(table: Declaration) -> FlagAlert:
    alert = FlagAlert(
        code=table.text("code"),
        flag=table.text("flag"),
        about=table.text("about"),
        level=table.choice("level", LEVELS),
        source=table.text("source"),
    )
    table.finish()
    return alert
