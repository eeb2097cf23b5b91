"""The sizes a chart is drawn at, and where things stand in each."""

from dataclasses import dataclass, replace

from reports.charts.fitting import ems, wrapped
from reports.charts.ink import Scale
from reports.charts.key import KeyEntry, key_rows
from reports.charts.scene import Chart, Group, Row

# From one line of words to the next, in the height of the type.
LINE = 1.1
# How much wider bold type is than the same words in regular.
BOLD = 1.08


@dataclass(frozen=True)
class Layout:
    """One size, in the SVG's own units. `narrow` puts words above the plot and above the rows
    instead of beside them.

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
    def slack(self) -> float:
        """How far `fitting.ems` round the widths up: by a tenth for the type of a screen, by a
        quarter for the narrower one of paper."""
        return 1.25 if self.paper else 1.1

    @property
    def beside(self) -> float:
        """Room for words at the right, by those widths."""
        return (self.right - 16) * self.slack

    def wide(self, text: str) -> float:
        return ems(text) * self.font / self.slack

    @property
    def small(self) -> float:
        return self.font * (0.92 if self.narrow else 1)

    @property
    def dot(self) -> float:
        """Its radius; `ring`: that of the ring around a flagged one."""
        return 3.2 if self.narrow else 4.2

    @property
    def ring(self) -> float:
        return 6 if self.narrow else 8

    def row_of(self, group: Group) -> float:
        """The height of one of its rows."""
        return self.row * (1.4 if self.narrow else 2) if group.tall else self.row

    @property
    def heading(self) -> float:
        """From the hairline above a group of rows to its first row."""
        return self.font * (1.3 if self.paper else 1.9)

    @property
    def before_shared(self) -> float:
        """Air above the lines that rows share, so that the first of them is no part of a row."""
        return 0 if self.paper else self.font * 0.4

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
    "tall": replace(_PRINT, plot=250, row=23, stretch=20),
    "print": _PRINT,
    "low": replace(_PRINT, plot=130),
}  # fmt: skip


@dataclass(frozen=True)
class SetRow:
    """A row with its latest answer in lines; `below`: of their own, where its title leaves no room.
    `tall`: the height of its marks; `height`: with all of its words."""

    row: Row
    said: tuple[str, ...]
    below: bool
    tall: float
    height: float


@dataclass(frozen=True)
class SetGroup:
    group: Group
    rows: tuple[SetRow, ...]

    def height(self, size: Layout) -> float:
        rows = sum(row.height for row in self.rows)
        return size.heading + rows + self.shared_height(size) + size.after_rows

    def shared_height(self, size: Layout) -> float:
        lines = len(self.group.shared)
        return size.before_shared + lines * size.line if lines else 0.0


def set_group(group: Group, size: Layout) -> SetGroup:
    return SetGroup(group, tuple(_set_row(row, size.row_of(group), size) for row in group.rows))


def _set_row(row: Row, tall: float, size: Layout) -> SetRow:
    said, below = _said(row, size)
    more = (len(said) - 1 + below) * size.font * LINE
    # the marks of a phone stand beneath the words; elsewhere a row has some room for a second line
    free = 0.0 if size.narrow else max(0.0, tall - 4 - size.font * LINE)
    return SetRow(row, said, below, tall, tall + max(0.0, more - free))


def _said(row: Row, size: Layout) -> tuple[tuple[str, ...], bool]:
    if not size.narrow:
        room = size.beside / (BOLD if row.strong else 1)
        return wrapped(row.latest, room, size.font), False
    room = size.inner + size.left - (len(row.title) * 0.56 + 1) * size.small
    if ems(row.latest) * size.small <= room:
        return (row.latest,), False
    return wrapped(row.latest, size.inner + size.left, size.small), True


class Frame:
    """One chart at one size: its scale and the heights of its parts, from the top down."""

    def __init__(self, chart: Chart, size: Layout, groups: tuple[Group, ...]) -> None:
        self.size = size
        self.groups = tuple(set_group(group, size) for group in groups)
        font = size.font
        self.key: tuple[tuple[KeyEntry, ...], ...] = ()
        if size.narrow:
            self.key = key_rows(chart, size.inner + size.left, size.small)
        # the words of the axis' end share the title's line where there is room for both
        title = f"{chart.title} {chart.direction}  {chart.today_label}"
        self.stacked = size.narrow and size.wide(title) > size.width
        self.head = font * (1.02 + self.stacked)
        top = self.head + font * (1.25 * len(self.key) + 0.98)
        self.scale = Scale(
            chart.days, chart.low, chart.high,
            left=size.left, width=size.inner, top=top, tall=size.plot,
        )  # fmt: skip
        self.left, self.right = size.left, size.width - size.right
        self.top, self.floor = self.scale.y(chart.high), self.scale.y(chart.low)
        self.axis = self.floor + font * 1.35
        self.ticks = self.axis + font * (0.4 if size.paper else 0.75)
        self.apart = self.ticks + font * (2.7 if size.paper else 2.9)
        # one dose throughout is said in the head of the page
        one_dose = size.paper and len(chart.doses) < 2
        self.doses = self.apart + font * (0 if one_dose else 1.25)
        self.shows_doses = not one_dose
        self.beside = self.doses + font * (0.4 if size.paper else 0.7)
        self.rows = self.beside + size.stretch * len(chart.stretches) + font * 0.2
        self.bottom = self.rows + sum(group.height(size) for group in self.groups)
        self.height = round(self.bottom + font * (1.6 if self.months_below else 0.2), 1)
        # the lines of sessions and of today run down to here
        self.foot = self.bottom if groups else self.floor

    @property
    def months_below(self) -> bool:
        return bool(self.groups) and not self.size.paper
