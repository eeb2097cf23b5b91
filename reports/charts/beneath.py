"""Beneath the plot, on its time axis: sessions, doses, other treatments, the rows of answers."""

from reports.charts.ink import Scale, em, fitted, fitted_with_date
from reports.charts.layout import Frame
from reports.charts.pen import FAINT, HAIR, INK, PAPER, SOFT, Pen
from reports.charts.plot import month_labels
from reports.charts.scene import Chart, Group, Row, Span
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
        for start, label in month_labels(chart, frame):
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
            edge = x + half + 1


def _days_apart(pen: Pen, chart: Chart, frame: Frame) -> None:
    """Days between sessions, where there is room to read them."""
    x = frame.scale.x
    pen.write(0, frame.apart, "Days apart")
    shown = [
        span
        for span in chart.apart
        if len(span.text) * pen.font * 0.56 + 3 <= x(span.end) - x(span.start)
    ]
    for span in shown:
        middle = (x(span.start) + x(span.end)) / 2
        pen.write(middle, frame.apart, span.text, "middle", bold=span.strong)
    if chart.apart and not shown:
        pen.write(frame.left + 3, frame.apart, "too close to print", fill=SOFT)
    if not frame.size.narrow and chart.so_far:
        pen.write(frame.right + 16, frame.apart, chart.so_far)


def _dose(pen: Pen, span: Span, frame: Frame) -> None:
    a, b = frame.scale.x(span.start), frame.scale.x(span.end)
    centre, m = (a + b) / 2, frame.doses - pen.font * 0.35
    half = len(span.text) * pen.font * 0.29 + 4
    if b - a > half * 2 + 6:
        ends = f"M{a:g} {m - 3:g}V{m + 3:g}M{b:g} {m - 3:g}V{m + 3:g}"
        across = f"M{a:g} {m:g}H{centre - half:g}M{centre + half:g} {m:g}H{b:g}"
        pen.stroke(ends + across, SOFT, 1)
    pen.write(centre, frame.doses, span.text, "middle", bold=span.strong)


def _stretch(pen: Pen, one: Stretch, frame: Frame, top: float) -> None:
    """A bar between its name, cut to the room that its place leaves it, and its dates."""
    size, narrow = frame.size, frame.size.narrow
    room = float(size.left - 10)
    if narrow:
        room = size.width - sum(map(em, one.words)) * size.small - 14
    y = round(top + (pen.font if narrow else size.stretch * 0.5 + pen.font * 0.35), 1)
    if narrow:
        pen.box(0, top, size.width, pen.font * 1.3)
    pen.write(0, y, fitted(one.title, room, size.small), size=size.small)
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


def _group(pen: Pen, group: Group, frame: Frame, top: float) -> float:
    """Draws one group from `top` down; where the next one begins."""
    font, size = pen.font, frame.size
    pen.line(0, top, size.width, top, HAIR, 1)
    words = top + size.heading - font * (0.35 if size.paper else 0.55)
    pen.write(0, words, group.title, fill=INK, bold=True)
    if not size.narrow:
        pen.write(frame.right + 16, words, "latest answer", fill=SOFT)
    top += size.heading
    for row in group.rows:
        _row(pen, row, frame, top, size.row_of(group))
        top += size.row_of(group)
    for name, line in group.shared:
        _shared(pen, name, line, frame, top)
        top += size.line
    return top + size.after_rows


def _row(pen: Pen, row: Row, frame: Frame, top: float, height: float) -> None:
    size = frame.size
    base = top + height - 4
    if size.narrow:
        # the lines of sessions and of today stop at the words
        pen.box(0, top - pen.font * 0.2, size.width, pen.font * 1.3)
        y = top + pen.font * 0.8
        room = size.inner + size.left - (len(row.title) * 0.56 + 1) * size.small
        said = fitted_with_date(row.latest, room, size.small)
        pen.write(0, y, row.title, size=size.small)
        pen.write(frame.right, y, said, "end", bold=row.strong, size=size.small)
    else:
        pen.write(0, base - 1, row.title)
        said = fitted_with_date(row.latest, size.beside, pen.font)
        pen.write(frame.right + 16, base - 1, said, bold=row.strong)
    pen.line(frame.left, base, frame.right, base, FAINT, 1)
    pen.shapes += frame.scale.marks(
        row, base, height - 28 if size.narrow else min(height - 8, 16 * height / size.row)
    )


def _shared(pen: Pen, name: str, line: str, frame: Frame, top: float) -> None:
    """Rows with nothing to draw, in one line of paper."""
    size = frame.size
    y = top + size.line - 5
    pen.box(frame.left, top + 1, size.width - frame.left, size.line - 1)
    if name:
        pen.write(0, y, name, size=size.small)
    pen.write(frame.left + 3, y, line, size=size.small)
