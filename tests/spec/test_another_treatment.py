"""Chapter K1: another treatment in the same weeks, so that the sessions may not be the cause.

Forms are a week apart from 9 May 2026; session 1 was on 24 May, at 20 days; 28 days before it is
26 April.
"""

from dataclasses import replace

import pytest

from reports.evidence import shipped_rules, weigh
from reports.page import read_case
from surveys.history import HistoryStatement, kinds
from surveys.instrument import shipped_instruments
from tests.reports import pieces
from tests.reports.pieces import INDUCTION, course

FALLS = [(5, 20), (12, 20), (19, 20), (26, 18), (33, 15), (40, 9), (47, 8), (54, 8)]


def weighed(*told: HistoryStatement, scores=FALLS):
    facts = course(scores, INDUCTION, 55)
    case = read_case(replace(facts, history=pieces.beside(*told)), shipped_instruments())
    return weigh(case, shipped_rules())


def state(*told: HistoryStatement, scores=FALLS) -> str:
    return weighed(*told, scores=scores).state("K1")


def drug(since: str, until: str = "") -> HistoryStatement:
    return HistoryStatement("antidepressant", "Sertraline", "50 mg", since=since, until=until)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-04-25", "quiet"),  # 29 days before session 1
        ("2026-04-26", "antidepressant"),  # 28
        ("2026-04-27", "antidepressant"),
        ("2026-04", "antidepressant"),  # it may have been after the 26th
        ("2026-03", "quiet"),
        ("2026", "antidepressant"),
        ("2025", "quiet"),
        ("2026-05-24", "antidepressant"),  # the day of session 1
        ("2026-06-07", "antidepressant"),  # 15 of 20 the day before: 25 % lower, see below
    ],
)
def test_it_counts_from_28_days_before_session_1(since, expected):
    scores = [*FALLS[:4], (33, 17), *FALLS[5:]]  # nothing improved before 13 June
    assert state(drug(since), scores=scores) == expected


@pytest.mark.parametrize(
    ("score", "expected"),
    [(17, "antidepressant"), (16, "quiet"), (15, "quiet")],  # 15, 20 and 25 % under 20
)
def test_what_began_after_the_scores_had_come_down_did_not_bring_them_down(score, expected):
    scores = [*FALLS[:4], (33, score), *FALLS[5:]]  # 33 days: 6 June
    assert state(drug("2026-06-07"), scores=scores) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [(17, "quiet"), (16, "antidepressant"), (15, "antidepressant")]
)
def test_it_speaks_only_of_an_improvement_of_20_percent(score, expected):
    assert state(drug("2026-05-20"), scores=[*FALLS[:4], (54, score)]) == expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-05-23", "quiet"),
        ("2026-05-24", "antidepressant"),
        ("2026-05", "antidepressant"),
        ("2026-06-10", "antidepressant"),
    ],
)
def test_what_ended_before_session_1_does_not_count(until, expected):
    assert state(drug("2026-05-01", until)) == expected


def test_where_nobody_recorded_its_beginning_that_is_said():
    evidence = weighed(drug(""))
    assert evidence.state("K1") == "start_unknown"
    (need,) = [need for need in evidence.columns[0].not_known if need.rule == "K1"]
    assert need.text == (
        "Sertraline 50 mg: start not recorded, so whether it began in the same weeks as the "
        "sessions is not known."
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds() if kind not in ("antidepressant", "ect")]
)
def test_no_rule_speaks_of_what_we_have_no_figure_for(kind):
    use = "current" if kinds()[kind].group == "substance" else ""
    assert state(HistoryStatement(kind, "X", use=use, since="2026-05-20")) == "quiet"


@pytest.mark.parametrize(
    ("others", "expected", "study"),
    [
        ([drug("2026-05-20")], "antidepressant", "TRANSFORM-1"),
        ([HistoryStatement("ect", since="2026-05-20")], "ect", "ELEKT-D"),
        ([drug("2026-05-20"), HistoryStatement("ect", since="2026-05-22")], "both", "TRANSFORM-1"),
    ],
)
def test_it_speaks_once_against_continuing_with_a_source_of_its_own(others, expected, study):
    evidence = weighed(*others)
    assert evidence.state("K1") == expected
    said = [
        (column.option, side, one)
        for column in evidence.columns
        for side, cell in (("for", column.speaks_for), ("against", column.speaks_against))
        for one in cell.statements
        if one.rule == "K1"
    ]
    ((option, side, one),) = said
    assert (option, side) == ("continue", "against")
    assert study in one.source
    assert one.mark == "K1†"


def test_it_names_what_it_rests_on():
    (one,) = weighed(drug("2026-05-20")).columns[0].speaks_against.statements
    assert (
        one.claim
        == "Sertraline 50 mg began in the same weeks: the scores cannot tell which helped."
    )
    assert one.inputs == (
        "Sertraline 50 mg (antidepressant): since 20 May 2026. 8 on 27 Jun, baseline 20.0: 60 % "
        "lower. Session 1: 24 May 2026."
    )


def test_without_a_session_or_a_baseline_it_says_nothing():
    assert state(drug("2026-05-20"), scores=FALLS[4:]) == "quiet"
