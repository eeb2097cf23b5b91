"""Chapter: from answers to scores.

Answers are written as a form reads: nine digits for PHQ-9 questions 1 to 9, "." for a question
left open and "d" for one the person preferred not to answer.
"""

import csv
from fractions import Fraction
from pathlib import Path
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows
from surveys.catalogue import every_instrument
from surveys.instrument import load_instrument, shipped_instruments
from surveys.scoring import DECLINED, AnswerError, round_half_up, score, score_total
from tests.spec.filled_in import adding_up_to

PHQ9 = shipped_instruments()["phq9"]
GAD7 = shipped_instruments()["gad7"]
AFTER_SESSION = shipped_instruments()["after_session"]
PHQ9_CODES = "123456789"
REAL_FORMS = Path(flows.__file__).parent / "data" / "phq9_forms.csv"


def form(signs: str) -> dict:
    """ "01.d" → question 1 is 0, 2 is 1, 3 is open, 4 is declined."""
    meaning = {".": None, "d": DECLINED}
    return {
        str(place): meaning[sign] if sign in meaning else int(sign)
        for place, sign in enumerate(signs, start=1)
    }


@pytest.mark.parametrize(("total", "reached"), [(9, False), (10, True), (11, True)])
@pytest.mark.parametrize("instrument", [PHQ9, GAD7])
def test_the_screen_is_positive_from_10(instrument, total, reached):
    assert score(instrument, adding_up_to(instrument, total)).flags["cutoff_reached"] is reached


@pytest.mark.parametrize(
    ("signs", "total", "exact", "band", "why"),
    [
        ("222222222", 18, "18", "moderately severe", "complete"),
        ("22222222.", 18, "18", "moderately severe", "one open: the mean of the other eight"),
        ("2222222..", 18, "18", "moderately severe", "two open: still the mean of the others"),
        ("222222...", None, None, None, "three open: no total"),
        ("2222222d.", 18, "18", "moderately severe", "declined counts as not answered"),
        ("222222dd.", None, None, None, "one open and two declined are three"),
        (".........", None, None, None, "nothing answered is not zero"),
        ("ddddddddd", None, None, None, "everything declined is not zero"),
        ("00000000.", 0, "0", "minimal", "eight zeros and one open"),
        ("33333333.", 27, "27", "severe", "the highest possible stays in range"),
    ],
)
def test_phq9_with_answers_missing(signs, total, exact, band, why):
    result = score(PHQ9, form(signs))
    assert result.total == total, why
    assert result.total_exact == (None if exact is None else Fraction(exact)), why
    assert result.band == band, why


@pytest.mark.parametrize(
    ("signs", "exact", "total", "band", "why"),
    [
        ("31000000.", Fraction(36, 8), 5, "mild", "4.5 goes up"),
        ("33111111.", Fraction(27, 2), 14, "moderate", "13.5 goes up; Python's round agrees"),
        ("33210000.", Fraction(81, 8), 10, "moderate", "10.125 goes down"),
        ("33200000.", Fraction(9), 9, "mild", "whole stays"),
        ("3310000..", Fraction(9), 9, "mild", "7 of 7 answers"),
        ("3320000..", Fraction(72, 7), 10, "moderate", "10.29 goes down"),
        ("3333320..", Fraction(153, 7), 22, "severe", "21.86 goes up"),
        ("3322000..", Fraction(90, 7), 13, "moderate", "12.86 goes up"),
    ],
)
def test_a_prorated_total_is_rounded_half_up_and_kept_exact(signs, exact, total, band, why):
    result = score(PHQ9, form(signs))
    assert (result.total_exact, result.total, result.band) == (exact, total, band), why
    assert result.prorated


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("9/2", 5), ("11/2", 6), ("449/100", 4), ("451/100", 5), ("0", 0), ("1/2", 1), ("27", 27)],
)
def test_half_is_rounded_up_whether_the_whole_part_is_odd_or_even(exact, rounded):
    assert round_half_up(Fraction(exact)) == rounded


def test_a_complete_form_is_not_called_prorated():
    assert not score(PHQ9, form("222222222")).prorated


def test_open_and_declined_questions_are_told_apart():
    result = score(PHQ9, form("12.d10231"))
    assert (result.missing, result.declined) == (("3",), ("4",))


def test_a_question_not_mentioned_is_left_open():
    assert score(PHQ9, {"1": 3}).missing == tuple("23456789")


def test_the_function_item_is_never_added_and_never_missing():
    nine = form("111111111")
    for tenth in (None, DECLINED, 0, 3):
        result = score(PHQ9, {**nine, "10": tenth})
        assert (result.total, result.missing, result.declined) == (9, (), ())


