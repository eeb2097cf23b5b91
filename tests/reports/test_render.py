"""One page on screen and on paper: the same words in the same order, the same bytes each time."""

import io
import json
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from reports.evidence import shipped_rules
from reports.facts import PreviousReport
from reports.headline import ATTENTION
from reports.page import build_page, page_as_dict
from reports.render import render_html, render_pdf
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces

COURSES = pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


def squeezed(text: str) -> str:
    """Letters and figures only: line ends, hyphens and spaces differ between screen and paper."""
    return re.sub(r"[\W_]", "", text)


def in_html(html: str) -> str:
    body = re.sub(r"<(style|svg|details).*?</\1>", " ", html, flags=re.DOTALL)
    return squeezed(re.sub(r"<[^>]+>", " ", body).replace("&#39;", "'"))


def in_pdf(pdf: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def statements(page):
    for option in page.options:
        for cell in (option.column.speaks_for, option.column.speaks_against):
            yield from cell.statements


@COURSES
def test_screen_and_paper_make_the_same_statements_in_the_same_order(make):
    page = page_of(make())
    html, pdf = in_html(render_html(page, standalone=True)), in_pdf(render_pdf(page))
    for option in page.options:
        for side in ("speaks_for", "speaks_against"):
            claims = [squeezed(s.claim) for s in getattr(option.column, side).statements]
            assert in_order(claims, html), claims
            assert in_order(claims, pdf), claims
    for said in statements(page):
        for words in (said.inputs, said.source, said.but):
            assert squeezed(words) in html
            assert squeezed(words) in pdf


@COURSES
def test_screen_and_paper_list_the_same_beside_the_sessions(make):
    page = page_of(make())
    said = [squeezed(part) for row in page.beside for part in (row.label, row.text)]
    assert in_order(said, in_html(render_html(page, standalone=True)))
    assert in_order(said, in_pdf(render_pdf(page)))


def in_order(parts, text):
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
    return True


@COURSES
def test_a_page_is_one_tagged_sheet_of_paper(make):
    reader = PdfReader(io.BytesIO(render_pdf(page_of(make()))))
    assert len(reader.pages) == 1
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en"


@COURSES
def test_the_same_facts_give_the_same_bytes(make):
    first, second = page_of(make()), page_of(make())
    assert render_html(first, standalone=True) == render_html(second, standalone=True)
    assert render_pdf(first) == render_pdf(second)


@COURSES
def test_a_stored_page_asks_nobody_for_anything(make):
    html = render_html(page_of(make()), standalone=True)
    assert "<script" not in html
    assert "<link" not in html
    assert not re.search(r"(src|href)=\"(?!#)", html)
    assert not re.search(r"url\(", html)


def test_a_linked_page_carries_no_style_of_its_own():
    html = render_html(page_of(courses.sparse()), standalone=False)
    assert "<style" not in html
    assert " style=" not in html


@COURSES
def test_the_page_is_plain_json(make):
    page = page_of(make())
    assert json.loads(json.dumps(page_as_dict(page)))["patient"] == page.patient


@COURSES
def test_no_page_gives_a_verdict_or_says_there_is_no_risk(make):
    text = render_html(page_of(make()), standalone=True).lower()
    for words in ("no risk", "low risk", "high risk", "recommend", "probability of", "forecast"):
        assert words not in text


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            courses.steady_responder,
            "PHQ-9 has stayed at 3 to 4 on the last four forms; the newest, 4, is 15.7 points "
            "lower than the 19.7 before treatment, a reliable change (6 or more).",
        ),
        (
            courses.wane_and_rebound,
            "At 28 days, after 21, PHQ-9 rose to 13 by day 23 after session 12, against 7.0, the "
            "mean of the last three forms without a flag: 8, 7 and 6; confirmed by a second form, "
            "which asks about 10 of the same 14 days; first seen on 20 Oct; in one earlier "
            "interval too, 12 on 28 Sep.",
        ),
        (
            courses.early_non_responder,
            "After four sessions PHQ-9 is 18, against 19.5 before treatment: 1.5 points lower, "
            "less than a reliable change (6).",
        ),
        (
            courses.sparse,
            "Not interpretable: two of the four forms due in the last 28 days answered and newest "
            "form 19 days old; the last one, 22 Aug, had risen from 9 to 12.",
        ),
    ],
)
def test_the_one_sentence_says_what_moved_and_how_sure(make, sentence):
    assert page_of(make()).sentence == sentence


