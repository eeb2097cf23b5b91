"""Scenes to SVG, at four sizes: screen, phone, paper, and one row of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.charts.ink import Scale, Words, em, fitted, words
from reports.charts.scene import Chart, Dot, Line, Sparkline, Tick
from reports.charts.stretches import Stretch
from reports.trends import Interval

TEMPLATES = Path(__file__).parents[1] / "templates"
BY_HAND = ("_chart.svg.jinja", "_interval.svg.jinja", "_sparkline.svg.jinja")
SOFT = "#5E5448"
# Of the font of the rest.
NARROW_FONT = 0.92
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    # in these the words are escaped one by one: escaping every number costs more than all the rest
    autoescape=lambda name: name not in BY_HAND,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name: str) -> Template:
    """A drawing's template, for the drawings that have a file of their own."""
    return _ENVIRONMENT.get_template(name)


@dataclass(frozen=True)
class Layout:
    """One size, in the SVG's own units. `narrow` puts words into the plot instead of beside it.

    `row`: the height of a row of answers; `stretch`: of one other treatment or substance.
    """

    width: int
    left: int
    right: int
    plot: int
    row: int
    font: float
    stretch: int
    narrow: bool = False

    @property
    def inner(self) -> int:
        return self.width - self.left - self.right


LAYOUTS = {
    "wide": Layout(width=1184, left=176, right=236, plot=300, row=28, font=13, stretch=20),
    "narrow": Layout(
        width=358, left=74, right=6, plot=250, row=42, font=12, stretch=30, narrow=True
    ),
    "print": Layout(width=1140, left=170, right=232, plot=180, row=17, font=14, stretch=17),
}


@dataclass(frozen=True)
class StretchRow:
    """A bar with its name at the left and its dates at the right; `top` counts from the first."""

    top: float
    title: str
    words: str
    bar: Markup


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
    draw = _scale(chart, size)
    return template("_chart.svg.jinja").render(
        chart=chart,
        # paper is short of room: what was never asked is said in one line
        groups=[group.folded() for group in chart.groups] if layout == "print" else chart.groups,
        size=size,
        name=layout,
        done=[tick.day for tick in chart.ticks if not tick.planned],
        segments=draw.runs(chart.level),
        labels=right_labels(chart, draw, size),
        numbers=_tick_numbers(chart.ticks, draw, size),
        apart=_apart(chart, draw, size),
        stretches=_stretch_rows(chart, draw, size),
        months=_month_labels(chart, draw, size),
        **_pens(draw),
    )


def _scale(chart: Chart, size: Layout) -> Scale:
    return Scale(
        chart.days, chart.low, chart.high,
        left=size.left, width=size.inner, top=size.font * 2, tall=size.plot,
    )  # fmt: skip


def _pens(draw: Scale) -> dict[str, Any]:
    """What a template calls to place or to draw."""
    return {
        "x": draw.x,
        "y": draw.y,
        "upright": draw.upright,
        "crosses": draw.crosses,
        "circles": draw.circles,
        "marks": draw.marks,
        "words": words,
    }


def right_labels(chart: Chart, draw: Scale, size: Layout) -> list[Label]:
    """Reference and level values at the right, moved apart until none covers another."""
    wanted = [(draw.y(line.value), line.label, False) for line in chart.lines]
    if chart.level and chart.level_label:
        wanted.append((draw.y(chart.level[-1].estimate), chart.level_label, True))
    placed = spread([y for y, _, _ in sorted(wanted)], size.font * 1.25)
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


def _tick_numbers(ticks: Sequence[Tick], draw: Scale, size: Layout) -> list[Words]:
    """Session numbers that fit beneath their ticks; in a crowd the first and last stay."""
    shown: list[Words] = []
    edge = -1.0
    for tick in ticks:
        half = len(str(tick.number)) * size.font * 0.3
        x = draw.x(tick.day)
        if x - half > edge:
            shown.append(Words(x, str(tick.number), 'font-style="italic"' if tick.planned else ""))
            edge = x + half + 1
    return shown


