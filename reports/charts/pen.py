"""What a chart is put together from: shapes as SVG text, and words, which paper sets itself.

Plain strings: a chart has a thousand numbers, and a template took most of a page's time over them.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

INK, TEXT, SOFT = "#231C15", "#3F372E", "#5E5448"
GLOW, EDGE, FILL = "#A14A06", "#B8742E", "#F4DBBF"
HAIR, FAINT, PAPER = "#DDD5C9", "#E9E3DA", "#FFFFFF"


class Words(NamedTuple):
    """One line of words; `anchor` is what stands at x: its start, middle or end.

    `size` 0: that of the chart.
    """

    x: float
    y: float
    text: str
    anchor: str
    fill: str
    bold: bool
    italic: bool
    size: float


class Pen:
    """Shapes in the order they are drawn; all words lie over them."""

    def __init__(self, font: float) -> None:
        self.font = font
        self.shapes: list[str] = []
        self.words: list[Words] = []
        # words that only an SVG can set: in two weights, or with a white edge around them
        self.drawn: list[str] = []

    def line(
        self, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float, dash: str = ""
    ) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(
            f'<line x1="{x1:g}" x2="{x2:g}" y1="{y1:g}" y2="{y2:g}" stroke="{stroke}" '
            f'stroke-width="{width}"{dashes}/>'
        )

    def stroke(self, path: str, stroke: str, width: float, more: str = "") -> None:
        if path:
            self.shapes.append(
                f'<path d="{path}" stroke="{stroke}" stroke-width="{width}" fill="none"{more}/>'
            )

    def fill(self, path: str, fill: str, more: str = "") -> None:
        if path:
            self.shapes.append(f'<path d="{path}" fill="{fill}"{more}/>')

    def box(self, x: float, y: float, width: float, height: float, more: str = "") -> None:
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'fill="{PAPER}"{more}/>'
        )

    def write(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "start",
        *,
        fill: str = TEXT,
        bold: bool = False,
        italic: bool = False,
        size: float = 0,
    ) -> None:
        self.words.append(Words(x, y, text, anchor, fill, bold, italic, size))

    def write_over(
        self, x: float, y: float, text: str, anchor: str, fill: str, more: str = ""
    ) -> None:
        """Words across the plot, with a white edge that keeps them readable over lines."""
        self.drawn.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}" paint-order="stroke" '
            f'stroke="{PAPER}" stroke-width="3" stroke-linejoin="round"{more}>{escape(text)}</text>'
        )

    def write_runs(self, x: float, y: float, runs: Sequence[tuple[str, bool]]) -> None:
        """One line in two weights: each run with whether it is bold."""
        bold = f'font-weight="bold" fill="{INK}"'
        parts = (
            f"<tspan {bold}>{escape(text)}</tspan>" if strong else escape(text)
            for text, strong in runs
        )
        self.drawn.append(f'<text x="{x:g}" y="{y:g}">{"".join(parts)}</text>')

    def as_svg(self) -> str:
        set_by_browser = [
            f'<text x="{x:g}" y="{y:g}"{_style(*look)}>{escape(text)}</text>'
            for x, y, text, *look in self.words
        ]
        return "\n".join([*self.shapes, *set_by_browser, *self.drawn])

    def as_shapes(self) -> str:
        """Without the words that paper sets."""
        return "\n".join([*self.shapes, *self.drawn])


@lru_cache(maxsize=256)
def _style(
    anchor: str, fill: str, bold: bool, italic: bool, size: float
) -> str:  # each chart has a dozen of these, for a hundred and forty words
    said = {
        "text-anchor": anchor if anchor != "start" else "",
        "fill": fill if fill != TEXT else "",
        "font-weight": "bold" if bold else "",
        "font-style": "italic" if italic else "",
        "font-size": f"{size:g}" if size else "",
    }
    return "".join(f' {name}="{value}"' for name, value in said.items() if value)
