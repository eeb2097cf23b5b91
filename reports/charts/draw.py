"""Scenes to SVG, at four sizes: screen, phone, paper, and one row of a list."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from reports.charts.beneath import draw_beneath
from reports.charts.ink import Scale
from reports.charts.layout import LAYOUTS, Frame, Layout
from reports.charts.pen import INK, SOFT, TEXT, Pen, Words
from reports.charts.plot import draw_plot
from reports.charts.scene import Chart, Dot, Line, Sparkline
from reports.trends import Interval

TEMPLATES = Path(__file__).parents[1] / "templates"
BY_HAND = ("_sparkline.svg.jinja",)
SCREEN_FONTS = "Liberation Sans, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
PAPER_FONT = "Source Sans Pro"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    # here the words are escaped one by one: escaping every number costs more than all the rest
    autoescape=lambda name: name not in BY_HAND,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name: str) -> Template:
    """A drawing's template, for the drawings that have a file of their own."""
    return _ENVIRONMENT.get_template(name)


class OnPaper(NamedTuple):
    """A chart for paper: its shapes as SVG, and its words for the paper's own type to set.

    `width` and `height` are in the units of both. Words in two weights stay in the SVG.
    """

    svg: str
    words: tuple[Words, ...]
    width: float
    height: float
    font: float


def chart_svg(chart: Chart, layout: str = "wide") -> str:
    """The whole chart. `layout` is wide or narrow, or print or low on paper."""
    pen, frame = _drawn(chart, layout)
    return _svg(chart, layout, frame, pen.as_svg())


def chart_on_paper(chart: Chart, layout: str) -> OnPaper:
    """`layout` is print, or low, where rows in which nothing but 0 was answered share a line."""
    pen, frame = _drawn(chart, layout)
    svg = _svg(chart, layout, frame, pen.as_shapes())
    return OnPaper(svg, tuple(pen.words), frame.size.width, frame.height, pen.font)


def height_on_paper(chart: Chart, layout: str) -> float:
    """How tall that chart is, where it is one wide."""
    return _frame(chart, layout).height / LAYOUTS[layout].width


def _frame(chart: Chart, layout: str) -> Frame:
    """What was never asked is said in one line."""
    size = LAYOUTS[layout]
    low = layout == "low"
    groups = tuple(group.folded(size.letters, always_0=low) for group in chart.groups)
    return Frame(chart, size, groups)


def _drawn(chart: Chart, layout: str) -> tuple[Pen, Frame]:
    frame = _frame(chart, layout)
    pen = Pen(frame.size.font)
    draw_plot(pen, chart, frame)
    draw_beneath(pen, chart, frame)
    return pen, frame


def _svg(chart: Chart, layout: str, frame: Frame, body: str) -> str:
    """Presentation attributes only: the same text goes into a page with a strict policy."""
    name, width, height = f"chart-{layout}", frame.size.width, f"{frame.height:g}"
    fonts = f"{PAPER_FONT}, {SCREEN_FONTS}" if frame.size.paper else SCREEN_FONTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {name}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="{fonts}" '
        f'font-size="{frame.size.font}" fill="{TEXT}">\n'
        f'<title id="{name}-title">{escape(chart.title)} {escape(chart.direction)}</title>\n'
        f'<desc id="{name}-desc">{escape(chart.description)}</desc>\n{body}\n</svg>'
    )


def interval_svg(
    interval: Interval, lines: Sequence[Line], low: int, high: int, days: int, name: str
) -> str:
    """One interval as a small multiple; every interval of a page has the same two scales."""
    draw, pen = Scale(days, low, high, left=4, width=112, top=6, tall=44), Pen(0)
    for line in lines:
        y = draw.y(line.value)
        pen.line(4, y, 116, y, SOFT, 0.9, "9 3" if line.style == "long" else "4 2.5")
    ends = draw.x(min(interval.days, days))
    closed = f"M{ends} 52V60" if interval.until is not None else ""
    pen.stroke(f"M4 52V60M4 56H{ends}{closed}", INK, 1.4)
    pen.stroke(draw.crosses([day for day in interval.missed if day <= days], 49), INK, 1.3)
    shown = [Dot(day, score, "", "") for day, score in interval.points if day <= days]
    pen.shapes.append(draw.circles(shown, 3.2))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="interval" viewBox="0 0 120 62" '
        f'width="120" height="62" role="img" aria-label="{escape(name)}">\n{pen.as_svg()}\n</svg>'
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
        spark=sparkline, size=size, segments=segments, x=draw.x, y=draw.y,
        upright=draw.upright, crosses=draw.crosses, circles=draw.circles,
    )  # fmt: skip