@pytest.mark.parametrize(
    ("make", "category"),
    [
        (courses.wane_and_rebound, "open alert"),
        (lambda: replace(courses.wane_and_rebound(), alerts=()), "confirmed change"),
        (courses.early_non_responder, "early course"),
        (courses.sparse, "silence"),
        (courses.stopped_answering, "silence"),
        (courses.steady_responder, "steady"),
        (courses.steady_non_responder, "no response"),
    ],
)
def test_why_a_course_is_worth_a_look(make, category):
    found = page_of(make()).attention
    assert (found.category, found.place) == (category, ATTENTION.index(category))
    assert found.why


def test_what_changed_since_the_last_report():
    since, restated, _ = page_of(courses.wane_and_rebound()).blocks
    assert since.title == "Since report 21"
    assert "Two forms added: 12 then 13." in since.lines
    assert "Item 9: 0 to 1." in since.lines
    assert "C1 and T1† no longer speak." in since.lines
    assert "Dose at session 11: 0.5 in report 21, now 0.6." in restated.lines


def test_a_corrected_score_is_listed_as_a_restatement():
    facts = courses.totals_only()
    shown = {form.response_id: form.total for form in facts.forms} | {"r110": 9}
    sessions = {session.key: session for session in facts.done}
    previous = PreviousReport(3, pieces.day(111), (), shown, sessions)
    lines = page_of(replace(facts, previous=previous)).blocks[1].lines
    assert lines[0] == "Form of 22 Aug: 9 in report 3, now 6."


def test_silence_is_never_shown_as_knowledge():
    page = page_of(courses.sparse())
    assert page.alert.text == ("No open alert. Item 9 was 0 on 22 Aug. Since then it is not known.")
    rows = {row.title: row.latest for group in page.chart.groups for row in group.rows}
    assert rows["Item 9, self-harm"] == "0 on 22 Aug; since: not known"
    harms = ("Bladder", "Craving, early requests", "Blood pressure", "Liver signs")
    assert [rows[name] for name in harms] == ["not asked"] * 4


def test_a_patients_name_cannot_become_markup():
    facts = replace(courses.sparse(), initials="<b>&", patient="<script>")
    html = render_html(page_of(facts), standalone=True)
    assert "<script" not in html
    assert "&lt;b&gt;&amp;" in html
    assert render_pdf(page_of(facts)).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("row", "answers", "words"),
    [
        ("Bladder", {"uri_freq": 2}, "often, 24 Jul"),
        ("Bladder", {"uri_blood": 1, "uri_freq": 2}, "yes: blood in the urine, 24 Jul"),
        ("Bladder", {}, "never, 24 Jul"),
        ("Craving, early requests", {"craving": 1}, "sometimes: strong urges to take ketamine"),
        ("Blood pressure", {"blood_pressure": 1}, "yes, 24 Jul"),
        ("Liver signs", {"liver": 0}, "no, 24 Jul"),
        ("Thinking, memory", {"thinking": 3}, "almost always, 24 Jul"),
    ],
)
def test_the_longer_term_check_fills_its_own_rows(row, answers, words):
    checks = [pieces.longer_term(81, **answers)]
    facts = pieces.course([(5, 20), (75, 8), (82, 8)], [20, 60], 84, checks=checks)
    rows = {one.title: one.latest for group in page_of(facts).chart.groups for one in group.rows}
    assert rows[row].startswith(words)


