"""Scenes to SVG, at four sizes: screen, phone, paper, and one row of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from reports.charts.scene import Chart, LevelDot, Line, Sparkline, Tick
from reports.trends import Interval

TEMPLATES = Path(__file__).parents[1] / "templates"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name: str) -> Template:
    """A drawing's template, for the drawings that have a file of their own."""
    return _ENVIRONMENT.get_template(name)


@dataclass(frozen=True)
class Layout:
    """One size, in the SVG's own units. `narrow` puts words into the plot instead of beside it."""

    width: int
    left: int
    right: int
    plot: int
    row: int
    font: float
    narrow: bool = False

    @property
    def inner(self) -> int:
        return self.width - self.left - self.right


LAYOUTS = {
    "wide": Layout(width=1184, left=176, right=236, plot=300, row=28, font=13),
    "narrow": Layout(width=358, left=74, right=6, plot=250, row=42, font=12, narrow=True),
    "print": Layout(width=1140, left=170, right=232, plot=196, row=17, font=14),
}


@dataclass(frozen=True)
class Label:
    """Words beside the plot: `wanted` is where they belong, `y` where they fit."""

    wanted: float
    y: float
    text: str
    strong: bool


def chart_svg(chart: Chart, layout: str = "wide") -> str:
    """The whole chart. `layout` is wide, narrow or print."""
    size = LAYOUTS[layout]
    draw = _Scale(chart.days, chart.low, chart.high, size)
    return template("_chart.svg.jinja").render(
        chart=chart,
        size=size,
        x=draw.x,
        y=draw.y,
        name=layout,
        segments=_segments(chart.level),
        labels=right_labels(chart, draw),
        numbers=_tick_numbers(chart.ticks, draw),
        apart=[s for s in chart.apart if _fits(s.text, draw.x(s.end) - draw.x(s.start), size)],
        months=_month_labels(chart, draw),
    )


class _Scale:
    def __init__(self, days: float, low: int, high: int, size: Layout) -> None:
        self.days, self.low, self.high, self.size = days, low, high, size
        self.top = size.font * 2

    def x(self, day: float) -> float:
        return round(self.size.left + self.size.inner * day / self.days, 1)

    def y(self, score: float) -> float:
        share = (score - self.low) / (self.high - self.low)
        return round(self.top + self.size.plot * (1 - share), 1)


def _segments(level: Sequence[LevelDot]) -> list[list[LevelDot]]:
    """Stretches of level without a gap; a lone form has no line, only its dot."""
    runs = [list(run) for _, run in groupby(level, key=lambda dot: dot.segment)]
    return [run for run in runs if len(run) > 1]


def right_labels(chart: Chart, draw: _Scale) -> list[Label]:
    """Reference and level values at the right, moved apart until none covers another."""
    wanted = [(draw.y(line.value), line.label, False) for line in chart.lines]
    if chart.level and chart.level_label:
        wanted.append((draw.y(chart.level[-1].estimate), chart.level_label, True))
    placed = spread([y for y, _, _ in sorted(wanted)], draw.size.font * 1.25)
    floor = draw.y(chart.low)
    over = max(0.0, (placed[-1] - floor) if placed else 0.0)
    return [
        Label(y, round(at - over, 1), text, strong)
        for (y, text, strong), at in zip(sorted(wanted), placed, strict=True)
    ]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Positions in order, at least `gap` apart, each group centred on where it wanted to be."""
    groups: list[list[float]] = []
    for y in wanted:
        groups.append([y])
        while len(groups) > 1 and _bottom(groups[-2], gap) + gap > _top(groups[-1], gap):
            last = groups.pop()
            groups[-1] += last
    return [_top(group, gap) + gap * n for group in groups for n in range(len(group))]


def _top(group: list[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _bottom(group: list[float], gap: float) -> float:
    return _top(group, gap) + gap * (len(group) - 1)


def _tick_numbers(ticks: Sequence[Tick], draw: _Scale) -> list[Tick]:
    """Session numbers that fit beneath their ticks; in a crowd the first and last stay."""
    shown: list[Tick] = []
    edge = -1.0
    for tick in ticks:
        half = len(str(tick.number)) * draw.size.font * 0.3
        if draw.x(tick.day) - half > edge:
            shown.append(tick)
            edge = draw.x(tick.day) + half + 1
    return shown


def _fits(text: str, width: float, size: Layout) -> bool:
    return len(text) * size.font * 0.5 <= width + 4


def _month_labels(chart: Chart, draw: _Scale) -> list[tuple[float, str]]:
    """Month names with room to the next one; when the first has none, the year moves on."""
    shown: list[tuple[float, str]] = []
    ends = draw.x(chart.days)
    edge = ends + draw.size.font
    for day, text in reversed(chart.months):
        short = text if len(chart.months) < 4 or not draw.size.narrow else text[:3]
        left = draw.x(day)
        if left + len(short) * draw.size.font * 0.56 < edge:
            shown.append((left, short))
            edge = left
    return shown[::-1]


def interval_svg(
    interval: Interval, lines: Sequence[Line], low: int, high: int, days: int, name: str
) -> str:
    """One interval as a small multiple; every interval of a page has the same two scales."""
    return template("_interval.svg.jinja").render(
        interval=interval, lines=lines, low=low, high=high, days=days, name=name
    )


def sparkline_svg(sparkline: Sparkline) -> str:
    """The row-size chart of the caseload page, 200 × 44."""
    size = Layout(width=200, left=2, right=30, plot=26, row=0, font=13)
    draw = _Scale(sparkline.days, sparkline.low, sparkline.high, size)
    draw.top = 4
    return template("_sparkline.svg.jinja").render(
        spark=sparkline, size=size, x=draw.x, y=draw.y, segments=_segments(sparkline.level)
    )
