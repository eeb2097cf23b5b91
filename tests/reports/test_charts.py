"""The chart: gaps stay gaps, the axis is never cropped, and nothing depends on colour alone."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.charts import LAYOUTS, chart_svg
from reports.charts.fitting import em, ems, wrapped
from reports.charts.layout import BOLD, set_group
from reports.charts.placing import Box, Room
from reports.charts.plot import spread
from reports.evidence import shipped_rules
from reports.page import build_page
from reports.render import sparkline
from surveys.history import HistoryStatement
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces
from tests.reports.fuller_courses import like_the_demo, two_years

SVG = "{http://www.w3.org/2000/svg}"
EVERY = [(name, layout) for name in courses.ALL for layout in LAYOUTS]
LONG_ONES = {"like the demo": like_the_demo, "two years": lambda: two_years(1)}
MADE = courses.ALL | LONG_ONES


@cache
def page_of(name):
    return build_page(MADE[name](), shipped_instruments(), shipped_rules())


@cache
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
            assert ends / size.slack < size.left
            assert float(words.get("x")) + ems(words.text) * font <= size.width


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


@pytest.mark.parametrize(("unanswered", "runs"), [([], 1), ([61], 1), ([61, 68], 2), ([61, 75], 1)])
def test_the_line_goes_on_over_one_missing_form_as_its_legend_says(unanswered, runs):
    scores = [(5, 20), (12, 19), (40, 8), (47, 8), (54, 7), (71, 7), (82, 8)]
    facts = pieces.course(scores, [20], 83, unanswered=pieces.missed(unanswered))
    page = build_page(facts, shipped_instruments(), shipped_rules())
    assert len({one.segment for one in page.chart.level if one.day > 30}) == runs
    assert (
        "Line: filtered level, 90 % interval; ends at two missing forms in a row or 42 days "
        "without one." in page.chart_note
    )


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


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("none, 2 Oct", 20, ("none, 2 Oct",)),
        ("sometimes: strong urges to take ketamine, 6 Dec", 16,
         ("sometimes: strong urges to", "take ketamine, 6 Dec")),
        # a day stays with its month and its year
        ("strong urges, 16 Dec 2024", 11, ("strong urges,", "16 Dec 2024")),
        ("Electroencephalography", 6, ("Electroen…",)),
    ],
)  # fmt: skip
def test_an_answer_too_long_for_its_line_takes_more_and_loses_no_word(text, room, lines):
    assert wrapped(text, room, 1) == lines


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_answer_is_cut_at_any_size(layout):
    urges = pieces.longer_term(81, craving=1, uri_blood=1)
    facts = pieces.course([(5, 20), (75, 8)], [20, 60], 84, checks=[urges])
    chart = build_page(facts, shipped_instruments(), shipped_rules()).chart
    said = texts(ET.fromstring(chart_svg(chart, layout)))
    assert "sometimes: strong urges to take ketamine outside treatment, 24 Jul" in " ".join(said)
    assert not [words for words in said if "…" in words]


@pytest.mark.parametrize("size", [LAYOUTS["wide"], LAYOUTS["print"], LAYOUTS["low"]])
@pytest.mark.parametrize(
    ("answer", "wider"),
    [("2, more than half the days, 17 Dec", BOLD), ("somewhat, 22 Aug; since: not known", 1)],
)
def test_an_ordinary_answer_takes_one_line(size, answer, wider):
    assert wrapped(answer, size.beside / wider, size.font) == (answer,)


@pytest.mark.parametrize("size", [LAYOUTS["wide"], LAYOUTS["print"], LAYOUTS["low"]])
def test_what_is_printed_bold_has_room_for_bold_type(size):
    bladder = pieces.longer_term(81, uri_freq=3, uri_pain=3, uri_blood=1)
    facts = pieces.course([(5, 20), (75, 8)], [20, 60], 84, checks=[bladder])
    chart = build_page(facts, shipped_instruments(), shipped_rules()).chart
    rows = [row for group in chart.groups for row in set_group(group, size).rows if row.row.strong]
    (lines,) = [row.said for row in rows if row.row.title == "Bladder"]
    assert " ".join(lines).startswith("yes: blood in the urine; almost always: passing urine often")
    assert max(ems(line) * size.font for line in lines) <= size.beside / BOLD


# -- words in the plot --------------------------------------------------------------------------


def box_of(node, size):
    """Of a line of words; a letter is 0.52 em wide on a screen, 0.46 on paper."""
    font = float(node.get("font-size") or size.font)
    wide = len(node.text) * font * (0.46 if size.paper else 0.52)
    left = float(node.get("x")) - wide * {"middle": 0.5, "end": 1}.get(node.get("text-anchor"), 0)
    y = float(node.get("y"))
    return Box(left, y - font * 0.7, left + wide, y)


def in_plot(name, layout):
    """The words that stand in the plot, and the dots."""
    svg, size = drawn(name, layout), LAYOUTS[layout]
    words = [box_of(one, size) for one in svg.iter(f"{SVG}text") if one.get("paint-order")]
    dots = []
    for one in svg.iter(f"{SVG}circle"):
        x, y, radius = (float(one.get(part)) for part in ("cx", "cy", "r"))
        dots.append(Box(x - radius, y - radius, x + radius, y + radius))
    return words, dots


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MADE)
def test_words_in_the_plot_cover_no_dot_and_no_other_words(name, layout):
    words, dots = in_plot(name, layout)
    for place, one in enumerate(words):
        assert not [other for other in (*words[:place], *dots) if one.covers(other)]


def test_words_take_the_first_place_that_is_clear_and_then_it_is_taken():
    here, above = Box(10, 10, 20, 20), Box(10, 0, 20, 9)
    room = Room(Box(0, 0, 100, 100), [Box(0, 0, 5, 5)])
    assert [room.best([here, above]) for _ in range(2)] == [0, 1]
    assert Room(Box(0, 0, 100, 15), []).best([here, above]) == 1
    assert Room(Box(0, 0, 100, 100), [here, here, above]).best([here, above]) == 1


@pytest.mark.parametrize("name", MADE)
def test_a_phone_names_its_lines_above_the_plot(name):
    chart, words = page_of(name).chart, texts(drawn(name, "narrow"))
    named = [line.label for line in sorted(chart.lines, key=lambda line: -line.value)]
    named += [chart.level_label] if chart.level else []
    assert [one for one in words if one in named] == named
    dashes = {line.style for line in chart.lines}
    assert len(dashes) == len(chart.lines)


# -- the time axis ------------------------------------------------------------------------------

MONTH = re.compile(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( 20\d\d)?")


def months_of(name, layout):
    """Month names of the plot's axis, with their places."""
    found = [
        one for one in drawn(name, layout).iter(f"{SVG}text") if MONTH.fullmatch(one.text or "")
    ]
    upper = min(float(one.get("y")) for one in found)
    return [one for one in found if float(one.get("y")) == upper]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MADE)