def test_two_questionnaires_that_disagree_are_both_shown_and_neither_is_right():
    page = page_of(courses.two_that_disagree())
    assert page.sentence.endswith("GAD-7 went the other way: 15, 7.0 points worse than before.")
    rows = dict(page.standing)
    assert rows["GAD-7"] == (
        "15, severe, on 18 Jul; level 14.4; +7.0 from baseline 8.0, reliable: 4 or more; "
        "disagrees: worse, PHQ-9 better"
    )


def test_a_disagreement_stands_beside_the_options_and_can_be_traced():
    page = page_of(courses.two_that_disagree())
    assert page.disagreement == (
        "PHQ-9 and GAD-7 disagree: PHQ-9 better, 18.0 to 8 (reliable: 6 or more); "
        "GAD-7 worse, 8.0 to 15 (reliable: 4 or more). "
        "X2† reads each of them, the other rules read PHQ-9 alone; neither overrules the other."
    )
    said = squeezed(page.disagreement)
    claims = [squeezed(one.claim) for one in statements(page)]
    for text in (in_html(render_html(page, standalone=True)), in_pdf(render_pdf(page))):
        assert text.index(squeezed("Evidence to")) > text.index(said) < text.index(claims[0])
    (traced,) = [one for one in page.traced if one.text == page.disagreement]
    assert {"gad7 v1", "phq9 v1"} <= set(traced.instruments)
    assert {"gad775.01", "r75"} <= set(traced.responses)
    assert page_of(courses.steady_responder()).disagreement == ""


def test_the_course_of_a_second_questionnaire_is_drawn_beneath_the_first():
    group, *_ = page_of(courses.two_that_disagree()).chart.groups
    (row,) = group.rows
    assert (group.title, row.title) == ("Beside PHQ-9, higher is worse", "GAD-7 total, 0–21")
    assert [mark.value for mark in row.marks] == [8, 8, 9, 12, 14, 15]
    assert row.latest == "8 on 9 May → 15 on 18 Jul"


@pytest.mark.parametrize(
    ("latest", "disagrees"),
    [(4, ""), (5, "; disagrees: not clearly changed, PHQ-9 better"),
     (11, "; disagrees: not clearly changed, PHQ-9 better"),
     (12, "; disagrees: worse, PHQ-9 better")],
)  # fmt: skip
def test_what_counts_as_moved_is_the_important_change_of_each_scale(latest, disagrees):
    """GAD-7 was 8: four points matter, either way."""
    facts = courses.two_that_disagree()
    forms = tuple(
        replace(form, total=latest) if form.response_id == "gad775.01" else form
        for form in facts.forms
    )
    row = dict(page_of(replace(facts, forms=forms)).standing)["GAD-7"]
    assert "".join(row.partition("; disagrees")[1:]) == disagrees


def test_what_is_not_established_of_a_scale_is_said():
    ptsd, pain = (dict(page_of(make()).standing) for make in (courses.ptsd, courses.pain))
    assert ptsd["Level"] == "none: its standard error is not established for PCL-5"
    assert "reliable change of PEG is not established" in pain["From baseline"]


def test_the_last_forms_name_what_was_asked():
    """By item with a word for it; a long questionnaire part by part, as its file groups it."""
    assert page_of(courses.pain()).forms.items == ("1 Pain", "2 Enjoyment", "3 Activity")
    forms = page_of(courses.ptsd()).forms
    assert forms.title == "Last three of five forms, part by part"
    assert forms.items == (
        "Cluster B: intrusion", "Cluster C: avoidance", "Cluster D: thoughts and mood",
        "Cluster E: arousal",
    )  # fmt: skip
    assert forms.rows[0].answers == ("10", "4", "14", "10")
    assert forms.rows[0].total == "38"


