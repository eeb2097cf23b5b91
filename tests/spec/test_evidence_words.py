"""What the columns say of themselves: what cannot be read or is carried over, who was studied."""

from dataclasses import replace

import pytest

from reports.evidence import shipped_rules
from reports.page import build_page
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces
from tests.reports.pieces import INDUCTION, course


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


def columns(facts):
    return {option.column.option: option.column for option in page_of(facts).options}


def said(column):
    return [*column.speaks_for.statements, *column.speaks_against.statements]


def test_what_a_scale_cannot_be_read_for_is_no_condition_that_was_not_met():
    stop = columns(courses.pain())["stop"]
    assert [need.mark for need in stop.not_met] == []
    assert [need.mark for need in stop.not_known] == ["X3†"]
    assert [f"{need.mark} {need.text}" for need in stop.unread] == [
        "L1† No cut-off is established for PEG.",
        "X2† No reliable change is established for PEG.",
    ]
    assert all(not column.unread for column in columns(courses.worsening()).values())


def test_a_statement_from_another_drug_is_marked_where_its_threshold_is_not():
    found = columns(courses.steady_responder())
    (stop,) = [one for one in said(found["stop"]) if one.rule == "C1"]
    assert (stop.mark, "esketamine" in stop.source) == ("C1†", True)
    (keep,) = [one for one in said(columns(courses.two_that_disagree())["continue"])
               if one.rule == "C1"]  # fmt: skip
    assert keep.mark == "C1"


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (courses.ptsd, "The studies are of people with depression; none was read on PCL-5."),
        (courses.pain, "The studies are of people with depression; none was read on PEG."),
        (courses.two_that_disagree, ""),
    ],
)
def test_a_page_on_another_condition_says_whom_the_studies_treated(make, note):
    page = page_of(make())
    assert page.evidence_note.partition("on this scale. ")[2] == note


def test_a_study_of_one_scale_names_its_condition():
    for facts in (courses.ptsd(), courses.two_that_disagree()):
        for column in columns(facts).values():
            for one in said(column):
                if "McInnes" in one.source:
                    assert "depression" in one.source


def test_old_totals_do_not_tell_of_question_9_or_harms():
    (taper,) = [one for one in said(columns(courses.totals_only())["taper"]) if one.rule == "T1"]
    assert taper.inputs.endswith("Not known: question 9 and harms.")
    (known,) = [
        one for one in said(columns(courses.steady_responder())["taper"]) if one.rule == "T1"
    ]
    assert "Not known" not in known.inputs


def test_a_rise_confirmed_above_the_stable_forms_may_need_a_second_above_baseline():
    page = page_of(courses.worsening())
    assert "confirmed by a second form" in page.sentence
    (need,) = [one for one in columns(courses.worsening())["stop"].not_met if one.rule == "X2"]
    assert need.text == (
        "The rise is confirmed against 15.7, the mean of the last three forms without a flag: 14, "
        "15 and 18, rising themselves. This rule asks for 6 or more above baseline, 15.3, on two "
        "forms in a row: 23 is, the form before, 21, was not."
    )


@pytest.mark.parametrize(
    ("before", "against"),
    [
        ((8, 7, 6), "7.0, the mean of the last three forms without a flag: 8, 7 and 6;"),
        ((8, 8, 8), "8.0, the mean of the last three forms without a flag: 8, 8 and 8;"),
        ((6, 7, 8), "7.0, the mean of the last three forms without a flag: 6, 7 and 8, rising "
         "themselves;"),
        ((9, 7, 5), "7.0, the mean of the last three forms without a flag: 9, 7 and 5;"),
        # five points apart: on the threshold of the flag itself
        ((10, 7, 5), "7.3 (no stable reference), the mean of the last three forms without a flag: "
         "10, 7 and 5;"),
    ],
)  # fmt: skip
def test_a_rise_says_what_it_is_held_against_and_whether_that_was_stable(before, against):
    scores = [(5, 20), (12, 19), (19, 20), *[(40 + 7 * n, one) for n, one in enumerate(before)]]
    page = page_of(course([*scores, (61, 15), (68, 15)], [*INDUCTION, 52], 69, planned=[80]))
    assert f"PHQ-9 rose to 15 by day 16 after session 7, against {against} " in page.sentence
    assert "stable" not in page.sentence.replace("no stable reference", "")


@pytest.mark.parametrize(
    ("rises", "said"),
    [
        # sessions 7, 8, 9 and 10 are on days 52, 80, 108 and 136; each time two forms at 13
        ((129, 134), "first seen on 10 Sep."),
        ((104, 129, 134), "first seen on 10 Sep; in one earlier interval too, 13 on 16 Aug."),
        (
            (76, 104, 129, 134),
            "first seen on 10 Sep; in two earlier intervals too, last 13 on 16 Aug.",
        ),
    ],
)
def test_a_loss_that_came_back_is_not_said_as_a_single_one(rises, said):
    before = [(5, 20), (12, 19), (19, 20), (40, 7), (47, 7), (55, 7), (62, 7), (69, 7), (83, 7)]
    calm = [*before, (90, 7), (97, 7), (111, 7), (118, 7), (125, 7)]
    scores = sorted([*calm, *[(at, 13) for at in rises]])
    facts = course(scores, [*INDUCTION, 52, 80, 108], 135, planned=[136])
    assert page_of(facts).sentence.endswith(said)


@pytest.mark.parametrize(
    ("last", "due", "said"),
    [
        (68, [], "No form missing."),  # 28 days after the form of day 40
        (69, [], "No form missing: between 13 Jun and 12 Jul none was due."),
        (69, [54], "No form missing."),  # one was sent and is still open
    ],
)
def test_a_long_gap_without_a_missing_form_says_that_none_was_due(last, due, said):
    scores = [(5, 20), (12, 19), (19, 20), (40, 7), (last, 7)]
    still_open = pieces.missed(due, "sent")
    facts = course(scores, INDUCTION, 75, unanswered=still_open)
    assert page_of(facts).blocks[1].lines[0] == said


@pytest.mark.parametrize(
    ("unanswered", "reason"),
    [
        (
            [75, 82, 89, 96],
            "none of the three forms due in the last 28 days answered (nor the one before) and",
        ),
        (
            [68.5, 75, 82, 89, 96],
            "none of the three forms due in the last 28 days answered (nor the two before) and",
        ),
        ([82, 89, 96], "none of the three forms due in the last 28 days answered and"),
        ([96], "none of the one form due in the last 28 days answered and"),
    ],
)
def test_which_forms_were_counted_is_said(unanswered, reason):
    facts = replace(
        courses.stopped_answering(),
        occurrences=tuple(pieces.missed(unanswered)),
    )
    assert page_of(facts).sentence.startswith(f"Not interpretable: {reason}")


@pytest.mark.parametrize(
    ("forms", "crossed"),
    [
        # day 38 is the last session of the induction; forms since day 20, the first session
        ([(41, 9), (48, 9)], "no reference yet"),
        ([(25, 9), (31, 9), (41, 9), (48, 9)], "not by day 10"),
        ([(25, 9), (31, 9), (36, 9), (48, 14)], "day 10"),
        ([(25, 9), (31, 9), (48, 27)], "no reference yet"),
    ],
)
def test_a_reference_is_of_three_stable_forms_since_session_1(forms, crossed):
    before = [(5, 20), (12, 19), (19, 20)]
    facts = course([*before, *forms], [*INDUCTION, 52], 53)
    assert page_of(facts).intervals[0].crossed == crossed