@pytest.mark.parametrize(
    ("signs", "exact", "total", "band", "why"),
    [
        ("2222222", "14", 14, "moderate", "complete"),
        ("222222.", "14", 14, "moderate", "one open: the mean of the other six"),
        ("22222..", "14", 14, "moderate", "two open: the mean of the other five"),
        ("2222...", None, None, None, "three open: no total"),
        ("22222d.", "14", 14, "moderate", "declined counts as not answered"),
        ("2222dd.", None, None, None, "one open and two declined are three"),
        ("330000.", "7", 7, "mild", "seven of six"),
        ("33210..", "63/5", 13, "moderate", "12.6 goes up"),
        ("31000..", "28/5", 6, "mild", "5.6 goes up"),
        ("33100..", "49/5", 10, "moderate", "9.8 goes up, into the next band"),
        ("311110.", "49/6", 8, "mild", "8.17 goes down"),
        ("333330.", "35/2", 18, "severe", "17.5 goes up"),
        (".......", None, None, None, "nothing answered is not zero"),
    ],
)
def test_gad7_with_answers_missing_goes_by_the_rule_of_phq9(signs, exact, total, band, why):
    result = score(GAD7, form(signs))
    assert result.total_exact == (None if exact is None else Fraction(exact)), why
    assert (result.total, result.band) == (total, band), why


def test_that_rule_is_marked_as_a_convention():
    assert "convention" in GAD7.sources["missing_allowed"]


@pytest.mark.parametrize(
    ("signs", "gad2", "why"),
    [
        ("0000000", 0, "lowest"),
        ("1233333", 3, "questions 1 and 2"),
        ("3300000", 6, "highest"),
        (".300000", None, "a subscore is never prorated"),
        ("d300000", None, "nor where one was declined"),
        ("12.....", 3, "the other five do not matter"),
    ],
)
def test_gad2(signs, gad2, why):
    assert score(GAD7, form(signs)).subscores == {"gad2": gad2}, why


EVERY_BAND = [
    (one, band, total)
    for one in every_instrument().values()
    for band in one.bands
    for total in sorted({band.lo, band.hi})
]


@pytest.mark.parametrize(
    ("instrument", "band", "total"),
    EVERY_BAND,
    ids=[f"{one.id} {total} {band.label}" for one, band, total in EVERY_BAND],
)
def test_both_edges_of_every_band_of_every_questionnaire(instrument, band, total):
    assert score_total(instrument, total).band == band.label
    outside = [edge for edge in (band.lo - 1, band.hi + 1) if _in_range(instrument, edge)]
    assert all(score_total(instrument, edge).band != band.label for edge in outside)


def _in_range(instrument, total: int) -> bool:
    low, high = instrument.score_range
    return low <= total <= high


@pytest.mark.parametrize(
    ("signs", "phq2", "phq8", "positive", "why"),
    [
        ("110000000", 2, 2, False, "below 3"),
        ("120000000", 3, 3, True, "on 3"),
        ("220000003", 4, 4, True, "above 3; PHQ-8 leaves question 9 out"),
        (".20000000", None, None, None, "a subscore is never prorated"),
        ("12.000000", 3, None, True, "question 3 is not part of the PHQ-2"),
        ("12000000.", 3, 3, True, "question 9 is part of neither"),
    ],
)
def test_phq2_and_phq8(signs, phq2, phq8, positive, why):
    result = score(PHQ9, form(signs))
    assert result.subscores == {"phq2": phq2, "phq8": phq8}, why
    assert result.flags["phq2_positive"] is positive, why


@pytest.mark.parametrize(
    ("signs", "major", "other", "why"),
    [
        ("222220000", True, False, "core and five symptoms"),
        ("222200000", False, True, "core and four"),
        ("220000000", False, True, "core and two"),
        ("200000000", False, False, "core alone is one symptom"),
        ("112222222", False, False, "seven symptoms without a core one"),
        ("222200001", True, False, "question 9 counts from 1"),
        ("222210001", True, False, "question 5 at 1 does not count; 9 does"),
        ("222210000", False, True, "question 5 at 1 does not count"),
        ("22222....", True, False, "five are enough whatever the rest"),
        ("2222.0000", None, None, "question 5 decides between the two"),
        ("22000000.", False, True, "two or three: neither way major"),
        ("..0000000", False, None, "two at the most"),
        (".02222222", None, False, "major if question 1 is, else neither"),
        ("00.......", False, False, "no core symptom left"),
        (".........", None, None, "nothing is known"),
        ("ddddddddd", None, None, "declined is not known either"),
    ],
)
def test_the_symptom_count_is_settled_only_where_open_answers_cannot_change_it(
    signs, major, other, why
):
    flags = score(PHQ9, form(signs)).flags
    assert (flags["dsm_major"], flags["dsm_other"]) == (major, other), why


