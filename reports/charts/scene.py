"""What the chart shows, in days and points: no pixels yet, so that every size shows the same."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from textwrap import wrap

from reports.charts.stretches import Stretch

NOT_ASKED = "Not asked"


@dataclass(frozen=True)
class Line:
    """A reference line: `style` long, dots, short or mixed says which dash it is drawn with."""

    value: float
    label: str
    style: str


@dataclass(frozen=True)
class Dot:
    day: float
    score: float
    ring: str
    label: str


@dataclass(frozen=True)
class LevelDot:
    day: float
    estimate: float
    low: float
    high: float
    segment: int


@dataclass(frozen=True)
class Tick:
    day: float
    number: int
    planned: bool


@dataclass(frozen=True)
class Month:
    """A calendar month, by the day of the axis on which it begins; the first one began before."""

    day: float
    year: int
    month: int


@dataclass(frozen=True)
class Span:
    """A stretch of days with words over it."""

    start: float
    end: float
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Lengths:
    """Intervals in a row, in days each: `strong` where the newest differs from the one before."""

    start: float
    end: float
    shortest: int
    longest: int
    strong: bool = False

    @property
    def text(self) -> str:
        if self.shortest == self.longest:
            return str(self.shortest)
        return f"{self.shortest}–{self.longest}"

    def with_next(self, following: "Lengths") -> "Lengths":
        return Lengths(
            self.start,
            following.end,
            min(self.shortest, following.shortest),
            max(self.longest, following.longest),
            self.strong or following.strong,
        )


@dataclass(frozen=True)
class Mark:
    """One answer in a row: `kind` is answer, missed or declined."""

    day: float
    value: int
    kind: str


@dataclass(frozen=True)
class Row:
    title: str
    height: int
    marks: tuple[Mark, ...]
    latest: str
    strong: bool

    @property
    def only_0(self) -> bool:
        """Answered every time it was asked, and each time with 0."""
        return bool(self.marks) and all(m.kind == "answer" and m.value == 0 for m in self.marks)


@dataclass(frozen=True)
class Group:
    """Rows under one title. `shared`: lines that several rows share, each with the name
    it begins with, or none where it goes on from the line above. `foldable`: rows may do so.
    `tall`: their columns are scores, not single answers."""

    title: str
    rows: tuple[Row, ...]
    shared: tuple[tuple[str, str], ...] = ()
    foldable: bool = False
    tall: bool = False

    def folded(self, letters: int, *, always_0: bool) -> "Group":
        """The same, rows never asked about taken together, and those always answered 0 if asked;
        on lines of so many letters."""
        if not self.foldable:
            return self
        never = [row for row in self.rows if not row.marks and row.latest == "not asked"]
        calm = [row for row in self.rows if always_0 and row.only_0]
        rows = tuple(row for row in self.rows if row not in never and row not in calm)
        said = [
            f"{'; '.join(row.title for row in alike)} ({latest})"
            for latest, alike in groupby(calm, key=lambda row: row.latest)
        ]
        shared = _lines("Always 0", said, letters)
        shared += _lines(NOT_ASKED, [row.title for row in never], letters)
        return replace(self, rows=rows, shared=shared)


def _lines(name: str, parts: list[str], letters: int) -> tuple[tuple[str, str], ...]:
    found = wrap("; ".join(parts), letters)
    return tuple((name if number == 0 else "", line) for number, line in enumerate(found))


@dataclass(frozen=True)
class Chart:
    """`title` begins with the questionnaire's `name`. Days count from `starts`; the axis runs from
    0 to `days`, and data end at `today`. Of the `missed` forms, which were `undelivered`."""

    name: str
    title: str
    direction: str
    starts: datetime
    days: float
    today: float
    today_label: str
    low: int
    high: int
    bands: tuple[tuple[int, int, str], ...]
    lines: tuple[Line, ...]
    level: tuple[LevelDot, ...]
    level_label: str
    dots: tuple[Dot, ...]
    missed: tuple[float, ...]
    undelivered: tuple[float, ...]
    gaps: tuple[Span, ...]
    ticks: tuple[Tick, ...]
    apart: tuple[Lengths, ...]
    doses: tuple[Span, ...]
    stretches: tuple[Stretch, ...]
    so_far: str
    months: tuple[Month, ...]
    groups: tuple[Group, ...]
    description: str


@dataclass(frozen=True)
class Sparkline:
    """The same grammar at row size: baseline, level, dots, missing, sessions, latest score."""

    days: float
    low: int
    high: int
    baseline: float | None
    level: tuple[LevelDot, ...]
    dots: tuple[Dot, ...]
    missed: tuple[float, ...]
    ticks: tuple[float, ...]
    latest: str
    description: str
