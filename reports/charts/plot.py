"""The plot: scale, bands, months, level, dots, flags, reference lines, words in the gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.layout import Frame
from reports.charts.pen import EDGE, FAINT, FILL, GLOW, HAIR, INK, PAPER, SOFT, Pen
from reports.charts.scene import Chart, Dot, Span

DASHES = {"long": "10 4", "dots": "1.6 3.4", "short": "5 3"}
BOLD = ' font-weight="bold"'


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
    for gap in chart.gaps:
        _gap(pen, gap, frame)
    if frame.size.narrow:
        _labels_inside(pen, chart, frame)
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
        min(x, frame.right - (2 if narrow else 0)),
        pen.font * (2.0 if narrow else 1.02),
        chart.today_label,
        "end" if narrow or x > frame.right - 60 else "middle",
    )


def month_labels(chart: Chart, frame: Frame) -> list[tuple[float, str]]:
    """Month names with room to the next one; when the first has none, the year moves on."""
    shown: list[tuple[float, str]] = []
    font = frame.size.font
    edge = frame.scale.x(chart.days) + (0 if frame.size.narrow else font)
    for day, text in reversed(chart.months):
        short = text if len(chart.months) < 4 or not frame.size.narrow else text[:3]
        left = frame.scale.x(day)
        if left + len(short) * font * 0.56 + 5 < edge:
            shown.append((left, short))
            edge = left
    return shown[::-1]


def _months(pen: Pen, chart: Chart, frame: Frame) -> None:
    pen.line(frame.left, frame.floor, frame.right, frame.floor, SOFT, 1)
    for start, label in month_labels(chart, frame):
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
    narrow = frame.size.narrow
    dots = frame.scale.circles(chart.dots, 3.2 if narrow else 4.2)
    pen.shapes.append(f'<g fill="{INK}" stroke="{PAPER}" stroke-width="1.2">\n{dots}\n</g>')
    for kind, look in (
        ("single", 'stroke-width="1.2" stroke-dasharray="2.5 2"'),
        ("confirmed", 'stroke-width="2.2"'),
    ):
        ringed = [dot for dot in chart.dots if dot.ring == kind]
        if ringed:
            rings = frame.scale.circles(ringed, 6 if narrow else 8, f" {look}")
            pen.shapes.append(f'<g fill="none" stroke="{INK}">\n{rings}\n</g>')
    said = [dot for dot in chart.dots if dot.label]
    for dot, following in zip(said, [*said[1:], None], strict=False):  # none: no pair
        _dot_label(pen, dot, frame, crowded=_crowded(dot, following, frame))


def _crowded(dot: Dot, following: Dot | None, frame: Frame) -> bool:
    """Whether the words beside the next dot would run into words centred on this one."""
    if following is None:
        return False
    return frame.scale.x(following.day) - frame.scale.x(dot.day) < frame.size.font * 9


def _dot_label(pen: Pen, dot: Dot, frame: Frame, *, crowded: bool) -> None:
    x, y, font = frame.scale.x(dot.day), frame.scale.y(dot.score), pen.font
    bold = BOLD if dot.ring != "single" else ""
    if not dot.ring:
        beside = y + (font * 0.35 if y < frame.floor - font else -2)
        pen.write_over(x + 9, round(beside, 1), dot.label, "start", INK, bold)
    elif dot.ring == "single" and frame.size.narrow:
        pen.write_over(x - 9, round(y + font * 0.35, 1), dot.label, "end", INK)
    else:
        near = crowded or x > frame.right - 70
        above = round(y - font * 1.05, 1)
        pen.write_over(
            x + 4 if near else x, above, dot.label, "end" if near else "middle", INK, bold
        )


def _gap(pen: Pen, gap: Span, frame: Frame) -> None:
    font = pen.font
    middle = frame.scale.x((gap.start + gap.end) / 2)
    middle = min(max(middle, frame.left + font * 2.6), frame.right - font * 2.6)
    size = f' font-size="{frame.size.small:g}"'
    said, missing, _ = gap.text.partition(" missing")
    pen.write_over(middle, round(frame.floor - font * 3.2, 1), said, "middle", SOFT, size)
    if missing:
        at = round(frame.floor - font * 2.05, 1)
        pen.write_over(middle, at, "missing", "middle", SOFT, size)


def _labels_inside(pen: Pen, chart: Chart, frame: Frame) -> None:
    size = f' font-size="{frame.size.small:g}"'
    for line in chart.lines:
        right = line.style == "long"
        x, anchor = (frame.right - 2, "end") if right else (frame.left + 3, "start")
        pen.write_over(x, frame.scale.y(line.value) - 4, line.label, anchor, SOFT, size)


def _labels_beside(pen: Pen, chart: Chart, frame: Frame) -> None:
    for one in right_labels(chart, frame):
        path = f"M{frame.right + 2} {one.wanted}L{frame.right + 12} {one.y}"
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
