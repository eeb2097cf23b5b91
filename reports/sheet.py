"""The type size of one printed page, estimated from its words before anything is laid out.

Laying a page out is what a PDF costs, so it is not done twice to find the size. The estimate counts
lines in a type of average width; where it was too bold the printer sees a second sheet and takes
the next size down, so a wrong estimate costs time and never a page.
"""

import math
from collections.abc import Iterable, Sequence

from reports.page import ReportPage

# Points, largest first. Below the last one paper is hard to read: a second sheet is better.
SIZES = (7.8, 7.1, 6.4)
WIDTH, HEIGHT = 533, 788
# The rows beside the sentence, with their labels.
STANDING = 249
COLUMN = (WIDTH - 28) / 3
# In ems of Source Sans: a mean letter, a line with its leading.
LETTER, LINE = 0.38, 1.0
# Headings, rules and gaps between the parts, in lines of the page; measured on whole pages.
FRAME, INTERVALS, FORMS = 15.8, 16.0, 6.0


def sizes_to_try(page: ReportPage, chart_height: float) -> Sequence[float]:
    """The largest size that should fit one sheet, then every smaller one.

    `chart_height` is in points, with the chart as wide as the page.
    """
    fitting = (size for size in SIZES if height(page, size) + chart_height <= HEIGHT)
    return SIZES[SIZES.index(next(fitting, SIZES[-1])) :]


def fits_one_sheet(page: ReportPage, chart_height: float) -> bool:
    """Whether the smallest type should be small enough."""
    return height(page, SIZES[-1]) + chart_height <= HEIGHT


def height(page: ReportPage, size: float) -> float:
    """Points the page takes without its chart, at one type size."""
    return size * LINE * (_top(page, size) + _evidence(page, size) + _blocks(page, size))


def _top(page: ReportPage, size: float) -> float:
    sentence = 1.75 * _lines(page.sentence, WIDTH - STANDING - 16, size * 1.6)
    labels = max(len(label) for label, _ in page.standing) * LETTER * size * 1.1
    rows = _all_lines((text for _, text in page.standing), STANDING - labels - 8, size)
    lines = FRAME + max(sentence, rows)
    if len(page.beside) > 1:  # a single row stands on the line of the chart's note
        labels = max(len(row.label) for row in page.beside) * LETTER * size * 1.1
        lines += 0.7 + _all_lines((row.text for row in page.beside), WIDTH - labels - 8, size)
    if page.intervals:
        lines += INTERVALS + _lines(page.interval_note, WIDTH, size * 0.88)
        lines += _lines(page.interval_findings, WIDTH, size)
    if page.forms.rows:
        lines += FORMS + len(page.forms.rows)
    return lines


def _evidence(page: ReportPage, size: float) -> float:
    columns = [option.column for option in page.options]
    speaking = ([c.speaks_for for c in columns], [c.speaks_against for c in columns])
    body, claim = COLUMN - 4.1 * size, COLUMN - 6.6 * size
    found = 0.0
    for cells in speaking:
        found += max(
            (_lines(cell.answer, body, size) if cell.answer else 0)
            + sum(
                _lines(said.claim, claim, size * 1.05)
                + _all_lines((said.inputs, said.source, said.but), body, size)
                + 0.3
                for said in cell.statements
            )
            for cell in cells
        )
    needs = (_all_lines((n.text for n in c.not_met), claim, size) + 0.3 for c in columns)
    return found + max(needs)


def _blocks(page: ReportPage, size: float) -> float:
    return max(_all_lines(b.lines, COLUMN, size) + 0.3 * len(b.lines) for b in page.blocks)


def _all_lines(texts: Iterable[str], width: float, size: float) -> int:
    return sum(_lines(text, width, size) for text in texts)


def _lines(text: str, width: float, size: float) -> int:
    # the end of a line is lost to the word that no longer fits
    return math.ceil(len(text) * LETTER * size / (width - 2 * size)) if text else 0
