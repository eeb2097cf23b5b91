"""The plot: scale, bands, months, level, dots, flags, reference lines, words in the gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.key import AFTER, SAMPLE
from reports.charts.labels import draw_labels
from reports.charts.layout import Frame
from reports.charts.months import month_labels
from reports.charts.pen import EDGE, FAINT, FILL, GLOW, HAIR, INK, PAPER, SOFT, Pen
from reports.charts.scene import Chart

DASHES = {"long": "10 4", "dots": "1.6 3.4", "short": "5 3", "mixed": "7 3 1.6 3"}


@dataclass(frozen=True)
class Label:
    """Words beside the plot: `wanted` is where they belong, `y` where they fit."""

    wanted: float
    y: float
    text: str
    strong: bool


def draw_plot(pen: Pen, chart: Chart, frame: Frame) -> None:
    done = [tick.day for tick in chart.ticks if not tick.planned]
    pen.stroke(frame.scale.upright(done, frame.top, frame.foot), HAIR, 0.9)
    _bands(pen, chart, frame)
    _values(pen, chart, frame)
    _title(pen, chart, frame)
    _months(pen, chart, frame)
    _level_and_lines(pen, chart, frame)
    _dots(pen, chart, frame)
    pen.stroke(frame.scale.crosses(chart.missed, frame.floor - 9), INK, 1.4)
    pen.stroke(frame.scale.boxes(chart.undelivered, frame.floor - 9), INK, 1)
    draw_labels(pen, chart, frame)
    if frame.size.narrow:
        _key(pen, frame)
    else:
        _labels_beside(pen, chart, frame)


def _bands(pen: Pen, chart: Chart, frame: Frame) -> None:
    font, size = pen.font, frame.size.small
    x = frame.left - (24 if frame.size.narrow else 30)
    for low, high, word in chart.bands:
        if low > chart.low:
            y = frame.scale.y(low - 0.5)
            pen.line(frame.left, y, frame.right, y, FAINT, 1)
        middle = frame.scale.y((low + high) / 2) + font * 0.35
        first, _, rest = word.partition(" ")
        if frame.size.narrow and rest:
            first = first.replace("moderately", "mod.")
            pen.write(x, round(middle - font * 0.55, 1), first, "end", fill=SOFT, size=size)
            pen.write(x, round(middle + font * 0.5, 1), rest, "end", fill=SOFT, size=size)
        else:
            pen.write(x, round(middle, 1), word, "end", fill=SOFT, size=size)


def _values(pen: Pen, chart: Chart, frame: Frame) -> None:
    """Numbers of the scale: both ends, and where bands begin; without bands at even steps."""
    span = chart.high - chart.low
    inner = [low for low, _, _ in chart.bands]
    if not chart.bands:
        inner = list(range(chart.low, chart.high, span // (4 if span % 4 == 0 else 2)))
    for value in dict.fromkeys([chart.low, chart.high, *inner]):
        if value == chart.high or chart.high - value >= span * 0.06:
            y = frame.scale.y(value)
            pen.write(frame.left - 8, round(y + pen.font * 0.35, 1), str(value), "end")
            pen.line(frame.left - 5, y, frame.left, y, SOFT, 1)


def _title(pen: Pen, chart: Chart, frame: Frame) -> None:
    pen.write_runs(
        0 if frame.size.narrow else frame.left - 30,
        pen.font * 1.02,
        [
            (chart.name, True),
            (f"{chart.title[len(chart.name) :]} ", False),
            (chart.direction, True),
        ],
    )
    narrow, x = frame.size.narrow, frame.scale.x(chart.today)
    pen.write(
        frame.size.width if narrow else min(x, frame.right),
        frame.head,
        chart.today_label,
        "end" if narrow or x > frame.right - 60 else "middle",
    )


def _key(pen: Pen, frame: Frame) -> None:
    """A piece of each line with its name."""
    for number, row in enumerate(frame.key, 1):
        y = round(frame.head + pen.font * 1.25 * number, 1)
        for one in row:
            level = one.style == "level"
            ends, middle = one.x + SAMPLE, y - pen.font * 0.32
            if level:
                pen.line(one.x, middle, ends, middle, GLOW, 2.2)
            else:
                pen.line(one.x, middle, ends, middle, SOFT, 1.1, DASHES[one.style])
            fill, at = GLOW if level else SOFT, round(ends + AFTER, 1)
            pen.write(at, y, one.label, fill=fill, bold=level, size=frame.size.small)


def _months(pen: Pen, chart: Chart, frame: Frame) -> None:
    pen.line(frame.left, frame.floor, frame.right, frame.floor, SOFT, 1)
    begin = [month.day for month in chart.months]
    pen.stroke(frame.scale.upright(begin, frame.floor, frame.floor + pen.font * 0.25), SOFT, 1)
    for start, label in month_labels(chart.months, frame):
        pen.line(start, frame.floor, start, frame.floor + pen.font * 0.5, SOFT, 1)
        pen.write(start + 3, frame.axis, label)


def _level_and_lines(pen: Pen, chart: Chart, frame: Frame) -> None:
    """The band beneath the lines, the lines beneath the level."""
    runs = frame.scale.runs(chart.level)
    for run in runs:
        pen.fill(run.band, FILL, ' fill-opacity="0.75"')
    today = frame.scale.x(chart.today)
    pen.line(today, frame.top, today, frame.foot, SOFT, 1, "1.5 3")
    for line in chart.lines:
        y = frame.scale.y(line.value)
        pen.line(frame.left, y, frame.right, y, SOFT, 1.1, DASHES[line.style])
    for run in runs:
        pen.stroke(run.edges, EDGE, 0.8)
        pen.stroke(run.middle, GLOW, 2.2, ' stroke-linejoin="round"')


def _dots(pen: Pen, chart: Chart, frame: Frame) -> None:
    dots = frame.scale.circles(chart.dots, frame.size.dot)
    pen.shapes.append(f'<g fill="{INK}" stroke="{PAPER}" stroke-width="1.2">\n{dots}\n</g>')
    for kind, look in (
        ("single", 'stroke-width="1.2" stroke-dasharray="2.5 2"'),
        ("confirmed", 'stroke-width="2.2"'),
    ):
        ringed = [dot for dot in chart.dots if dot.ring == kind]
        if ringed:
            rings = frame.scale.circles(ringed, frame.size.ring, f" {look}")
            pen.shapes.append(f'<g fill="none" stroke="{INK}">\n{rings}\n</g>')


def _labels_beside(pen: Pen, chart: Chart, frame: Frame) -> None:
    for one in right_labels(chart, frame):
        # where the words stand level with their line it would lengthen the minus many begin with
        if abs(one.y - one.wanted) > 1:
            path = f"M{frame.right + 2} {one.wanted}L{frame.right + 10} {one.y}"
            pen.stroke(path, SOFT, 0.8)
        pen.write(
            frame.right + 16, round(one.y + pen.font * 0.35, 1), one.text,
            fill=GLOW if one.strong else SOFT, bold=one.strong,
        )  # fmt: skip


def right_labels(chart: Chart, frame: Frame) -> list[Label]:
    """Reference and level values at the right, moved apart until none covers another."""
    y = frame.scale.y
    wanted = [(y(line.value), line.label, False) for line in chart.lines]
    if chart.level and chart.level_label:
        wanted.append((y(chart.level[-1].estimate), chart.level_label, True))
    placed = spread([y for y, _, _ in sorted(wanted)], frame.size.font * 1.25)
    over = max(0.0, (placed[-1] - frame.floor) if placed else 0.0)
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
