"""Chapter: how the other questionnaires are scored.

Answers are written as a form reads, one sign a question: a digit, "." for a question left open, "d"
for one the person preferred not to answer. PHQ-9 and GAD-7 have a chapter of their own.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from surveys.catalogue import every_instrument
from surveys.recall import overlap_days
from surveys.scoring import DECLINED, AnswerError, score, score_total
from surveys.triage import concerns, unanswered_safety_items

ALL = every_instrument()
PCL5, PEG, PHQ15, CGI_I, AUDIT_C = (ALL[n] for n in ("pcl5", "peg", "phq15", "cgi_i", "audit_c"))
QIDS, ASRM, WSAS, DAST10, WHO5 = (ALL[n] for n in ("qids_sr16", "asrm", "wsas", "dast10", "who5"))
C_SSRS, PANIC, HARMS = (ALL[n] for n in ("c_ssrs_screener", "phq_panic", "longer_term_harms"))


def form(instrument, signs: str) -> dict:
    """ "01.d" → the first question is 0, the second 1, the third open, the fourth declined."""
    meaning = {".": None, "d": DECLINED}
    signs = signs.replace(" ", "")
    assert len(signs) == len(instrument.items)
    return {
        item.code: meaning[sign] if sign in meaning else int(sign)
        for item, sign in zip(instrument.items, signs, strict=True)
    }


def adding_up_to(instrument, total: int) -> dict:
    """A complete form with this total, filled from the first question on."""
    answers = {}
    for item in instrument.items:
        low, high = min(item.worth.values()), max(item.worth.values())
        wanted = max(low, min(high, total))
        answers[item.code] = next(v for v, points in item.worth.items() if points == wanted)
        total -= wanted
    return answers


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


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (0, "minimal"),
        (4, "minimal"),
        (5, "low"),
        (9, "low"),
        (10, "medium"),
        (14, "medium"),
        (15, "high"),
        (30, "high"),
    ],
)
def test_phq15_bands_change_at_5_10_and_15(total, band):
    result = score(PHQ15, adding_up_to(PHQ15, total))
    assert (result.total, result.band) == (total, band)


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
    ("total", "band"),
    [
        (0, "subclinical"),
        (9, "subclinical"),
        (10, "significant impairment"),
        (20, "significant impairment"),
        (21, "moderately severe or worse"),
        (40, "moderately severe or worse"),
    ],
)
def test_wsas_bands(total, band):
    assert score(WSAS, adding_up_to(WSAS, total)).band == band


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