@given(
    st.lists(st.integers(0, 3), min_size=9, max_size=9),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_no_completion_of_a_form_overturns_a_settled_flag(values, is_open):
    complete = dict(zip(PHQ9_CODES, values, strict=True))
    partial = {
        code: None if hidden else complete[code]
        for code, hidden in zip(PHQ9_CODES, is_open, strict=True)
    }
    truth = score(PHQ9, complete).flags
    for name in ("dsm_major", "dsm_other", "item9_positive", "phq2_positive"):
        assert score(PHQ9, partial).flags[name] in (None, truth[name])


@pytest.mark.parametrize(
    ("signs", "positive"), [("222222220", False), ("000000001", True), ("00000000.", None)]
)
def test_question_9_is_read_raw(signs, positive):
    assert score(PHQ9, form(signs)).flags["item9_positive"] is positive


@pytest.mark.parametrize(
    ("answers", "item", "why"),
    [
        ({"1": 4}, "1", "above the options"),
        ({"1": -1}, "1", "below the options"),
        ({"1": True}, "1", "a yes is not a 1"),
        ({"1": False}, "1", "a no is not a 0"),
        ({"1": "2"}, "1", "a text is not a number"),
        ({"1": 2.0}, "1", "a decimal is not a whole number"),
        ({"1": ""}, "1", "an empty text is not an open question"),
        ({"11": 1}, "11", "no such question"),
        ({"total": 10}, "total", "a total is not an answer"),
        ({"10": 4}, "10", "the function item has options too"),
    ],
)
def test_what_is_not_an_answer_is_refused_and_named(answers, item, why):
    with pytest.raises(AnswerError) as refusal:
        score(PHQ9, answers)
    assert refusal.value.item == item, why


def test_the_after_session_check_has_no_score_at_all():
    every = {item.code: max(item.values) for item in AFTER_SESSION.items}
    result = score(AFTER_SESSION, every)
    assert (result.total, result.total_exact, result.band) == (None, None, None)
    assert (result.subscores, result.flags, result.missing) == ({}, {}, ())


def test_the_after_session_check_still_says_what_was_left_open():
    result = score(AFTER_SESSION, {"nausea": 1, "dizzy": DECLINED})
    assert "nausea" not in result.missing
    assert result.declined == ("dizzy",)
    assert len(result.missing) == 14


@pytest.mark.parametrize(("total", "band"), [(0, "minimal"), (10, "moderate"), (27, "severe")])
def test_an_old_record_of_a_total_alone(total, band):
    result = score_total(PHQ9, total)
    assert (result.total, result.total_exact, result.band) == (total, total, band)
    assert result.subscores == {"phq2": None, "phq8": None}
    assert result.flags["item9_positive"] is None


@pytest.mark.parametrize("total", [-1, 28, True, 12.0, "12"])
def test_a_total_out_of_range_is_refused(total):
    with pytest.raises(AnswerError, match="0 to 27"):
        score_total(PHQ9, total)


def test_a_total_of_a_questionnaire_without_one_is_refused():
    with pytest.raises(AnswerError, match="has no total"):
        score_total(AFTER_SESSION, 3)


def test_a_scale_known_by_its_total_alone(tmp_path):
    path = tmp_path / "scale.toml"
    path.write_text('id = "scale"\ntitle = "S"\nrange = [0, 60]\ndirection = "higher_is_worse"\n')
    scale = load_instrument(path)
    assert score(scale, {"total": 60}).total == 60
    assert score(scale, {}).missing == ("total",)
    for wrong in ({"total": 61}, {"total": True}, {"1": 3}):
        with pytest.raises(AnswerError):
            score(scale, wrong)


def test_every_real_form_is_scored():
    with REAL_FORMS.open(encoding="utf-8", newline="") as file:
        rows = [{k: int(v) for k, v in row.items()} for row in csv.DictReader(file)]
    results = [score(PHQ9, {k: v for k, v in row.items() if k != "form_id"}) for row in rows]
    totals = [result.total for result in results]
    assert len(totals) == 2177
    assert (round(mean(totals), 2), round(stdev(totals), 2)) == (13.29, 5.83)
    assert (min(totals), max(totals)) == (0, 27)
    assert sum(result.flags["item9_positive"] for result in results) == 679
