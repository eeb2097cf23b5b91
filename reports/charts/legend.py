"""What the marks of a chart mean: of those that are drawn on it."""

from collections.abc import Iterator

from reports.charts.harm_rows import BEFORE_SESSION
from reports.charts.scene import Chart
from reports.trends import Measure
from reports.trends.level import GAP_DAYS, GAP_FORMS
from reports.wording import word


def legend(chart: Chart, measure: Measure) -> str:
    """In the order in which they are met."""
    return " ".join(_said(chart, measure))


def _said(chart: Chart, measure: Measure) -> Iterator[str]:
    yield "Dot: one form."
    if chart.level:
        yield (
            f"Line: filtered level, 90 % interval; ends at {word(GAP_FORMS)} missing forms in a "
            f"row or {GAP_DAYS} days without one."
        )
    rings = {dot.ring for dot in chart.dots}
    if "single" in rings:
        yield "Dashed ring: flagged once."
    if "confirmed" in rings:
        yield "Solid ring: confirmed by a second form."
    kinds = {mark.kind for group in chart.groups for row in group.rows for mark in row.marks}
    if chart.missed or "missed" in kinds:
        boxed = "; boxed: could not be delivered" if chart.undelivered else ""
        yield f"×: due, no answer{boxed}."
    if "answer" in kinds:
        yield "Column: answer above 0; dash: 0; blank: not asked."
    if "declined" in kinds:
        yield "Circle: declined."
    rows = (row for group in chart.groups for row in group.rows)
    if any(BEFORE_SESSION in row.latest for row in rows):
        yield "Before session N: not known since."
    if chart.stretches:
        yield f"{'; '.join(_bars(chart))}."
    if measure.recall_days:
        yield (
            f"{measure.title} looks back {measure.recall_days} days: closer forms overlap, a "
            "change shows late."
        )


def _bars(chart: Chart) -> Iterator[str]:
    yield "Full bar: another treatment"
    if any(one.substance for one in chart.stretches):
        yield "hollow: a substance"
    if any(one.goes_on for one in chart.stretches):
        yield "pointed: goes on"
    if any(not one.known_start for one in chart.stretches):
        yield "broken: start not recorded"
