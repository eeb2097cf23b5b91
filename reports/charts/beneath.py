"""Beneath the plot, on its time axis: sessions, doses, other treatments, the rows of answers."""

from collections.abc import Sequence

from reports.charts.fitting import ems, fitted
from reports.charts.ink import Scale
from reports.charts.layout import LINE, Frame, SetGroup, SetRow
from reports.charts.months import month_labels
from reports.charts.pen import FAINT, HAIR, INK, PAPER, SOFT, Pen
from reports.charts.scene import Chart, Lengths, Span
from reports.charts.stretches import Stretch


def draw_beneath(pen: Pen, chart: Chart, frame: Frame) -> None:
    _sessions(pen, chart, frame)
    _days_apart(pen, chart, frame)
    if frame.shows_doses:
        pen.write(0, frame.doses, "Dose, mg/kg")
        for span in chart.doses:
            _dose(pen, span, frame)
    for number, one in enumerate(chart.stretches):
        _stretch(pen, one, frame, frame.beside + number * frame.size.stretch)
    top = frame.rows
    for group in frame.groups:
        top = _group(pen, group, frame, top)
    if frame.groups:
        pen.line(frame.left, frame.bottom, frame.right, frame.bottom, SOFT, 1)
    if frame.months_below:
        for start, label in month_labels(chart.months, frame):
            pen.write(start + 3, frame.bottom + pen.font * 1.2, label)


def _sessions(pen: Pen, chart: Chart, frame: Frame) -> None:
    x, top, foot = frame.scale.x, frame.ticks, frame.ticks + pen.font * 0.8
    pen.write(0, foot, "Sessions")
    done = [tick.day for tick in chart.ticks if not tick.planned]
    pen.stroke(frame.scale.upright(done, top, foot), INK, 2 if frame.size.narrow else 2.6)
    planned = [tick.day for tick in chart.ticks if tick.planned]
    for day in planned:
        pen.box(x(day) - 2, top, 4, pen.font * 0.8, f' stroke="{INK}" stroke-width="1"')
    _tick_numbers(pen, chart, frame)
    if planned and not frame.size.narrow:
        pen.write(frame.right + 16, foot, "open tick: planned", fill=SOFT)


def _tick_numbers(pen: Pen, chart: Chart, frame: Frame) -> None:
    """Session numbers that fit beneath their ticks; in a crowd the first and last stay."""
    y, edge, small = round(frame.ticks + pen.font * 1.75, 1), -1.0, frame.size.small
    for tick in chart.ticks:
        half = len(str(tick.number)) * pen.font * 0.3
        x = frame.scale.x(tick.day)
        if x - half > edge:
            pen.write(x, y, str(tick.number), "middle", italic=tick.planned, size=small)
            edge = x + half + pen.font * 0.35


def _days_apart(pen: Pen, chart: Chart, frame: Frame) -> None:
    """Days between sessions; where they would not be read, those of several in a row together."""
    pen.write(0, frame.apart, "Days apart")
    for one in _readable(chart.apart, frame):
        pen.write(_middle(one, frame), frame.apart, one.text, "middle", bold=one.strong)
    if not frame.size.narrow and chart.so_far:
        pen.write(frame.right + 16, frame.apart, chart.so_far)


def _readable(apart: Sequence[Lengths], frame: Frame) -> list[Lengths]:
    """From the newest back, so that it stands by itself: it is the one that counts."""
    found: list[Lengths] = []
    left: Lengths | None = None
    for one in reversed(apart):
        left = one.with_next(left) if left else one
        if not found or _end(left, frame) <= _middle(found[-1], frame) - _half(found[-1], frame):
            found.append(left)
            left = None
    if left:
        found[-1] = left.with_next(found[-1])
    return found[::-1]


def _middle(one: Lengths, frame: Frame) -> float:
    return round((frame.scale.x(one.start) + frame.scale.x(one.end)) / 2, 1)


def _half(one: Lengths, frame: Frame) -> float:
    return frame.size.wide(one.text) / 2


def _end(one: Lengths, frame: Frame) -> float:
    """With the air before the next one."""
    return _middle(one, frame) + _half(one, frame) + frame.size.font * 0.5