def _apart(chart: Chart, draw: Scale, size: Layout) -> list[Words]:
    """Days between sessions, where there is room to read them."""
    bold = 'font-weight="bold"'
    return [
        Words((left + right) / 2, span.text, bold if span.strong else "")
        for span in chart.apart
        for left, right in [(draw.x(span.start), draw.x(span.end))]
        if len(span.text) * size.font * 0.5 <= right - left + 4
    ]


def _stretch_rows(chart: Chart, draw: Scale, size: Layout) -> list[StretchRow]:
    """One row each, its name cut to the room that its place leaves it."""
    font = size.font * (NARROW_FONT if size.narrow else 1)
    rows = []
    for number, one in enumerate(chart.stretches):
        room = float(size.left - 10)
        if size.narrow:
            room = size.width - sum(map(em, one.words)) * font - 14
        top = number * size.stretch
        middle = round(top + (size.stretch - 8 if size.narrow else size.stretch * 0.5), 1)
        title = fitted(one.title, room, font)
        rows.append(StretchRow(top, title, one.words, _bar(one, draw, middle)))
    return rows


def _bar(one: Stretch, draw: Scale, middle: float) -> Markup:
    """Treatments full, substances hollow, a beginning nobody recorded broken."""
    if not one.known_start and not one.substance:
        line = f"M{draw.x(one.start):g} {middle:g}H{draw.x(one.end):g}"
        return Markup(f'<path d="{line}" stroke="{SOFT}" stroke-width="6" stroke-dasharray="9 3"/>')
    fill = "#FFFFFF" if one.substance else SOFT
    dash = "" if one.known_start else ' stroke-dasharray="5 3"'
    shape = draw.bar(one.start, one.end, middle, goes_on=one.goes_on)
    return Markup(f'<path d="{shape}" fill="{fill}" stroke="{SOFT}" stroke-width="1.2"{dash}/>')


def _month_labels(chart: Chart, draw: Scale, size: Layout) -> list[tuple[float, str]]:
    """Month names with room to the next one; when the first has none, the year moves on."""
    shown: list[tuple[float, str]] = []
    edge = draw.x(chart.days) + size.font
    for day, text in reversed(chart.months):
        short = text if len(chart.months) < 4 or not size.narrow else text[:3]
        left = draw.x(day)
        if left + len(short) * size.font * 0.56 < edge:
            shown.append((left, short))
            edge = left
    return shown[::-1]


def interval_svg(
    interval: Interval, lines: Sequence[Line], low: int, high: int, days: int, name: str
) -> str:
    """One interval as a small multiple; every interval of a page has the same two scales."""
    draw = Scale(days, low, high, left=4, width=112, top=6, tall=44)
    shown = [Dot(day, score, "", "") for day, score in interval.points if day <= days]
    dashes = [
        {"y": draw.y(line.value), "dash": "9 3" if line.style == "long" else "4 2.5"}
        for line in lines
    ]
    return template("_interval.svg.jinja").render(
        name=name,
        lines=dashes,
        ends=draw.x(min(interval.days, days)),
        closed=interval.until is not None,
        missed=draw.crosses([day for day in interval.missed if day <= days], 49),
        dots=draw.circles(shown, 3.2),
    )


def sparkline_svg(sparkline: Sparkline) -> str:
    """The row-size chart of the caseload page, 200 × 44."""
    size = Layout(width=200, left=2, right=30, plot=26, row=0, font=13, stretch=0)
    draw = Scale(
        sparkline.days, sparkline.low, sparkline.high,
        left=size.left, width=size.inner, top=4, tall=size.plot,
    )  # fmt: skip
    segments = draw.runs(sparkline.level)
    return template("_sparkline.svg.jinja").render(
        spark=sparkline, size=size, segments=segments, **_pens(draw)
    )
