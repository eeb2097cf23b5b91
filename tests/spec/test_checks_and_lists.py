"""Chapter: the screener that is a triage, lists without a score, and what a form looks back on.

Answers are written as a form reads, one sign a question: a digit, "." for a question left open, "d"
for one the person preferred not to answer. PHQ-9 and GAD-7 have a chapter of their own.
"""

from datetime import UTC, datetime, timedelta

import pytest

from surveys.catalogue import every_instrument
from surveys.recall import overlap_days
from surveys.scoring import AnswerError, score, score_total
from surveys.triage import concerns, unanswered_safety_items
from tests.spec.filled_in import form

ALL = every_instrument()
C_SSRS, PANIC, HARMS = (ALL[n] for n in ("c_ssrs_screener", "phq_panic", "longer_term_harms"))


# -- C-SSRS screener -----------------------------------------------------------------------------


#         1-5, behaviour ever, in the past three months
@pytest.mark.parametrize(
    ("signs", "level", "why"),
    [
        ("00000 0 0", "no positive answer", "which clears nobody"),
        ("10000 0 0", "low", "question 1"),
        ("11000 0 0", "low", "question 2"),
        ("11100 0 0", "moderate", "question 3"),
        ("00000 1 0", "moderate", "behaviour, but not recently"),
        ("11110 0 0", "high", "question 4"),
        ("11001 0 0", "high", "question 5"),
        ("00000 1 1", "high", "behaviour in the past three months"),
        ("10... 0 .", "low", "the screener itself passes over 3 to 5 and the last"),
        ("00... 1 .", None, "whether it was recent decides"),
        ("11... 0 .", None, "after a yes to 2, questions 3 to 5 are needed"),
        ("1111. . .", "high", "high whatever the rest"),
        ("..... . .", None, "nothing is known"),
        ("ddddd d d", None, "declined is not no"),
    ],
)
def test_the_c_ssrs_screener_is_a_triage_and_never_a_sum(signs, level, why):
    result = score(C_SSRS, form(C_SSRS, signs))
    assert (result.total, result.total_exact, result.prorated) == (None, None, False)
    assert result.band == level, why


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("1", "standard"),
        ("2", "standard"),
        ("3", "urgent"),
        ("4", "urgent"),
        ("5", "urgent"),
        ("6", "standard"),
        ("6_recent", "urgent"),
    ],
)
def test_every_yes_of_the_c_ssrs_screener_is_somebodys_task(code, level):
    [concern] = concerns(C_SSRS, {code: 1}, {code: 1})
    assert concern.level == level


def test_what_the_screener_passes_over_is_no_unanswered_question():
    assert unanswered_safety_items(C_SSRS, form(C_SSRS, "00... 0 .")) == ()
    assert unanswered_safety_items(C_SSRS, form(C_SSRS, "01.00 0 .")) == ("3",)
    assert unanswered_safety_items(C_SSRS, form(C_SSRS, "0d... 0 .")) == ("2", "3", "4", "5")


def test_a_screeners_total_is_refused():
    with pytest.raises(AnswerError, match="has no total"):
        score_total(C_SSRS, 3)


# -- lists without a score -----------------------------------------------------------------------


@pytest.mark.parametrize("instrument", [PANIC, HARMS], ids=lambda one: one.id)
def test_a_list_is_read_answer_by_answer(instrument):
    result = score(instrument, {item.code: max(item.values) for item in instrument.items})
    assert (result.total, result.band, result.subscores, result.flags) == (None, None, {}, {})


def test_the_panic_module_ends_at_its_first_no():
    assert score(PANIC, form(PANIC, "0....")).missing == ()
    assert score(PANIC, form(PANIC, "1....")).missing == tuple("bcde")


@pytest.mark.parametrize(
    ("code", "answer", "level"),
    [
        ("uri_blood", 0, None),
        ("uri_blood", 1, "urgent"),
        ("liver", 1, "urgent"),
        ("nonprescribed", 1, "standard"),
        ("blood_pressure", 1, "standard"),
        ("asked_early", 1, None),
        ("uri_pain", 1, None),
        ("uri_pain", 2, "standard"),
        ("craving", 1, None),
        ("craving", 2, "standard"),
        ("craving", 3, "standard"),
        ("thinking", 3, None),
    ],
)
def test_which_longer_term_harms_somebody_is_told_of(code, answer, level):
    assert [one.level for one in concerns(HARMS, {code: answer})] == ([level] if level else [])


# -- recall --------------------------------------------------------------------------------------

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "recall_days", "overlap", "why"),
    [
        (timedelta(days=7), 14, 7, "a weekly PHQ-9 asks half of its days twice"),
        (timedelta(days=13), 14, 1, "a day short"),
        (timedelta(days=14, seconds=-1), 14, 1, "a second short: a started day counts"),
        (timedelta(days=14), 14, 0, "just past"),
        (timedelta(days=15), 14, 0, "well past"),
        (timedelta(0), 14, 14, "twice at once"),
        (timedelta(days=20), 30, 10, "PCL-5 looks back a month"),
        (timedelta(days=7), 7, 0, "a weekly QIDS or PEG asks nothing twice"),
        (timedelta(days=1), None, 0, "the after-session check has no such period"),
    ],
)
def test_days_that_two_forms_both_look_back_on(later, recall_days, overlap, why):
    assert overlap_days(MONDAY, MONDAY + later, recall_days) == overlap, why


def test_forms_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="after this one"):
        overlap_days(MONDAY, MONDAY - timedelta(seconds=1), 14)
