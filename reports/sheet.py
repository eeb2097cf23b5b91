"""How close one printed page is set, estimated from its words before anything is laid out.

Laying a page out is what a PDF costs, so it is not done twice to find out. The estimate counts
lines in a type of average width; where it was too bold the printer sees a second sheet and takes
the next closer setting, so a wrong estimate costs time and never a page.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.evidence.columns import Cell, Column, NotMet, Statement
from reports.page import ReportPage


@dataclass(frozen=True)
class Setting:
    """`size` in points. `level`: for, against and not met stand level across the columns, which
    leaves paper empty beneath the shorter ones. `run_in`: a statement is one paragraph. `chart`:
    its layout. `close`: the forms have no heading of their own. `pictures`: of the
    intervals, with how to read them; their figures stay. `air`: between two lines, in ems.
    `sheets`: on the second stand the evidence and what follows it."""

    size: float
    level: bool = False
    run_in: bool = False
    close: bool = False
    chart: str = "print"
    pictures: bool = True
    air: float = 0.38
    sheets: int = 1


# Most room first. No type below 7.5 points: a second sheet is better than one nobody can read.
SETTINGS = (
    Setting(8.2, level=True, chart="tall"),
    Setting(8.2, level=True),
    Setting(7.5, level=True, chart="tall"),
    Setting(7.5, level=True),
    Setting(7.5),
    Setting(7.5, run_in=True),
    Setting(7.5, run_in=True, close=True, chart="low", air=0.33),
    Setting(7.5, run_in=True, close=True, chart="low", pictures=False, air=0.3),
)
# Where not even that is one sheet: two, each with room to read.
TWO_SHEETS = Setting(8.2, level=True, chart="tall", sheets=2)
NOTE = 7.5
WIDTH, HEIGHT = 538.6, 793
# The rows beside the sentence, with their labels.
STANDING = 266
COLUMN = (WIDTH - 20) / 3
# In ems of Source Sans: a mean letter, the height of a capital.
LETTER, CAPITAL = 0.38, 0.66
# Headings, rules and gaps between the parts, in lines of the page; measured on whole pages.
FRAME, INTERVALS, PICTURES, FORMS = 12.5, 6.0, 3.0, 5.0
# Between two statements, and of the line that names a part of a column.
GAP, NAMED = 0.2, 1.1


def settings_to_try(page: ReportPage, charts: Sequence[float]) -> Sequence[Setting]:
    """The roomiest setting that should fit one sheet, then every closer one.

    `charts`: of each setting the height of its chart in points, as wide as the page.
    """
    fits = [height(page, one) + tall <= HEIGHT for one, tall in zip(SETTINGS, charts, strict=True)]
    first = fits.index(True) if True in fits else len(SETTINGS) - 1
    return SETTINGS[first:]


def height(page: ReportPage, setting: Setting) -> float:
    """Points the page takes without its chart."""
    lines = _top(page, setting) + _evidence(page, setting) + _blocks(page, setting)
    return setting.size * (CAPITAL + setting.air) * lines


def _top(page: ReportPage, setting: Setting) -> float:
    size = setting.size
    sentence = 1.7 * _lines(page.sentence, WIDTH - STANDING - 14, size * 1.5)
    labels = max(len(label) for label, _ in page.standing) * LETTER * size * 1.1
    rows = _all_lines((text for _, text in page.standing), STANDING - labels - 8, size)
    lines = FRAME + max(sentence, rows) + _lines(page.chart_note, WIDTH, NOTE)
    if len(page.beside) > 1:  # a single row stands on the line of the chart's note
        labels = max(len(row.label) for row in page.beside) * LETTER * size * 1.1
        lines += 0.7 + _all_lines((row.text for row in page.beside), WIDTH - labels - 8, size)
    if page.intervals:
        lines += INTERVALS + (setting.size > NOTE)  # the rebound stands in a row of its own
        if setting.pictures:
            lines += PICTURES + _lines(page.interval_note, WIDTH, NOTE)
        lines += _lines(page.interval_findings, WIDTH, size)
    if page.forms.rows:
        lines += FORMS + len(page.forms.rows) - 2 * setting.close
    return lines


def _evidence(page: ReportPage, setting: Setting) -> float:
    shared = page.needed_by_all
    columns = [_parts(option.column, shared, setting) for option in page.options]
    also = _lines(page.disagreement, WIDTH, setting.size) + len(page.needed_by_all)
    if setting.level:
        return also + sum(max(part) for part in zip(*columns, strict=True))
    return also + max(sum(parts) for parts in columns)


def _parts(
    column: Column, shared: Sequence[NotMet], setting: Setting
) -> tuple[float, float, float]:
    """For, against and not met, in lines; without what all columns share."""
    size = setting.size
    own = [need for need in column.not_met if need not in shared]
    listed = [*own, *column.not_known, *column.unread]
    needs = (_lines(need.text, COLUMN - 2.3 * size, size) + GAP for need in listed)
    named = NAMED * (1 + bool(column.not_known) + bool(column.unread)) + (not own)
    return (
        _cell(column.speaks_for, setting),
        _cell(column.speaks_against, setting),
        named + sum(needs),
    )


def _cell(cell: Cell, setting: Setting) -> float:
    answer = _lines(cell.answer, COLUMN, setting.size)
    return NAMED + answer + sum(_said(one, setting) for one in cell.statements)


def _said(said: Statement, setting: Setting) -> float:
    size = setting.size
    if setting.run_in:
        whole = f"{said.claim} {said.inputs} {said.source} {said.but} {'x' * 20}"
        return _lines(whole, COLUMN, size) + GAP
    claim = _lines(said.claim, COLUMN - 2.3 * size, size * 1.05)
    return claim + GAP + _all_lines((said.inputs, said.source, said.but), COLUMN - 3.5 * size, size)


def _blocks(page: ReportPage, setting: Setting) -> float:
    """Three blocks in a row; a fourth stands below them."""
    tall = [_block(block.lines, setting) for block in page.blocks]
    return max(tall[:3]) + sum(tall[3:])


def _block(lines: Sequence[str], setting: Setting) -> float:
    if setting.run_in:
        return 1.6 + _lines(" ".join(lines), COLUMN, setting.size)
    return 1.6 + _all_lines(lines, COLUMN, setting.size) + GAP * len(lines)


def _all_lines(texts: Iterable[str], width: float, size: float) -> int:
    return sum(_lines(text, width, size) for text in texts)


def _lines(text: str, width: float, size: float) -> int:
    # the end of a line is lost to the word that no longer fits
    return math.ceil(len(text) * LETTER * size / (width - 2 * size)) if text else 0
