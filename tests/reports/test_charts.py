"""The chart: gaps stay gaps, the axis is never cropped, and nothing depends on colour alone."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.charts import LAYOUTS, chart_svg
from reports.charts.ink import em, fitted_with_date
from reports.charts.plot import spread
from reports.evidence import shipped_rules
from reports.page import build_page
from reports.render import sparkline
from surveys.history import HistoryStatement
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces

SVG = "{http://www.w3.org/2000/svg}"
EVERY = [(name, layout) for name in courses.ALL for layout in LAYOUTS]


def page_of(name):
    return build_page(courses.ALL[name](), shipped_instruments(), shipped_rules())


def drawn(name, layout="wide"):
    return ET.fromstring(chart_svg(page_of(name).chart, layout))


def texts(svg):
    return ["".join(node.itertext()) for node in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize(("name", "layout"), EVERY)
def test_it_names_its_scale_and_which_way_is_worse(name, layout):
    svg = drawn(name, layout)
    scales = {"pain": ("PEG", "10"), "ptsd": ("PCL-5", "80")}
    scale, highest = scales.get(name, ("PHQ-9", "27"))
    kind = "mean" if scale == "PEG" else "total"
    assert f"{scale} {kind}, 0–{highest}. Higher is worse ↑" in texts(svg)
    assert {"0", highest} <= set(texts(svg))
    assert svg.find(f"{SVG}title") is not None
    assert svg.find(f"{SVG}desc").text


@pytest.mark.parametrize(("name", "layout"), EVERY)
def test_it_is_the_same_inside_a_page_with_a_strict_policy(name, layout):
    text = chart_svg(page_of(name).chart, layout)
    assert " style=" not in text
    assert "<script" not in text


@pytest.mark.parametrize(("name", "layout"), EVERY)
def test_every_answered_form_is_one_dot_and_none_is_joined_to_another(name, layout):
    page = page_of(name)
    filled = [c for c in drawn(name, layout).iter(f"{SVG}circle") if "fill" not in c.attrib]
    dots = [c for c in filled if "stroke-width" not in c.attrib]
    assert len(dots) == len(page.chart.dots)


def test_the_level_stops_where_forms_are_missing():
    level = [
        path
        for path in drawn("wane_and_rebound").iter(f"{SVG}path")
        if path.get("stroke") == "#A14A06"
    ]
    assert len(level) == 2
    assert "2 forms" in texts(drawn("wane_and_rebound"))


def test_a_flag_is_a_ring_with_its_word_beside_it():
    words = texts(drawn("wane_and_rebound"))
    assert "12 single" in words
    assert "13 confirmed" in words
    rings = [c for c in drawn("wane_and_rebound").iter(f"{SVG}circle") if c.get("r") == "8"]
    assert [bool(ring.get("stroke-dasharray")) for ring in rings] == [True, False, False]


def test_reference_lines_carry_their_values():
    words = texts(drawn("early_non_responder"))
    assert {"baseline 19.5", "−6 points: 13.5", "−50 %: 9.8", "−20 %: 15.6"} <= set(words)


def test_the_20_percent_line_is_drawn_only_where_a_rule_uses_it():
    assert not [word for word in texts(drawn("steady_responder")) if word.startswith("−20 %")]


@pytest.mark.parametrize("name", courses.ALL)
def test_words_stay_inside_the_picture(name):
    """A letter of Liberation Sans takes 0.52 em on average, one of Source Sans 0.46."""
    for layout, size in LAYOUTS.items():
        for node in drawn(name, layout).iter(f"{SVG}text"):
            words = "".join(node.itertext())
            letter = 0.46 if size.paper else 0.52
            wide = len(words) * size.font * letter
            anchor, x = node.get("text-anchor", "start"), float(node.get("x"))
            if anchor == "start" and not size.narrow:
                assert x + wide <= size.width + 12, (layout, words)


def stretched(layout, *told):
    """The rows of words and bars of a course with these entries, in one size."""
    facts = replace(courses.treated_beside(), history=pieces.beside(*told))
    chart = build_page(facts, shipped_instruments(), shipped_rules()).chart
    return chart, ET.fromstring(chart_svg(chart, layout))


LONG = HistoryStatement(
    "antidepressant", "M" * 40, "W" * 30, since="2025-09-28", until="2026-06-28"
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_and_dates_of_other_treatments_never_meet(layout):
    """However long the name: a letter is never wider than 0.95 of the type."""
    chart, svg = stretched(layout, LONG, replace(LONG, name="Sertraline", dose="50 mg"))
    size = LAYOUTS[layout]
    for one in chart.stretches:
        (words,) = {
            node.get("x"): node
            for node in svg.iter(f"{SVG}text")
            if node.text == one.words and node.get("y") in rows_of(svg, one)
        }.values()
        title = next(node for node in svg.iter(f"{SVG}text") if node.get("y") == words.get("y"))
        font = float(title.get("font-size"))
        ends = sum(map(em, title.text)) * font
        if size.narrow:
            assert ends < float(words.get("x")) - sum(map(em, words.text)) * font
        else:
            assert ends < size.left
            assert float(words.get("x")) + sum(map(em, words.text)) * font <= size.width


def rows_of(svg, one):
    start = one.title[:4]
    return {node.get("y") for node in svg.iter(f"{SVG}text") if (node.text or "").startswith(start)}


@pytest.mark.parametrize(
    ("told", "drawn"),
    [
        # the axis begins on 7 May and the data end on 6 July 2026, 9:00 in Denver
        (HistoryStatement("tms", since="2026-06-01"), [("TMS", 24.6, 60.0, True, True)]),
        (HistoryStatement("tms", since="2026-06", until="2026-06"),
         [("TMS", 24.6, 54.6, True, False)]),
        (HistoryStatement("tms", since="2026-06-01", until="2026-06-01"),
         [("TMS", 24.6, 25.6, True, False)]),
        (HistoryStatement("tms", since="2019"), [("TMS", 0, 60.0, True, True)]),
        (HistoryStatement("tms"), [("TMS", 0, 60.0, False, True)]),
        (HistoryStatement("tms", until="2026-05-05"), []),  # over before the axis begins
        (HistoryStatement("tms", since="2026-07-07"), []),  # not begun by then
        (HistoryStatement("no_treatment", since="2026-06-01"), []),
        (HistoryStatement("alcohol", use="past", since="2019"), []),  # its end is not known
        (HistoryStatement("alcohol", use="none", since="2026-06-01"), []),
    ],
)  # fmt: skip
def test_a_bar_lasts_from_the_first_to_the_last_day(told, drawn):
    chart, _ = stretched("wide", told)
    found = [
        (one.title, round(one.start, 1), round(one.end, 1), one.known_start, one.goes_on)
        for one in chart.stretches
    ]
    assert found == drawn


def test_the_newest_are_drawn_where_there_are_many_and_the_list_holds_them_all():
    old = [HistoryStatement("other_treatment", f"No. {n}", since="2020", until=f"2026-06-{n:02}")
           for n in range(1, 10)]  # fmt: skip
    chart, _ = stretched("wide", *old)
    assert [one.title for one in chart.stretches] == [f"No. {n}" for n in range(2, 10)]
    assert all(f"No. {n}:" in chart.description for n in range(1, 10))


def test_treatments_and_substances_differ_without_colour():
    _, svg = stretched(
        "wide", HistoryStatement("tms", since="2026"), HistoryStatement("tms"),
        HistoryStatement("alcohol", use="current", since="2026"),
    )  # fmt: skip
    looks = [
        (node.get("fill"), node.get("stroke-dasharray"))
        for node in svg.iter(f"{SVG}path")
        if node.get("stroke-width") in ("1.2", "6") and node.get("fill") != "none"
    ]
    assert len(looks) == len(set(looks)) == 3


@pytest.mark.parametrize("name", courses.ALL)
def test_a_row_of_the_caseload_is_well_formed_and_ends_in_the_latest_score(name):
    page = page_of(name)
    svg = ET.fromstring(sparkline(page))
    assert texts(svg) == [page.sparkline.latest]


@given(st.lists(st.floats(0, 300), min_size=1, max_size=6), st.floats(5, 20))
def test_labels_never_cover_each_other(wanted, gap):
    placed = spread(sorted(wanted), gap)
    assert len(placed) == len(wanted)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(placed))


def test_the_picture_has_a_table_that_says_the_same():
    page = page_of("wane_and_rebound")
    forms = [row for row in page.values if row.what == "PHQ-9"]
    assert len(forms) == len(page.chart.dots) + len(page.chart.missed)
    assert any(re.match(r"13, level .*confirmed worsening", row.value) for row in forms)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_form_that_could_not_be_delivered_is_not_drawn_as_one_nobody_answered(layout):
    page = page_of("wane_and_rebound")
    svg = drawn("wane_and_rebound", layout)
    boxes = [path for path in svg.iter(f"{SVG}path") if re.search(r"h10v10h-10z$", path.get("d"))]
    assert [path.get("d").count("z") for path in boxes] == [1]
    assert len(page.chart.missed) == 3
    assert "×: due, no answer; boxed: could not be delivered." in page.chart_note
    missed = [row.value for row in page.values if row.value.startswith("due")]
    assert missed == ["due, could not be delivered: bounced", "due, no answer", "due, no answer"]


def test_a_legend_names_only_what_is_drawn():
    note = page_of("steady_responder").chart_note
    for mark in ("ring", "×", "boxed", "Circle", "Full bar"):
        assert mark not in note


@pytest.mark.parametrize("layout", LAYOUTS)
def test_harms_nobody_asked_about_share_a_line(layout):
    words = texts(drawn("wane_and_rebound", layout))
    assert words.count("Not asked") == 1
    assert "not asked" not in words
    listed = " ".join(words[words.index("Not asked") + 1 :])
    assert listed.startswith("Bladder; Craving, early requests; Blood pressure; Liver signs")


def test_no_line_runs_through_the_words_of_a_row_on_a_phone():
    """Each lies on a white box of the picture's width, drawn after the lines."""
    svg = drawn("wane_and_rebound", "narrow")
    parts = list(svg)
    lines = [n for n, part in enumerate(parts) if part.get("stroke-dasharray") == "1.5 3"]
    boxes = [
        (float(part.get("y")), float(part.get("y")) + float(part.get("height")))
        for part in parts[max(lines) :]
        if part.tag == f"{SVG}rect" and float(part.get("x")) == 0
    ]
    rows = [row for group in page_of("wane_and_rebound").chart.groups for row in group.rows]
    answers = {row.latest for row in rows} - {"not asked"}
    placed = [node for node in svg.iter(f"{SVG}text") if "".join(node.itertext()) in answers]
    assert len(placed) >= len(answers)
    for node in placed:
        assert any(top < float(node.get("y")) < foot for top, foot in boxes)


def test_where_an_answer_is_too_long_its_day_stays():
    long = "sometimes: strong urges to take ketamine, 24 Jul"
    room = LAYOUTS["wide"].beside
    shown = fitted_with_date(long, room, 13)
    assert shown.startswith("sometimes: strong")
    assert shown.endswith("…, 24 Jul")
    assert sum(map(em, shown)) * 13 <= room


@pytest.mark.parametrize("size", [LAYOUTS["wide"], LAYOUTS["print"], LAYOUTS["low"]])
@pytest.mark.parametrize(
    "answer", ["2, more than half the days, 17 Dec", "somewhat, 11 Jul; since: not known"]
)
def test_an_ordinary_answer_is_never_cut(size, answer):
    assert fitted_with_date(answer, size.beside, size.font) == answer