def _dose(pen: Pen, span: Span, frame: Frame) -> None:
    a, b = frame.scale.x(span.start), frame.scale.x(span.end)
    centre, m = (a + b) / 2, frame.doses - pen.font * 0.35
    half = frame.size.wide(span.text) / 2 + 4
    if b - a > half * 2 + 6:
        ends = f"M{a:g} {m - 3:g}V{m + 3:g}M{b:g} {m - 3:g}V{m + 3:g}"
        across = f"M{a:g} {m:g}H{centre - half:g}M{centre + half:g} {m:g}H{b:g}"
        pen.stroke(ends + across, SOFT, 1)
    # the lines of sessions would run through the number
    pen.box(centre - half, frame.doses - pen.font * 0.8, half * 2, pen.font)
    pen.write(centre, frame.doses, span.text, "middle", bold=span.strong)


def _stretch(pen: Pen, one: Stretch, frame: Frame, top: float) -> None:
    """A bar between its name and its dates; the name gives up its dose where there is no room."""
    size, narrow = frame.size, frame.size.narrow
    room = (size.left - 10) * size.slack
    if narrow:
        room = size.width - ems(one.words) * size.small - 14
    y = round(top + (pen.font if narrow else size.stretch * 0.5 + pen.font * 0.35), 1)
    if narrow:
        pen.box(0, top, size.width, pen.font * 1.3)
    title = one.title if ems(one.title) * size.small <= room else one.name
    pen.write(0, y, fitted(title, room, size.small), size=size.small)
    dates, anchor = (frame.right, "end") if narrow else (frame.right + 16, "start")
    pen.write(dates, y, one.words, anchor, size=size.small)
    _bar(pen, one, frame.scale, round(top + (size.stretch - 8 if narrow else size.stretch / 2), 1))


def _bar(pen: Pen, one: Stretch, scale: Scale, middle: float) -> None:
    """Treatments full, substances hollow, a beginning nobody recorded broken."""
    if not one.known_start and not one.substance:
        line = f"M{scale.x(one.start):g} {middle:g}H{scale.x(one.end):g}"
        pen.shapes.append(
            f'<path d="{line}" stroke="{SOFT}" stroke-width="6" stroke-dasharray="9 3"/>'
        )
        return
    dash = "" if one.known_start else ' stroke-dasharray="5 3"'
    shape = scale.bar(one.start, one.end, middle, goes_on=one.goes_on)
    edge = f' stroke="{SOFT}" stroke-width="1.2"{dash}'
    pen.fill(shape, PAPER if one.substance else SOFT, edge)


def _group(pen: Pen, placed: SetGroup, frame: Frame, top: float) -> float:
    """Draws one group from `top` down; where the next one begins."""
    font, size, group = pen.font, frame.size, placed.group
    pen.line(0, top, size.width, top, HAIR, 1)
    words = top + size.heading - font * (0.35 if size.paper else 0.55)
    pen.write(0, words, group.title, fill=INK, bold=True)
    if not size.narrow:
        pen.write(frame.right + 16, words, "latest answer", fill=SOFT)
    top += size.heading
    for row in placed.rows:
        _row(pen, row, frame, top)
        top += row.height
    if group.shared:
        # no line of a session runs through the words, nor shows between them
        below = placed.shared_height(size) + size.after_rows
        pen.box(frame.left, top + 1, size.width - frame.left, below - 1)
        top += size.before_shared
    for name, line in group.shared:
        _shared(pen, name, line, frame, top)
        top += size.line
    return top + size.after_rows


def _row(pen: Pen, placed: SetRow, frame: Frame, top: float) -> None:
    size, row, tall = frame.size, placed.row, placed.tall
    base, line = top + placed.height - 4, pen.font * LINE
    if size.narrow:
        # the lines of sessions and of today stop at the words
        pen.box(0, top - pen.font * 0.2, size.width, placed.height - tall + pen.font * 1.3)
        y = top + pen.font * 0.8
        pen.write(0, y, row.title, size=size.small)
        x, anchor, first = frame.right, "end", y + placed.below * line
    else:
        pen.write(0, base - 1, row.title)
        x, anchor, first = frame.right + 16, "start", base - 1 - (len(placed.said) - 1) * line
    for number, said in enumerate(placed.said):
        y = round(first + number * line, 1)
        pen.write(x, y, said, anchor, bold=row.strong, size=size.small)
    pen.line(frame.left, base, frame.right, base, FAINT, 1)
    marks = tall - 28 if size.narrow else min(tall - 6, 16 * tall / size.row)
    pen.shapes += frame.scale.marks(row, base, marks)


def _shared(pen: Pen, name: str, line: str, frame: Frame, top: float) -> None:
    """Rows with nothing to draw, in one line of paper."""
    size = frame.size
    y = top + size.line - 5
    if name:
        pen.write(0, y, name, size=size.small)
    pen.write(frame.left + 3, y, line, size=size.small)
