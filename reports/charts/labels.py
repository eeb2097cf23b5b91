"""Words in the plot: what a flagged dot and the latest one say, and what a gap is."""

from collections.abc import Iterator

from reports.charts.layout import Frame
from reports.charts.pen import INK, SOFT, Pen
from reports.charts.placing import Box, Room, Spot
from reports.charts.scene import Chart, Dot, Span

BOLD = ' font-weight="bold"'
# How far words may be lifted off their dot, in lines.
LIFTS = (1, 2, 3, 4, 5)
# Beneath the words of a gap stand the crosses of its forms.
CROSSES = 17


def draw_labels(pen: Pen, chart: Chart, frame: Frame) -> None:
    """The gaps first: they have the fewest places to stand."""
    room = Room(_plot(frame), [_around(dot, frame) for dot in chart.dots])
    lines = [
        Box(frame.left, y - 1, frame.right, y + 1)
        for y in (frame.scale.y(line.value) for line in chart.lines)
    ]
    for gap in chart.gaps:
        _gap(pen, gap, frame, room, lines)
    for dot in chart.dots:
        if dot.label:
            _dot(pen, dot, frame, room)


def _plot(frame: Frame) -> Box:
    aside = frame.size.right if frame.size.narrow else 0
    return Box(frame.left, frame.top - frame.size.font * 0.6, frame.right + aside, frame.floor)


def _around(dot: Dot, frame: Frame) -> Box:
    x, y, radius = frame.scale.x(dot.day), frame.scale.y(dot.score), _radius(dot, frame)
    return Box(x - radius, y - radius, x + radius, y + radius)


def _radius(dot: Dot, frame: Frame) -> float:
    return frame.size.ring if dot.ring else frame.size.dot


def _dot(pen: Pen, dot: Dot, frame: Frame, room: Room) -> None:
    strong = dot.ring != "single"
    wide = frame.size.wide(dot.label) * (1.06 if strong else 1)
    spots = list(_spots(dot, frame))
    spot = spots[room.best([one.box(wide, pen.font) for one in spots])]
    if spot.lifted:
        x, y = frame.scale.x(dot.day), frame.scale.y(dot.score) - _radius(dot, frame)
        pen.line(x, y, x, spot.y + pen.font * 0.25, SOFT, 0.8)
    pen.write_over(spot.x, round(spot.y, 1), dot.label, spot.anchor, INK, BOLD if strong else "")


def _spots(dot: Dot, frame: Frame) -> Iterator[Spot]:
    """Above a ring, beside the latest dot, then wherever there is room, then ever higher."""
    x, y, font = frame.scale.x(dot.day), frame.scale.y(dot.score), frame.size.font
    off = _radius(dot, frame)
    above, beside, below = y - off - font * 0.35, y + font * 0.35, y + off + font * 0.95
    over = [Spot(x, above, "middle"), Spot(x + 4, above, "end"), Spot(x - 4, above, "start")]
    sides = [Spot(x + off + 5, beside, "start"), Spot(x - off - 5, beside, "end")]
    yield from [*over, *sides] if dot.ring else [sides[0], *over, sides[1]]
    yield from (Spot(x, below, "middle"), Spot(x + 4, below, "end"), Spot(x - 4, below, "start"))
    for lift in LIFTS:
        high = above - lift * font * 1.1
        yield from (Spot(one.x, high, one.anchor, lifted=True) for one in over)


def _gap(pen: Pen, gap: Span, frame: Frame, room: Room, lines: list[Box]) -> None:
    """As low as no dot and no reference line runs through them."""
    font, words = pen.font, _gap_words(gap, frame)
    wide = max(map(frame.size.wide, words))
    middle = frame.scale.x((gap.start + gap.end) / 2)
    middle = min(max(middle, frame.left + wide / 2 + 2), frame.right - wide / 2 - 2)
    tall = font * (0.05 + 1.15 * len(words))
    tops: list[float] = []
    top = frame.floor - CROSSES - tall
    while not tops or top > frame.top:
        tops.append(top)
        top -= font * 0.4
    half = wide / 2 + 4
    boxes = [Box(middle - half, y, middle + half, y + tall) for y in tops]
    top = tops[room.best(boxes, lines)]
    for number, line in enumerate(words):
        y = round(top + font * (0.75 + 1.15 * number), 1)
        pen.write_over(middle, y, line, "middle", SOFT, f' font-size="{frame.size.small:g}"')


def _gap_words(gap: Span, frame: Frame) -> list[str]:
    """2 forms missing, in two lines; 2 missing where the plot is low or narrow."""
    said, missing, _ = gap.text.partition(" missing")
    if not missing:
        return [said]
    if frame.size.paper or frame.size.narrow:
        return [f"{said.split()[0]}{missing}"]
    return [said, missing.strip()]
