"""The sizes a chart is drawn at, and where things stand in each."""

from dataclasses import dataclass, replace

from reports.charts.ink import Scale
from reports.charts.scene import Chart, Group


@dataclass(frozen=True)
class Layout:
    """One size, in the SVG's own units. `narrow` puts words into the plot instead of beside it.

    `row`: the height of a row of answers; `stretch`: of one other treatment or substance; `line`:
    of a line of up to `letters` that several rows share. `paper`:
    headings without air around them, and the months once.
    """

    width: int
    left: int
    right: int
    plot: int
    row: int
    font: float
    stretch: int
    line: int = 17
    letters: int = 112
    narrow: bool = False
    paper: bool = False

    @property
    def inner(self) -> int:
        return self.width - self.left - self.right

    @property
    def beside(self) -> float:
        """Room for words at the right by the widths of `ink.em`, which are rounded up: by a tenth
        for the type of a screen, by a fifth for the narrower one of paper."""
        return (self.right - 16) * (1.2 if self.paper else 1.1)

    @property
    def small(self) -> float:
        return self.font * (0.92 if self.narrow else 1)

    def row_of(self, group: Group) -> float:
        """The height of one of its rows."""
        return self.row * (1.4 if self.narrow else 2) if group.tall else self.row

    @property
    def heading(self) -> float:
        """From the hairline above a group of rows to its first row."""
        return self.font * (1.3 if self.paper else 1.9)

    @property
    def after_rows(self) -> float:
        return self.font * (0.2 if self.paper else 0.5)


# as wide as the sheet, 16 units are 7.56 points
_PRINT = Layout(width=1140, left=186, right=262, plot=158, row=17, font=16, stretch=17, paper=True)
LAYOUTS = {
    "wide": Layout(
        width=1184, left=176, right=236, plot=300, row=28, font=13, stretch=20, line=19, letters=130
    ),
    "narrow": Layout(
        width=358, left=74, right=6, plot=250, row=42, font=12, stretch=30, line=15, letters=48,
        narrow=True,
    ),
    "print": _PRINT,
    "low": replace(_PRINT, plot=130),
}  # fmt: skip


class Frame:
    """One chart at one size: its scale and the heights of its parts, from the top down."""

    def __init__(self, chart: Chart, size: Layout, groups: tuple[Group, ...]) -> None:
        self.size, self.groups = size, groups
        font = size.font
        self.scale = Scale(
            chart.days, chart.low, chart.high,
            left=size.left, width=size.inner, top=font * 2, tall=size.plot,
        )  # fmt: skip
        self.left, self.right = size.left, size.width - size.right
        self.top, self.floor = self.scale.y(chart.high), self.scale.y(chart.low)
        self.axis = self.floor + font * 1.35
        self.ticks = self.axis + font * (0.4 if size.paper else 0.75)
        self.apart = self.ticks + font * (2.7 if size.paper else 2.9)
        # one dose throughout is said in the head of the page
        one_dose = size.paper and len(chart.doses) < 2
        self.doses = self.apart + font * (0 if one_dose else 1.1 if size.paper else 1.25)
        self.shows_doses = not one_dose
        self.beside = self.doses + font * (0.4 if size.paper else 0.7)
        self.rows = self.beside + size.stretch * len(chart.stretches) + font * 0.2
        self.bottom = self.rows + sum(self._height(group) for group in groups)
        self.height = round(self.bottom + font * (1.6 if self.months_below else 0.2), 1)
        # the lines of sessions and of today run down to here
        self.foot = self.bottom if groups else self.floor

    @property
    def months_below(self) -> bool:
        return bool(self.groups) and not self.size.paper

    def _height(self, group: Group) -> float:
        size = self.size
        rows = len(group.rows) * size.row_of(group) + len(group.shared) * size.line
        return rows + size.heading + size.after_rows
