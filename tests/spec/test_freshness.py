"""How fresh a report is: each survey counted once, the report before named, old data called old."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reports.evidence import shipped_rules
from reports.facts import OccurrenceFact, PreviousReport
from reports.freshness import counted, freshness_of
from reports.history import last_decision
from reports.page import read_case
from surveys.instrument import shipped_instruments
from tests.reports import courses, pieces

DUE = pieces.day(0)
LATER = pieces.day(5)


def surveys(*states):
    return tuple(OccurrenceFact("weekly", ("phq9",), DUE, LATER, state) for state in states)


def freshness(facts):
    return freshness_of(read_case(facts, shipped_instruments()), shipped_rules())


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((), "0: 0 received, 0 unreachable, 0 skipped, 0 not answered, 0 still open."),
        (("answered",), "1: 1 received, 0 unreachable, 0 skipped, 0 not answered, 0 still open."),
        (
            ("answered", "expired", "unreachable", "skipped", "sent", "due"),
            "6: 1 received, 1 unreachable, 1 skipped, 1 not answered, 2 still open.",
        ),
        (
            ("answered", "cancelled", "superseded"),
            "1: 1 received, 0 unreachable, 0 skipped, 0 not answered, 0 still open.",
        ),
    ],
)
def test_every_survey_that_was_expected_is_counted_once(states, said):
    facts = replace(courses.steady_responder(), occurrences=surveys(*states))
    assert freshness(facts).collected == f"Surveys expected so far {said}"


def test_what_is_not_due_yet_is_not_expected():
    facts = replace(courses.steady_responder(), occurrences=surveys("planned"), as_of=DUE)
    assert counted(facts).total() == 1
    assert counted(replace(facts, as_of=DUE - timedelta(minutes=1))).total() == 0


def test_a_report_names_the_one_before_so_that_a_missing_one_is_noticed():
    facts = replace(courses.steady_responder(), report_number=5)
    assert freshness(facts).numbered == "Report 5, none before it"
    before = PreviousReport(4, pieces.day(7), ())
    said = freshness(replace(facts, previous=before)).numbered
    assert said == "Report 5, after report 4 of Mon 11 May"


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        (13, ""),
        (14, ""),
        (15, "Stale: the newest form is 15 days old; D0† allows 14 days."),
    ],
)
def test_older_than_d0_allows_is_stale(age, stale):
    facts = pieces.course([(0, 20), (7, 18), (14, 12)], [1, 4], 14 + age)
    assert freshness(facts).stale == stale


def test_asked_and_never_answered_is_stale():
    facts = pieces.course([], [1], 20, unanswered=pieces.missed([7]))
    assert freshness(facts).stale == "Stale: no form has been answered."


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        (None, ""),
        (24, "taper to 24 days (next booked at 28). "),
        (25, ""),  # three days apart is one interval
        (28, ""),
        (31, ""),
        (32, "taper to 32 days (next booked at 28). "),
    ],
)
def test_a_session_booked_at_another_interval_than_was_agreed_is_said(agreed, said):
    facts = courses.ptsd()
    decision = courses.wane_and_rebound().decisions[0]
    facts = replace(facts, decisions=(replace(decision, interval_days=agreed),))
    chosen = last_decision(read_case(facts, shipped_instruments())).lines[0]
    assert ("next booked" in chosen, said in chosen) == (bool(said), True)
    unbooked = replace(facts, sessions=facts.done)
    assert "next" not in last_decision(read_case(unbooked, shipped_instruments())).lines[0]


@pytest.mark.parametrize(
    ("review", "said"),
    [
        (None, "No day was agreed for the next review."),
        (date(2026, 10, 26), "Next review agreed for Mon 26 Oct: in 1 day."),
        (date(2026, 10, 25), "Next review agreed for Sun 25 Oct: today."),
        (date(2026, 10, 22), "Next review agreed for Thu 22 Oct: 3 days ago."),
    ],
)
def test_the_last_decision_says_when_to_look_again_and_what_followed(review, said):
    facts = courses.wane_and_rebound()
    (decision,) = facts.decisions
    facts = replace(facts, decisions=(replace(decision, review_on=review),))
    chosen, again, since = last_decision(read_case(facts, shipped_instruments())).lines
    assert "taper to 28 days" in chosen
    assert again == said
    assert since.startswith("Since: PHQ-9 6, 6, 8, 12, 7, 6, 12, 13; ")
    assert since.endswith("1 form missing; 1 session; 1 alert.")