def test_the_axis_names_its_years_and_its_months_never_touch(name, layout):
    found, size = months_of(name, layout), LAYOUTS[layout]
    for one, following in pairwise(found):
        assert box_of(one, size).right < float(following.get("x"))
    years = [bool(MONTH.fullmatch(one.text)[2]) for one in found]
    assert years == [n == 0 or one.text.startswith("Jan") for n, one in enumerate(found)]


@pytest.mark.parametrize(
    ("layout", "named"),
    [
        ("wide", ["Jan 2024", "Apr", "Jul", "Oct", "Jan 2025", "Apr", "Jul", "Oct"]),
        ("narrow", ["Jan 2024", "Jul", "Jan 2025", "Jul"]),
        ("print", ["Jan 2024", "Apr", "Jul", "Oct", "Jan 2025", "Apr", "Jul", "Oct"]),
    ],
)
def test_two_years_are_named_in_even_steps(layout, named):
    assert [one.text for one in months_of("two years", layout)] == named


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_interval_is_within_a_length_that_is_printed(layout):
    svg, apart = drawn("two years", layout), page_of("two years").chart.apart
    (y,) = {one.get("y") for one in svg.iter(f"{SVG}text") if one.text == "Days apart"}
    lengths = [one for one in svg.iter(f"{SVG}text") if one.get("y") == y][1:]
    printed = {int(n) for one in lengths for n in re.findall(r"\d+", one.text)}
    assert {min(a.shortest for a in apart), max(a.longest for a in apart)} <= printed
    boxes = [box_of(one, LAYOUTS[layout]) for one in lengths]
    assert not [1 for one, following in pairwise(boxes) if one.covers(following)]
