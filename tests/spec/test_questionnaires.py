"""Chapter: how the questionnaires about symptoms are scored.

Answers are written as a form reads, one sign a question: a digit, "." for a question left open, "d"
for one the person preferred not to answer. PHQ-9 and GAD-7 have a chapter of their own.
"""

from fractions import Fraction

import pytest

from surveys.catalogue import every_instrument
from surveys.scoring import DECLINED, AnswerError, score, score_total
from surveys.triage import concerns, unanswered_safety_items
from tests.spec.filled_in import adding_up_to, form

ALL = every_instrument()
PCL5, PEG, PHQ15, CGI_I = (ALL[name] for name in ("pcl5", "peg", "phq15", "cgi_i"))
QIDS = ALL["qids_sr16"]


# -- PCL-5 ---------------------------------------------------------------------------------------

NONE = "00000 00 0000000 000000"


@pytest.mark.parametrize(
    ("signs", "total", "clusters"),
    [
        (NONE, 0, (0, 0, 0, 0)),
        ("44444 44 4444444 444444", 80, (20, 8, 28, 24)),
        ("10000 00 0000000 000000", 1, (1, 0, 0, 0)),
        ("00001 10 0000000 000000", 2, (1, 1, 0, 0)),
        ("00000 01 1000000 000000", 2, (0, 1, 1, 0)),
        ("00000 00 0000001 100000", 2, (0, 0, 1, 1)),
        (".4444 44 4444444 444444", None, (None, 8, 28, 24)),
        ("44444 44 4444444 44444d", None, (20, 8, 28, None)),
    ],
)
def test_pcl5_has_no_total_unless_all_twenty_are_answered(signs, total, clusters):
    result = score(PCL5, form(PCL5, signs))
    assert (result.total, result.band, result.prorated) == (total, None, False)
    assert tuple(result.subscores.values()) == clusters


@pytest.mark.parametrize(
    ("signs", "pattern", "why"),
    [
        ("20000 20 2200000 220000", True, "one of B, one of C, two of D, two of E, each just 2"),
        ("10000 20 2200000 220000", False, "no B at 2"),
        ("20000 10 2200000 220000", False, "no C at 2"),
        ("20000 20 2100000 220000", False, "one D"),
        ("20000 20 2200000 210000", False, "one E"),
        ("44444 44 4444444 444444", True, "all"),
        (".0000 20 2200000 220000", None, "the open B decides"),
        ("2.... 2. 22..... 22....", True, "settled whatever the rest"),
        (".0000 00 2200000 220000", False, "no C left, whatever B is"),
    ],
)
def test_pcl5_symptom_pattern(signs, pattern, why):
    assert score(PCL5, form(PCL5, signs)).flags["provisional_ptsd"] is pattern, why


@pytest.mark.parametrize(
    ("total", "at_31", "at_33", "endpoint"),
    [
        (27, False, False, True),
        (28, False, False, True),
        (29, False, False, False),
        (30, False, False, False),
        (31, True, False, False),
        (32, True, False, False),
        (33, True, True, False),
        (34, True, True, False),
    ],
)
def test_pcl5_shows_both_cut_offs_and_the_endpoint(total, at_31, at_33, endpoint):
    flags = score(PCL5, adding_up_to(PCL5, total)).flags
    assert flags["cutoff_31_reached"] is at_31
    assert flags["cutoff_33_reached"] is at_33
    assert flags["endpoint_28_reached"] is endpoint


def test_pcl5_total_and_pattern_may_disagree():
    avoiding_nothing = score(PCL5, form(PCL5, "44444 00 4444444 444444"))
    assert avoiding_nothing.flags["cutoff_33_reached"]
    assert not avoiding_nothing.flags["provisional_ptsd"]


# -- PEG -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "exact", "total", "why"),
    [
        ((0, 0, 0), "0", 0, "no pain"),
        ((10, 10, 10), "10", 10, "the mean, never the sum"),
        ((5, 5, 6), "16/3", 5, "5.33 goes down, and is kept"),
        ((5, 6, 6), "17/3", 6, "5.67 goes up"),
        ((10, 10, None), None, None, "all three are needed"),
        ((10, 10, DECLINED), None, None, "declined is not answered"),
        ((None, None, None), None, None, "nothing is not zero"),
    ],
)
def test_peg_is_a_mean_of_three(answers, exact, total, why):
    result = score(PEG, dict(zip("123", answers, strict=True)))
    assert result.total_exact == (None if exact is None else Fraction(exact)), why
    assert (result.total, result.band) == (total, None), why
    assert not result.prorated


