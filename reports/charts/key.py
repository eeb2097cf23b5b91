"""What the lines of the plot are, for a size that has no room beside it: above it, in order."""

from dataclasses import dataclass

from reports.charts.fitting import ems
from reports.charts.scene import Chart

# A piece of the line, then its words, then air before the next one.
SAMPLE, AFTER, BETWEEN = 18, 4, 10


@dataclass(frozen=True)
class KeyEntry:
    """`style`: that of a reference line, or "level"; x is where its piece of line begins."""

    x: float
    style: str
    label: str


def key_rows(chart: Chart, room: float, font: float) -> tuple[tuple[KeyEntry, ...], ...]:
    """Reference lines from the top of the plot down, then the level; in rows of so much room."""
    rows: list[list[KeyEntry]] = []
    end = room
    for style, label in _named(chart):
        wide = SAMPLE + AFTER + ems(label) * font
        if end + wide > room:
            rows.append([])
            end = 0.0
        rows[-1].append(KeyEntry(round(end, 1), style, label))
        end += wide + BETWEEN
    return tuple(map(tuple, rows))


def _named(chart: Chart) -> list[tuple[str, str]]:
    lines = sorted(chart.lines, key=lambda line: line.value, reverse=True)
    named = [(line.style, line.label) for line in lines]
    if chart.level and chart.level_label:
        named.append(("level", chart.level_label))
    return named
