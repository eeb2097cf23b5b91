"""Chapter: how mood, daily life, well-being, alcohol and drugs are scored.

Answers are written as a form reads, one sign a question: a digit, "." for a question left open, "d"
for one the person preferred not to answer. PHQ-9 and GAD-7 have a chapter of their own.
"""

from fractions import Fraction

import pytest

from surveys.catalogue import every_instrument
from surveys.scoring import AnswerError, score
from surveys.triage import concerns
from tests.spec.filled_in import adding_up_to, form

ALL = every_instrument()
AUDIT_C, ASRM, WSAS = (ALL[name] for name in ("audit_c", "asrm", "wsas"))
DAST10, WHO5 = (ALL[name] for name in ("dast10", "who5"))


# -- AUDIT-C -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signs", "total", "missing", "why"),
    [
        ("000", 0, (), "complete"),
        ("444", 12, (), "complete"),
        ("0..", 0, (), "who never drinks has nothing more to answer"),
        ("0.1", 1, (), "what is answered counts as answered"),
        ("0d.", None, (), "declined is not blank"),
        ("1..", None, ("2", "3"), "who drinks has"),
        (".00", None, ("1",), "question 1 is needed"),
        ("22.", None, ("3",), "no mean here"),
    ],
)
def test_audit_c_after_never_the_rest_may_stay_blank(signs, total, missing, why):
    result = score(AUDIT_C, form(AUDIT_C, signs))
    assert (result.total, result.missing) == (total, missing), why
    assert not result.prorated


@pytest.mark.parametrize(
    ("total", "women", "men", "counselling"),
    [
        (2, False, False, False),
        (3, True, False, False),
        (4, True, True, False),
        (5, True, True, True),
    ],
)
def test_audit_c_shows_every_cut_off_in_use(total, women, men, counselling):
    flags = score(AUDIT_C, adding_up_to(AUDIT_C, total)).flags
    assert flags == {"cutoff_women": women, "cutoff_men": men, "counselling": counselling}


# -- ASRM, WSAS, DAST-10, WHO-5 ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signs", "exact", "total", "reached", "why"),
    [
        ("11111", "5", 5, False, "below 6"),
        ("21111", "6", 6, True, "on 6"),
        ("22111", "7", 7, True, "above 6"),
        ("1112.", "25/4", 6, True, "one open: 6.25 goes down"),
        ("1222.", "35/4", 9, True, "8.75 goes up"),
        ("111..", None, None, None, "two open: no score"),
    ],
)
def test_asrm_allows_one_open_question(signs, exact, total, reached, why):
    result = score(ASRM, form(ASRM, signs))
    assert result.total_exact == (None if exact is None else Fraction(exact)), why
    assert (result.total, result.flags["cutoff_reached"]) == (total, reached), why


@pytest.mark.parametrize(
    ("signs", "told", "why"),
    [
        ("11111", [], "below 6"),
        ("21111", ["ASRM 6: at or above 6"], "on 6"),
        ("44444", ["ASRM 20: at or above 6"], "above 6"),
        ("1112.", ["ASRM 6: at or above 6"], "prorated to 6"),
        ("111..", [], "no score, and an open answer could have been anything"),
    ],
)
def test_staff_are_told_of_asrm_from_6_and_nobody_is_labelled(signs, told, why):
    found = concerns(ASRM, form(ASRM, signs))
    assert [(one.level, one.reason) for one in found] == [("standard", one) for one in told], why
    assert not any("mani" in one.reason.lower() for one in found)


@pytest.mark.parametrize(
    ("answers", "exact", "total", "why"),
    [
        ((8, 8, 8, 8, 8), "40", 40, "complete"),
        ((-1, 4, 4, 4, 4), "20", 20, "no work to speak of: the mean of the other four"),
        ((-1, 4, 4, 4, 5), "85/4", 21, "21.25 goes down"),
        ((-1, 4, 4, 5, 5), "45/2", 23, "22.5 goes up"),
        ((4, None, 4, 4, 4), "20", 20, "one gap elsewhere: the same"),
        ((-1, None, 4, 4, 4), None, None, "not applicable and a gap are two"),
    ],
)
def test_wsas_allows_one_gap_or_no_work(answers, exact, total, why):
    result = score(WSAS, dict(zip("12345", answers, strict=True)))
    assert result.total_exact == (None if exact is None else Fraction(exact)), why
    assert result.total == total, why
    assert result.prorated is (exact is not None and (None in answers or -1 in answers))


def test_wsas_only_work_may_not_apply():
    with pytest.raises(AnswerError):
        score(WSAS, {"2": -1})


@pytest.mark.parametrize(
    ("signs", "total", "why"),
    [
        ("0010000000", 0, "question 3 counts the other way round"),
        ("0000000000", 1, "so nothing but no gives 1"),
        ("1111111111", 9, "and nothing but yes 9"),
        ("1101111111", 10, "the highest"),
        ("001000000.", None, "all ten are needed"),
    ],
)
def test_dast10_reverses_question_3(signs, total, why):
    assert score(DAST10, form(DAST10, signs)).total == total, why


@pytest.mark.parametrize(
    ("total", "band", "reached"),
    [
        (0, "none", False),
        (1, "low", False),
        (2, "low", False),
        (3, "moderate", True),
        (5, "moderate", True),
        (6, "substantial", True),
        (8, "substantial", True),
        (9, "severe", True),
        (10, "severe", True),
    ],
)
def test_dast10_bands(total, band, reached):
    result = score(DAST10, adding_up_to(DAST10, total))
    assert (result.total, result.band, result.flags["cutoff_reached"]) == (total, band, reached)


@pytest.mark.parametrize(
    ("total", "percent", "low"),
    [(0, 0, True), (12, 48, True), (13, 52, False), (25, 100, False)],
)
def test_who5_higher_is_better_and_50_percent_or_less_is_low(total, percent, low):
    result = score(WHO5, adding_up_to(WHO5, total))
    assert (result.total, result.subscores["percent"]) == (total, percent)
    assert result.flags["low_wellbeing"] is low
    assert WHO5.direction == "higher_is_better"


def test_who5_needs_all_five():
    result = score(WHO5, form(WHO5, "5555."))
    assert (result.total, result.subscores["percent"]) == (None, None)
