"""The row of question 9 and its like: a 1 is never taken for a 0, in colour or in grey."""

import re
import xml.etree.ElementTree as ET

import pytest

from reports.charts import LAYOUTS, chart_svg
from reports.charts.ink import share_of
from tests.reports import courses, pieces
from tests.reports.test_sheet import page_of

SVG = "{http://www.w3.org/2000/svg}"
MARK = re.compile(r"M[\d.]+ [\d.]+h[\d.]+v([\d.]+)h-[\d.]+z")


def heights(answers, layout):
    """Of the marks of question 9, in the order of the forms, in units of the picture."""
    scores = [(5 + 7 * n, 20) for n in range(len(answers))]
    harm = {at: answer for (at, _), answer in zip(scores, answers, strict=True)}
    facts = pieces.course(scores, [60], 61, self_harm=harm)
    svg = ET.fromstring(chart_svg(page_of(facts).chart, layout))
    drawn = [MARK.findall(node.get("d")) for node in svg.iter(f"{SVG}path")]
    return [float(one) for one in next(found for found in drawn if len(found) == len(answers))]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_1_stands_at_least_three_times_as_high_as_a_0_and_each_answer_above_the_one_before(
    layout,
):
    zero, one, two, three = heights([0, 1, 2, 3], layout)
    assert one >= 3 * zero
    assert one < two < three


@pytest.mark.parametrize(
    ("value", "height", "share"),
    [
        (1, 3, 0.45),  # several days
        (2, 3, 0.725),
        (3, 3, 1),
        (1, 1, 1),  # yes
        (1, 4, 0.45),
        # a score is no step: GAD-7 to 21
        (7, 21, 1 / 3),
        (21, 21, 1),
    ],
)
def test_an_answer_fills_its_step_and_a_score_its_share_of_the_row(value, height, share):
    assert share_of(value, height) == pytest.approx(share)


def test_the_chart_in_words_and_as_a_table_says_no_less():
    page = page_of(courses.wane_and_rebound())
    assert "Column: answer above 0; dash: 0; blank: not asked." in page.chart_note
    rows = {row.title: row.latest for group in page.chart.groups for row in group.rows}
    assert rows["Item 9, self-harm"] == "1, several days, 24 Oct"
    told = [row.value for row in page.values if row.what == "PHQ-9" and "item 9" in row.value]
    assert len(told) == 23
    assert [told[n][-9:] for n in (0, 4, -1)] == ["item 9: 1", "item 9: 0", "item 9: 1"]