# -- PHQ-15 and CGI-I ----------------------------------------------------------------------------


def test_phq15_question_4_may_not_apply_and_then_counts_nothing():
    answers = form(PHQ15, "222922222222222")
    assert (score(PHQ15, answers).total, score(PHQ15, answers).missing) == (28, ())
    left_open = {**answers, "4": None}
    assert (score(PHQ15, left_open).total, score(PHQ15, left_open).missing) == (None, ("4",))
    with pytest.raises(AnswerError, match="it must be one of 0, 1, 2"):
        score(PHQ15, {**answers, "5": 9})


@pytest.mark.parametrize(
    ("answer", "total", "responder", "missing"),
    [
        (0, None, None, ("1",)),
        (1, 1, True, ()),
        (2, 2, True, ()),
        (3, 3, False, ()),
        (7, 7, False, ()),
        (None, None, None, ("1",)),
    ],
)
def test_cgi_i_not_assessed_is_no_score(answer, total, responder, missing):
    result = score(CGI_I, {"1": answer})
    assert (result.total, result.flags["responder"], result.missing) == (total, responder, missing)


def test_cgi_i_is_for_clinicians():
    assert CGI_I.kind == "clinician-rated"
    with pytest.raises(AnswerError, match="from 1 to 7"):
        score_total(CGI_I, 0)


# -- QIDS-SR16 -----------------------------------------------------------------------------------


#         sleep sad appetite/weight 10-14 psychomotor
@pytest.mark.parametrize(
    ("signs", "total", "missing", "why"),
    [
        ("3333 3 3333 33333 33", 27, (), "nine domains of three: 27, never 48"),
        ("0120 0 0000 00000 00", 2, (), "the highest of the sleep items"),
        ("0000 0 0031 00000 12", 5, (), "the highest of appetite and weight, of psychomotor"),
        ("0000 0 2.1. 00000 00", 2, (), "6 or 7 and 8 or 9: the partner is not missing"),
        ("0000 0 .2.3 00000 00", 3, (), "the other way round"),
        ("0000 0 ..11 00000 00", None, ("6", "7"), "neither 6 nor 7"),
        ("0000 0 11.. 00000 00", None, ("8", "9"), "neither 8 nor 9"),
        ("000. 0 1.1. 00000 00", None, ("4",), "sleep needs all four"),
        ("3.33 0 1.1. 00000 00", None, ("2",), "even where the highest is certain"),
        ("0000 . 1.1. 00000 00", None, ("5",), "a domain of one needs it"),
        ("0000 0 1.1. 00.00 00", None, ("12",), "so does question 12"),
        ("0000 0 1.1. 00000 0.", None, ("16",), "psychomotor needs both"),
    ],
)
def test_qids_adds_the_highest_of_each_domain(signs, total, missing, why):
    result = score(QIDS, form(QIDS, signs))
    assert (result.total, result.missing, result.prorated) == (total, missing, False), why


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (0, "none"),
        (5, "none"),
        (6, "mild"),
        (10, "mild"),
        (11, "moderate"),
        (15, "moderate"),
        (16, "severe"),
        (20, "severe"),
        (21, "very severe"),
        (27, "very severe"),
    ],
)
def test_qids_bands(total, band):
    domains = [domain.items[0] for domain in QIDS.domains]
    answers = {item.code: 0 for item in QIDS.items}
    for code in domains:
        answers[code] = min(3, total)
        total -= answers[code]
    assert score(QIDS, answers).band == band


@pytest.mark.parametrize(
    ("sign", "before", "level"),
    [("0", "0", None), ("1", "1", "standard"), ("1", "0", "urgent"), ("2", "2", "urgent")],
)
def test_qids_question_12_is_read_raw(sign, before, level):
    def answers(twelfth: str) -> dict:
        return form(QIDS, f".... . .... ..{twelfth}.. ..")

    found = concerns(QIDS, answers(sign), answers(before))
    assert [concern.level for concern in found] == ([level] if level else [])
    assert score(QIDS, answers(sign)).flags["item12_positive"] is (sign != "0")
    assert unanswered_safety_items(QIDS, form(QIDS, "." * 16)) == ("12",)
