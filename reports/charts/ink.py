"""The many small marks of a chart as SVG text: written here, because a template is slow at it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from reports.charts.pen import INK
from reports.charts.scene import Dot, LevelDot, Row

# A ring of radius 2.8, from its left edge.
CIRCLE = "a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0"


# How thick the dash of a 0 is.
DASH = 1.4
# Up to so many degrees an answer is a step, not a score: the first one is this share of the row, so
# that no eye and no copier takes a 1 for a 0.
DEGREES, FIRST = 4, 0.45


@dataclass(frozen=True)
class Run:
    """One stretch of level without a gap, as path data: its band, the band's edges, the level."""

    band: str
    edges: str
    middle: str


Of = TypeVar("Of")


class _Once(dict[float, Of], Generic[Of]):
    """What follows from a number, worked out once: a session's day stands in every row."""

    def __init__(self, work: Callable[[float], Of]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, number: float) -> Of:
        found = self[number] = self._work(number)
        return found


def share_of(value: int, height: int) -> float:
    """How much of its row an answer above 0 fills, where the row's highest is `height`."""
    if not 1 < height <= DEGREES:
        return value / height
    return FIRST + (1 - FIRST) * (value - 1) / (height - 1)


class Scale:
    """Days and points to places, in the units of one picture: `x` of a day, `y` of a score."""

    def __init__(
        self,
        days: float,
        low: int,
        high: int,
        *,
        left: float,
        width: float,
        top: float,
        tall: float,
    ) -> None:
        per_day = width / days
        self.floor, self.low, self.per_point = top + tall, low, tall / (high - low)
        x = self.x = _Once(lambda day: round(left + per_day * day, 1)).__getitem__
        # to write a number costs more than to work it out
        self._x = _Once(lambda day: f"{x(day)}").__getitem__
        # as wide as leaves weekly answers apart
        wide = self._wide = min(5.0, max(2.0, round(per_day * 7 * 0.8, 1)))
        self._dash = _Once(lambda day: f"M{x(day) - wide / 2 - 0.5:g}").__getitem__
        self._column = _Once(lambda day: f"M{x(day) - wide / 2:g}").__getitem__

    def y(self, score: float) -> float:
        return round(self.floor - self.per_point * (score - self.low), 1)

    def upright(self, days: Sequence[float], top: float, foot: float) -> str:
        line = f" {top:g}V{foot:g}"
        return "".join(f"M{self._x(day)}{line}" for day in days)

    def crosses(self, days: Sequence[float], middle: float, arm: float = 3) -> str:
        cross = f"l{2 * arm:g} {2 * arm:g}m0 {-2 * arm:g}l{-2 * arm:g} {2 * arm:g}"
        return "".join(f"M{self.x(day) - arm:g} {middle - arm:g}{cross}" for day in days)

    def boxes(self, days: Sequence[float], middle: float, arm: float = 5) -> str:
        side = f"h{2 * arm:g}v{2 * arm:g}h{-2 * arm:g}z"
        return "".join(f"M{self.x(day) - arm:g} {middle - arm:g}{side}" for day in days)

    def circles(self, dots: Sequence[Dot], radius: float, more: str = "") -> str:
        heights = {score: f"{self.y(score)}" for score in {dot.score for dot in dots}}
        return "\n".join(
            f'<circle cx="{self._x(dot.day)}" cy="{heights[dot.score]}" r="{radius}"{more}/>'
            for dot in dots
        )

    def runs(self, level: Sequence[LevelDot]) -> list[Run]:
        """Stretches of level without a gap; a lone form has no line, only its dot."""
        runs = [list(run) for _, run in groupby(level, key=lambda dot: dot.segment)]
        return [self._run(run) for run in runs if len(run) > 1]

    def _run(self, dots: Sequence[LevelDot]) -> Run:
        x = [self._x(dot.day) for dot in dots]
        high = [f"{a} {self.y(dot.high)}" for a, dot in zip(x, dots, strict=True)]
        low = [f"{a} {self.y(dot.low)}" for a, dot in zip(x, dots, strict=True)]
        middle = [f"{a} {self.y(dot.estimate)}" for a, dot in zip(x, dots, strict=True)]
        return Run(
            f"M{'L'.join([*high, *low[::-1]])}Z",
            f"M{'L'.join(high)}M{'L'.join(low)}",
            f"M{'L'.join(middle)}",
        )

    def bar(self, start: float, end: float, middle: float, *, goes_on: bool) -> str:
        """A thin bar over days; what goes on ends in a point."""
        left, right = self.x(start), max(self.x(end), self.x(start) + 3)
        point = "l4 3l-4 3" if goes_on else "v6"
        return f"M{left:g} {middle - 3:g}H{right - 4 * goes_on:g}{point}H{left:g}z"

    def marks(self, row: Row, base: float, tall: float) -> list[str]:
        """A row of answers: columns, dashes for 0, circles for declined, crosses for missed."""
        columns = {
            value: self._answer(value, base, tall * share_of(value, row.height))
            for value in {mark.value for mark in row.marks if mark.kind == "answer"}
        }
        shape, missed, declined = [], [], []
        for mark in row.marks:
            if mark.kind == "answer":
                left, column = columns[mark.value]
                shape.append(left(mark.day) + column)
            elif mark.kind == "missed":
                missed.append(mark.day)
            else:
                declined.append(f"M{self.x(mark.day) - 2.8:g} {base - 6:g}{CIRCLE}")
        found = [f'<path d="{"".join(shape)}" fill="{INK}"/>'] if shape else []
        arm = min(3.0, self._wide)
        for width, path in ((1.4, self.crosses(missed, base - 6, arm)), (1.1, "".join(declined))):
            if path:
                drawn = f'<path d="{path}" stroke="{INK}" stroke-width="{width}" fill="none"/>'
                found.append(drawn)
        return found

    def _answer(self, value: int, base: float, tall: float) -> tuple[Callable[[float], str], str]:
        """Where an answer's column begins on a day, and its path from there; 0 is a thin dash."""
        if not value:
            wide = self._wide + 1
            return self._dash, f" {base - DASH:g}h{wide:g}v{DASH:g}h{-wide:g}z"
        height = round(tall, 1)
        return self._column, f" {base - height:g}h{self._wide:g}v{height:g}h{-self._wide:g}z"
