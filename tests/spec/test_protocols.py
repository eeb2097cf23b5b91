"""Chapter: the schedules a clinic may choose from, each in one course.

Day 0 is that of session 1. Which form falls due when is the chapter on scheduling; this one shows
what is special about each protocol.
"""

from datetime import timedelta
from itertools import pairwise

import pytest

from surveys.plan import induction_length, phase
from surveys.protocol import shipped_protocols
from tests.spec.test_schedule import days_of, due, on_day, sessions

FOUR_TO_EIGHT = shipped_protocols()["four-to-eight"]
ESKETAMINE = shipped_protocols()["esketamine"]
BOOSTERS = shipped_protocols()["boosters-on-demand"]
TAPER = shipped_protocols()["taper-ladder"]
TWICE_WEEKLY = (0, 3, 7, 10, 14, 17, 21, 24)
CALM_FORMS = ("monthly", "two-weekly", "longer-interval")
LADDER = (0, 7, 21, 42, 70, 112, 168)


def days(protocol, rule, *done, until=200):
    return days_of(due(sessions(*done), protocol=protocol, until=until), rule)


# --- fixed inductions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "done", "weekly", "end_of_induction"),
    [
        ("six-in-two-weeks", (0, 2, 4, 7, 9, 11), [7, 14], [25]),
        ("six-in-three-weeks", (0, 3, 7, 10, 14, 17), [7, 14, 21], [31]),
        ("three-then-decide", (0, 7, 14), [7, 14, 21], [28]),
        ("three-two-three", (0, 2, 4, 7, 9, 14, 16, 18), [7, 14, 21], [32]),
    ],
)
def test_weekly_during_the_induction_and_once_two_weeks_after(name, done, weekly, end_of_induction):
    protocol = shipped_protocols()[name]
    assert days(protocol, "weekly", *done) == weekly
    assert days(protocol, "end-of-induction", *done) == end_of_induction


def test_three_more_after_the_decision_do_not_reopen_the_induction():
    oxford = shipped_protocols()["three-then-decide"]
    assert days(oxford, "end-of-induction", 0, 7, 14, 35, 42, 49) == [28]


# --- four to eight within 28 days -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "length", "end_of_induction", "why"),
    [
        ((0, 7, 14), 4, [], "three are not yet enough"),
        ((0, 7, 14, 21), 4, [35], "the fourth may be the last"),
        ((0, 7, 14, 21, 27), 5, [41], "a fifth on day 27 belongs to it"),
        ((0, 7, 14, 21, 28), 4, [35], "on day 28, at the same hour, it is past the 28 days"),
        ((0, 3, 6, 9, 12, 15, 18, 21), 8, [35], "eight at most"),
        ((0, 3, 6, 9, 12, 15, 18, 21, 24), 8, [35], "the ninth comes after the induction"),
        ((0, 10, 20, 30), 4, [44], "four are needed, though the fourth came late"),
    ],
)
def test_the_induction_ends_with_the_eighth_or_the_last_within_28_days(
    done, length, end_of_induction, why
):
    assert induction_length(FOUR_TO_EIGHT, [on_day(day) for day in done]) == length, why
    assert days(FOUR_TO_EIGHT, "end-of-induction", *done) == end_of_induction, why


@pytest.mark.parametrize(
    ("done", "now", "expected"),
    [
        ((), 0, "before"),
        ((0, 7, 14, 21), 27, "induction"),
        ((0, 7, 14, 21), 28, "maintenance"),
        ((0, 7, 14), 28, "induction"),
        ((0, 7, 14), 55, "induction"),
        ((0, 7, 14), 56, "left during induction"),
        ((0, 7, 14, 21), 56, "maintenance"),
        ((0, 3, 6, 9, 12, 15, 18), 20, "induction"),
        ((0, 3, 6, 9, 12, 15, 18, 21), 21, "maintenance"),
    ],
)
def test_the_phase_changes_with_the_eighth_or_after_28_days(done, now, expected):
    assert phase(FOUR_TO_EIGHT, sessions(*done), on_day(now)) == expected


# --- esketamine -----------------------------------------------------------------------------------


def test_esketamine_is_judged_before_the_first_weekly_dose():
    planned = due(sessions(*TWICE_WEEKLY), protocol=ESKETAMINE, until=60)
    [form] = [form for form in planned if form.rule == "end-of-induction"]
    assert days_of(planned, "end-of-induction") == [27]
    assert form.closes_at == form.due_at + timedelta(days=4)
    assert days_of(planned, "weekly") == [7, 14, 21], "day 28 would follow a day later"


def test_esketamine_goes_on_with_a_form_every_two_weeks():
    doses = (*TWICE_WEEKLY, 31, 38, 45, 52, 66, 80)
    assert days(ESKETAMINE, "two-weekly", *doses, until=110) == [38, 66, 94]
    assert days(ESKETAMINE, "monthly", *doses, until=110) == [52, 80, 108]


# --- boosters on demand ---------------------------------------------------------------------------


def test_boosters_on_demand_have_no_induction():
    assert phase(BOOSTERS, [], on_day(0)) == "before"
    assert phase(BOOSTERS, sessions(0), on_day(0)) == "maintenance"


def test_without_any_session_the_monthly_forms_go_on_from_the_enrolment():
    assert days(BOOSTERS, "monthly", until=60) == [23, 51]


def test_each_booster_is_asked_about_in_between():
    assert days(BOOSTERS, "mid-interval", 30, until=60) == [44]
    assert days(BOOSTERS, "monthly", 30, until=60) == [23, 51]


# --- taper ----------------------------------------------------------------------------------------


def test_the_steps_of_the_taper():
    [taper] = TAPER.phases
    assert taper.steps_days == (7, 14, 21, 28, 42, 56)
    assert phase(TAPER, sessions(*LADDER), on_day(200)) == "taper"


@pytest.mark.parametrize(
    ("done", "planned", "asked", "why"),
    [
        (LADDER, (), [21, 35, 63, 105, 161], "the new part of each longer interval"),
        ((0, 7, 14, 21, 28), (35,), [], "no interval is longer than the one before"),
        ((0, 14), (31,), [], "three days longer is the same interval"),
        ((0, 14), (32,), [], "a step of four days has no week that is free"),
        ((0, 14), (42,), [35], "a step to 28 days: the week beside the two-weekly ones"),
        ((0, 14), (29, 42), [], "what counts is the next session"),
        ((0, 14), (), [35, 49, 63], "none planned: from more than three days beyond the interval"),
        ((0, 18), (), [49, 63], "on day 35 it has not yet outlasted it"),
        ((0, 7, 35), (42,), [21, 35], "in the long interval, and no more after the step back"),
        ((0,), (), [], "nothing to compare with"),
    ],
)
def test_a_longer_interval_is_asked_about_every_week_in_its_new_part(done, planned, asked, why):
    history = [*sessions(*done), *sessions(*planned, status="planned")]
    until = 200 if done == LADDER else 70
    assert days_of(due(history, protocol=TAPER, until=until), "longer-interval") == asked, why


def test_a_form_of_the_longer_interval_is_a_week_from_its_neighbours():
    planned = due(sessions(*LADDER), protocol=TAPER, until=200)
    asked = sorted(day for rule in CALM_FORMS for day in days_of(planned, rule))
    assert {later - day for day, later in pairwise(asked)} == {7, 14}


def test_no_step_of_the_taper_goes_more_than_two_weeks_without_question_9():
    planned = due(sessions(*LADDER), protocol=TAPER, until=225)
    asked = sorted({*days_of(planned, "two-weekly"), *days_of(planned, "monthly")})
    assert asked == list(range(14, 225, 14))