def test_a_score_is_called_what_its_questionnaire_calls_it():
    """PEG is a mean of three answers: heading it "Total" would triple it."""
    pain, depression = (page_of(make()) for make in (courses.pain, courses.sparse))
    assert (pain.forms.score, depression.forms.score) == ("Mean", "Total")
    assert pain.chart.title == "PEG mean, 0–10."
    for printed in (in_html(render_html(pain, standalone=True)), in_pdf(render_pdf(pain))):
        assert "3ActivityMean" in printed
        assert "Total" not in printed


def test_a_part_with_an_answer_missing_has_no_sum():
    facts = courses.ptsd()
    *before, last = facts.forms
    gap = replace(last, answers={**last.answers, "7": None})
    rows = page_of(replace(facts, forms=(*before, gap))).forms.rows
    assert rows[-1].answers[1] == "open"


def test_paper_says_how_to_trace_a_sentence():
    page = page_of(courses.wane_and_rebound())
    printed = in_pdf(render_pdf(page))
    for words in (
        "Report 22",
        "A-017-report-22.json",
        "PHQ-9 v1, After-session check v1",
        f"rules {shipped_rules()[0].name}",
    ):
        assert squeezed(words) in printed


INTERVAL_LABELS = [
    "Between sessions", "Length; dose, mg/kg", "Start → end", "Rebound per week",
    "Reference crossed", "Effect of session",
]  # fmt: skip


def test_every_figure_of_an_interval_carries_its_name_where_no_row_names_it():
    """On a phone an interval is a card, and read aloud it is a list: both name each figure."""
    page = page_of(courses.wane_and_rebound())
    html = render_html(page, standalone=True)
    cards = re.findall(r'<li><span class="between">.*?</li>', html, flags=re.DOTALL)
    assert len(cards) == len(page.intervals) == 7
    for card, row in zip(cards, page.intervals, strict=True):
        assert re.findall(r"<i>(.*?)</i>", card) == INTERVAL_LABELS
        words = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", card, flags=re.DOTALL)
        said = " ".join(words.split())
        assert f"Start → end {row.ends} Rebound per week {row.rebound} " in said


def test_what_a_baseline_is_made_of_stands_beside_it_on_screen_and_paper():
    page = page_of(courses.early_non_responder())
    said = " of 19.5 (mean of 4, 19 to 20); "
    assert said in dict(page.standing)["From baseline"]
    assert squeezed(said) in in_html(render_html(page, standalone=True))
    assert squeezed(said) in in_pdf(render_pdf(page))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([(5, 20)], " of 20.0 (one form); "),
        ([(5, 18), (12, 18)], " of 18.0 (mean of 2, each 18); "),
        # day −10 is 30 days before session 1 and no part of it
        ([(-10, 27), (5, 14), (12, 21)], " of 17.5 (mean of 2, 14 to 21); "),
    ],
)
def test_a_baseline_names_how_many_forms_it_is_of_and_how_far_they_lie_apart(before, said):
    facts = pieces.course([*before, (40, 8), (47, 8)], pieces.INDUCTION, 50)
    assert said in dict(page_of(facts).standing)["From baseline"]


def test_a_rise_on_the_last_form_before_silence_is_said_to_be_unconfirmed():
    said = "had risen from 6 to 12, a worsening on one form, never confirmed."
    assert page_of(courses.stopped_answering()).sentence.endswith(said)
    # from 9 to 12 is no flag
    assert "confirmed" not in page_of(courses.sparse()).sentence


def test_what_no_option_meets_is_said_once():
    page = page_of(courses.sparse())
    (need,) = page.needed_by_all
    assert [need in option.column.not_met for option in page.options] == [True] * 3
    for text in (in_html(render_html(page, standalone=True)), in_pdf(render_pdf(page))):
        assert text.count(squeezed(need.text)) == 1
        # D0 is met where it speaks: it is the scores that are not
        assert squeezed(f"Not interpretable, for all three: {need.mark} {need.text}") in text
        assert text.count(squeezed("As above, for all three.")) == 2
        # the third column has something of its own
        assert squeezed(page.options[2].column.not_met[-1].text) in text
    assert page_of(courses.steady_responder()).needed_by_all == ()
