"""Chapter: when one form worse than expected is asked again, and what it must leave room for.

Day 0 is Monday 2 March 2026, 09:00 in Denver.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.trends import Point, measure_of
from reports.trends.unconfirmed import unconfirmed
from surveys.clock import is_quiet
from surveys.confirmation import CONFIRMATION, REASONS, form_again, in_time, with_room
from surveys.instrument import shipped_instruments
from surveys.planned import Asked, Planned
from surveys.protocol import shipped_protocols
from tests.cast import DAY, HOUR, MINUTE, START

DENVER = ZoneInfo("America/Denver")
TAPER = shipped_protocols()["taper-ladder"]
PHQ9 = measure_of(shipped_instruments()["phq9"])


def again_after(answered_at: str) -> Planned:
    moment = datetime.fromisoformat(answered_at).replace(tzinfo=DENVER)
    return form_again(CONFIRMATION, "phq9", moment, "17", DENVER)


# --- when it falls due ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "due", "why"),
    [
        ("2026-01-05 09:30", "2026-01-08 09:30", "72 hours later"),
        ("2026-01-05 20:59", "2026-01-08 20:59", "just before the quiet hours"),
        ("2026-01-05 21:00", "2026-01-09 08:00", "in the quiet hours: the next morning"),
        ("2026-01-05 03:00", "2026-01-08 08:00", "before eight: that morning"),
        ("2026-03-06 09:30", "2026-03-09 10:30", "72 hours, not three days, over a clock change"),
    ],
)
def test_it_falls_due_72_hours_after_the_form_outside_the_quiet_hours(answered, due, why):
    form = again_after(answered)
    assert form.due_at == datetime.fromisoformat(due).replace(tzinfo=DENVER), why
    assert form.closes_at - form.due_at == timedelta(hours=48)


SECONDS_FROM_2024_TO_2040 = st.integers(1704067200, 2208988799)


@given(SECONDS_FROM_2024_TO_2040, st.sampled_from(sorted(available_timezones())))
def test_everywhere_it_comes_three_to_four_days_later_and_never_at_night(seconds, place):
    answered = datetime.fromtimestamp(seconds, UTC)
    form = form_again(CONFIRMATION, "phq9", answered, "17", place)
    assert timedelta(hours=72) <= form.due_at - answered < timedelta(hours=96)
    assert not is_quiet(form.due_at, place)


@pytest.mark.parametrize(
    ("after", "still"), [(95 * HOUR, True), (96 * HOUR - MINUTE, True), (96 * HOUR, False)]
)
def test_found_out_too_late_it_is_left_to_the_ordinary_form(after, still):
    assert in_time(CONFIRMATION, START, START + after) is still


# --- it displaces nothing -------------------------------------------------------------------------


def ordinary(day: int, *instruments: str) -> Planned:
    due_at = datetime(2026, 1, day, 9, tzinfo=DENVER)
    return Planned("two-weekly", "s", day, "two-weekly", due_at, due_at + DAY, instruments)


def room(forms=(), already=()) -> bool:
    again = again_after("2026-01-05 09:30")
    return bool(list(with_room([again], forms, already, TAPER, DENVER)))


@pytest.mark.parametrize(
    ("day", "asked"), [(5, True), (6, False), (8, False), (10, False), (11, True), (12, True)]
)
def test_none_within_three_days_of_an_ordinary_form_with_that_questionnaire(day, asked):
    """It would come on the 8th; the 5th and the 11th are three days from it."""
    assert room([ordinary(day, "phq9")]) is asked


@pytest.mark.parametrize(("day", "asked"), [(5, True), (6, False), (10, False), (11, True)])
def test_none_within_three_days_of_a_form_that_was_asked(day, asked):
    form = ordinary(day, "phq9")
    assert room(already=[Asked(frozenset([form.key]), form.due_at, form.instruments)]) is asked


def test_another_questionnaire_on_that_day_is_no_reason_against_it():
    assert room([ordinary(8, "gad7")])


@pytest.mark.parametrize(("questions", "asked"), [(59, True), (60, True), (61, False)])
def test_the_cap_of_70_questions_in_seven_days_holds_with_its_ten(questions, asked):
    """after_session has 16 questions, longer_term_harms 11, gad7 7, phq_panic 5, peg 3, cgi_i 1."""
    load = {
        59: [*["after_session"] * 3, "longer_term_harms"],
        60: [*["after_session"] * 3, "longer_term_harms", "cgi_i"],
        61: [*["after_session"] * 2, "longer_term_harms", "gad7", "gad7", "cgi_i", "peg"],
    }[questions]
    forms = [ordinary(3 + number, name) for number, name in enumerate(load)]
    assert sum(len(shipped_instruments()[name].items) for name in load) == questions
    assert room(forms) is asked
    assert (
        room(already=[Asked(frozenset([f.key]), f.due_at, f.instruments) for f in forms]) is asked
    )


# --- which form is flagged alone ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "alone"),
    [
        ([8, 8, 8, 12], False),
        ([8, 8, 8, 13], True),
        ([8, 8, 8, 14], True),
        ([8, 8, 14], False),
        ([8, 8, 8, 13, 13], False),
        ([8, 8, 8, 13, 9], False),
        ([8, 8, 8, 13, 9, 14], True),
        ([], False),
    ],
    ids=["below", "on", "above", "no three before", "confirmed", "withdrawn", "anew", "none"],
)
def test_a_form_five_points_above_the_three_before_and_the_last(scores, alone):
    points = tuple(Point(START + number * DAY, score) for number, score in enumerate(scores))
    assert bool(unconfirmed(points, PHQ9)) is alone


@pytest.mark.parametrize(("last", "alone"), [(14, True), (26, False)], ids=["lower", "higher"])
def test_where_higher_is_better_the_lower_form_is_asked_again(last, alone):
    wellbeing = replace(PHQ9, higher_is_worse=False)
    points = tuple(Point(START + n * DAY, score) for n, score in enumerate((20, 20, 20, last)))
    assert bool(unconfirmed(points, wellbeing)) is alone


def test_the_reason_is_right_whichever_way_a_scale_runs():
    words = " ".join(text for one in REASONS.values() for text in (one.why, one.did))
    assert "higher" not in words
    assert "lower" not in words
