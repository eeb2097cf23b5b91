"""The page as HTML and as a PDF: one content, one set of drawings, two printers."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from operator import attrgetter
from pathlib import Path
from typing import Any

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.charts import (
    Chart,
    chart_on_paper,
    chart_svg,
    height_on_paper,
    interval_svg,
    sparkline_svg,
)
from reports.charts.pen import Words
from reports.packet import PacketIndex
from reports.page import ReportPage, as_plain
from reports.sheet import SETTINGS, TWO_SHEETS, WIDTH, Setting, settings_to_try
from reports.tables import IntervalRow

ROOM = Path(__file__).parent
STYLE = ROOM / "static" / "afterglow.css"
TYPST = ROOM / "templates" / "report.typ"
# Type that travels with the house, so that a PDF is the same bytes on every machine.
FONTS = ROOM / "fonts"

# What the paper prints as text; the drawings come beside it.
PRINTED = (
    "patient", "initials", "indication", "number", "as_of_text", "freshness", "figures", "alert",
    "sentence", "standing", "chart_note", "beside", "interval_days", "interval_title",
    "interval_findings", "interval_note", "forms",
    "evidence_note", "needed_by_all", "disagreement", "options", "blocks", "footer",
)  # fmt: skip

# Baseline and half of it: more would not be told apart in a picture this small.
INTERVAL_LINES = ("long", "short")
ONE_SHEET = "1 of 1"
# What a page tree of more than one sheet says of itself.
_SHEETS = re.compile(rb"/Type/Pages/Count (?!1\b)")

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(ROOM / "templates"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def table_rows(lines: Iterable[object], *names: str) -> str:
    """A table's rows, from these parts of each line. A long table says the same words again and
    again: each is escaped once, where a template would do it for every cell."""
    read, said = attrgetter(*names), dict[str, str]()
    found = []
    for line in lines:
        cells = [said.get(cell) or said.setdefault(cell, escape(cell)) for cell in read(line)]
        found.append(f"<tr><td>{'</td><td>'.join(cells)}</td></tr>")
    return "\n".join(found)


_ENVIRONMENT.filters["rows"] = table_rows


def _kept_together(text: str) -> str:
    """A number and its % never part at the end of a line."""
    return text.replace(" %", "\u00a0%")


@dataclass(frozen=True)
class Drawn:
    """The drawings of one page as SVG text, each escaped by the template that drew it."""

    wide: str
    narrow: str
    intervals: tuple[str, ...]


def draw(page: ReportPage) -> Drawn:
    return Drawn(
        chart_svg(page.chart, "wide"), chart_svg(page.chart, "narrow"), interval_drawings(page)
    )


def interval_drawings(page: ReportPage) -> tuple[str, ...]:
    lines = [line for line in page.chart.lines if line.style in INTERVAL_LINES]
    return tuple(
        interval_svg(
            row.interval,
            lines,
            page.chart.low,
            page.chart.high,
            page.interval_days,
            row.picture,
        )
        for row in page.intervals
    )


def report_context(page: ReportPage) -> Mapping[str, Any]:
    """What `report.html.jinja` needs; a page of the clinic's door that extends it adds its own."""
    return {"page": page, "drawn": draw(page), "style": ""}


def render_html(page: ReportPage, *, standalone: bool) -> str:
    """A complete HTML document. Standalone carries its style; otherwise it links to /static/."""
    context = {**report_context(page), "style": _style() if standalone else ""}
    # once for the whole page: asking it of each of its thousand words took longer
    return _kept_together(_ENVIRONMENT.get_template("report.html.jinja").render(context))


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Printed:
    """A page as it is stored: its HTML with its style, its sheet, and how close that is set."""

    html: str
    setting: Setting
    pdf: bytes


def print_page(page: ReportPage) -> Printed:
    return Printed(render_html(page, standalone=True), *fitted(page))


def render_pdf(page: ReportPage) -> bytes:
    """A4, tagged (PDF/UA-1). The same page gives the same bytes: no clock is read."""
    return fitted(page)[1]


def render_packet_pdf(
    index: PacketIndex, pages: Iterable[tuple[ReportPage, Setting]], known_at: datetime
) -> bytes:
    """The sheets of many reports, each set as it fitted, behind a cover and as one document: tags
    and bookmarks stay whole."""
    sheets = [_sheet(page, setting) for page, setting in pages]
    printed = {"title": index.title, "cover": as_plain(index), "sheets": sheets}
    return _document(printed, known_at)


def render_packet_html(index: PacketIndex) -> str:
    """The index as a file beside the reports it links to; it carries its style."""
    context = {"index": index, "style": _style()}
    return _kept_together(_ENVIRONMENT.get_template("packet.html.jinja").render(context))


def fitted(page: ReportPage) -> tuple[Setting, bytes]:
    """The roomiest setting in which the page is one sheet, and that sheet; else two sheets, the
    evidence on the second.

    Sheets are counted only where there are two: to know their number is to lay them out twice.
    """
    title = {"title": f"{page.patient}, report {page.number}"}
    for setting in settings_to_try(page, chart_heights(page.chart)):
        one = title | {"numbered": ONE_SHEET, "sheets": [_sheet(page, setting)]}
        made = _document(one, page.known_at)
        if _SHEETS.search(made) is None:
            return setting, made
    return TWO_SHEETS, _document(title | {"sheets": [_sheet(page, TWO_SHEETS)]}, page.known_at)


def chart_heights(chart: Chart) -> list[float]:
    """Of each setting the height of its chart, in points."""
    tall = {name: WIDTH * height_on_paper(chart, name) for name in {s.chart for s in SETTINGS}}
    return [tall[setting.chart] for setting in SETTINGS]


def _sheet(page: ReportPage, setting: Setting) -> dict[str, object]:
    chart = chart_on_paper(page.chart, setting.chart)
    return {name: as_plain(getattr(page, name)) for name in PRINTED} | {
        "setting": as_plain(setting),
        "description": page.chart.description,
        "chart": chart._asdict() | {"words": _by_look(chart.words)},
        "intervals": [_printed(row) for row in page.intervals],
        "interval_svgs": list(interval_drawings(page)),
    }


def _by_look(words: Iterable[Words]) -> list[tuple[object, ...]]:
    """Words of one look together, so that it is set once for all of them: anchor, colour, bold,
    italic, and each word with its place."""
    found: dict[tuple[object, ...], list[tuple[float, float, str]]] = {}
    for word in words:
        look = (word.anchor, word.fill, word.bold, word.italic)
        found.setdefault(look, []).append((word.x, word.y, word.text))
    return [(*look, placed) for look, placed in found.items()]


def _document(printed: Mapping[str, object], known_at: datetime) -> bytes:
    printed = {**printed, "day": [known_at.year, known_at.month, known_at.day]}
    made: bytes = typst.compile(
        TYPST,
        root=ROOM / "templates",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"printed": _kept_together(json.dumps(printed))},
        pdf_standards=["ua-1"],
        timestamp=known_at,
    )
    return made


def _printed(row: IntervalRow) -> dict[str, object]:
    """The words of one interval; its picture is drawn already."""
    names = ("title", "length", "ends", "rebound", "crossed", "effect", "strong", "picture")
    return {name: getattr(row, name) for name in names}


@cache
def _fonts() -> typst.Fonts:
    """Read once a process: reading them again for every page would cost more than the page."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])


def sparkline(page: ReportPage) -> str:
    """The row-size chart of a caseload."""
    return sparkline_svg(page.sparkline)
