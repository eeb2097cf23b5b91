"""Chapter: how much a patient is asked.

Questions are counted in any seven days in a row of the patient's calendar. Day 0 is session 1.
"""

from dataclasses import replace

import pytest
from hypothesis import given

from surveys.burden import joined, most_in_a_week, questions, within_cap
from surveys.clock import elapsed
from surveys.indication import followed, shipped_indications
from surveys.plan import SessionFact
from surveys.planned import Asked, Planned
from surveys.protocol import shipped_protocols
from tests.spec.test_schedule import DENVER, SIX, due, histories, on_day, protocols, sessions

USUAL = {
    "six-in-two-weeks": (0, 2, 4, 7, 9, 11, 18, 25, 32, 39),
    "six-in-three-weeks": (0, 3, 7, 10, 14, 17),
    "six-then-boosters": (0, 2, 4, 7, 9, 11, 45, 80),
    "four-to-eight": (0, 2, 4, 7, 9, 11, 14, 16),
    "three-then-decide": (0, 7, 14, 35, 42, 49),
    "three-two-three": (0, 2, 4, 7, 9, 14, 16, 18, 46),
    "esketamine": (0, 3, 7, 10, 14, 17, 21, 24, 31, 38, 45, 52, 66),
    "boosters-on-demand": (0, 30, 70),
    "taper-ladder": (0, 7, 21, 42, 70, 112, 168),
}


def form(rule, day, *instruments, at="09:00", open_days=5):
    opens = on_day(day, at)
    closes = elapsed(opens, 24 * open_days)
    return Planned(rule, f"{rule} {day}", 1, rule, opens, closes, instruments)


def kept(*forms, most, already=()):
    return [one.instruments for one in within_cap(forms, most, DENVER, already)]


# --- counting -------------------------------------------------------------------------------------


def test_questions_are_those_on_the_page():
    assert questions(["phq9"]) == 10
    assert questions(["phq9", "gad7"]) == 17
    assert questions(["after_session"]) == 16


@pytest.mark.parametrize(("second", "most"), [(0, 20), (6, 20), (7, 10)])
def test_seven_days_in_a_row_are_a_week(second, most):
    assert most_in_a_week([form("a", 0, "phq9"), form("b", second, "phq9")], DENVER) == most


@pytest.mark.parametrize("indication", sorted(shipped_indications()))
@pytest.mark.parametrize("name", sorted(shipped_protocols()))
def test_a_usual_course_stays_under_the_cap_and_nothing_is_left_off(name, indication):
    protocol = followed(name, indication)
    freely = replace(protocol, most_questions_per_week=10_000)
    history = sessions(*USUAL[name])
    assert due(history, protocol=protocol) == due(history, protocol=freely)
    assert most_in_a_week(due(history, protocol=protocol), DENVER) <= (
        protocol.most_questions_per_week
    )


# --- the cap --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "first", "second"),
    [
        (33, ("phq9", "gad7"), ("after_session",)),
        (32, ("phq9", "gad7"), None),
        (17, ("phq9", "gad7"), None),
        (16, ("phq9",), None),
        (9, ("phq9",), None),
    ],
)
def test_the_later_questionnaire_goes_first_and_question_9_never(most, first, second):
    found = kept(form("a", 0, "phq9", "gad7"), form("b", 3, "after_session"), most=most)
    assert found == [one for one in (first, second) if one]


def test_a_week_later_there_is_room_again():
    assert len(kept(form("a", 0, "phq9", "gad7"), form("b", 6, "after_session"), most=20)) == 1
    assert len(kept(form("a", 0, "phq9", "gad7"), form("b", 7, "after_session"), most=20)) == 2


def test_what_was_already_asked_takes_up_room():
    asked = Asked(frozenset({("old", "", 1)}), on_day(0), ("phq9", "gad7"))
    assert kept(form("b", 3, "after_session"), most=32, already=[asked]) == []
    assert kept(form("b", 3, "after_session"), most=33, already=[asked]) == [("after_session",)]


def test_five_sessions_in_five_days_cost_a_check_and_not_the_weekly_form():
    history = [SessionFact(f"s{n}", elapsed(on_day(0), 25 * n), "done") for n in range(5)]
    freely = due(history, until=9, protocol=replace(SIX, most_questions_per_week=10_000))
    capped = due(history, until=9, protocol=replace(SIX, most_questions_per_week=80))
    assert most_in_a_week(freely, DENVER) == 90
    assert most_in_a_week(capped, DENVER) == 74
    assert [one.rule for one in freely if one not in capped] == ["after-session"]


@given(protocols, histories)
def test_no_week_of_any_course_is_above_the_cap(protocol, history):
    # two forms with question 9, six days apart, would stay whatever the cap: 20 questions
    assert most_in_a_week(due(history, protocol=protocol), DENVER) <= (
        protocol.most_questions_per_week
    )


@given(protocols, histories)
def test_the_cap_costs_nobody_a_form_with_question_9(protocol, history):
    def days_with_question_9(most):
        planned = due(history, protocol=replace(protocol, most_questions_per_week=most))
        return {
            one.due_at.astimezone(DENVER).date() for one in planned if "phq9" in one.instruments
        }

    assert days_with_question_9(1) == days_with_question_9(10_000)


# --- one mail for what falls due together ---------------------------------------------------------

ORDER = ("weekly", "check")


def together(*forms, hours=12):
    return joined(forms, hours, ORDER, DENVER)


@pytest.mark.parametrize(("at", "forms"), [("09:00", 1), ("14:00", 1), ("20:00", 1), ("20:01", 2)])
def test_within_eleven_hours_two_forms_become_one(at, forms):
    found = together(form("weekly", 7, "phq9"), form("check", 7, "gad7", at=at), hours=11)
    assert len(found) == forms


def test_on_two_days_they_stay_two_however_near():
    late, early = form("weekly", 7, "phq9", at="20:30"), form("check", 8, "gad7", at="08:00")
    assert together(late, early) == [late, early]


def test_the_one_form_comes_with_the_later_and_closes_with_the_first_to_close():
    weekly = form("weekly", 7, "phq9", open_days=5)
    check = form("check", 7, "phq9", "after_session", at="14:00", open_days=2)
    [one] = together(check, weekly)
    assert (one.key, one.carries) == (weekly.key, (check.key,))
    assert (one.due_at, one.closes_at) == (check.due_at, check.closes_at)
    assert one.instruments == ("phq9", "after_session"), "nothing is asked twice in one form"


@pytest.mark.parametrize(("closes", "forms"), [("14:00", 1), ("13:59", 2)])
def test_they_stay_apart_where_the_one_form_would_be_open_for_less_than_a_day(closes, forms):
    weekly = replace(form("weekly", 7, "phq9"), closes_at=on_day(8, closes))
    assert len(together(weekly, form("check", 7, "gad7", at="14:00"))) == forms


def test_the_weekly_form_and_the_check_of_yesterday_travel_in_one_mail():
    planned = due(sessions(0, 6), until=8)
    [one] = [form for form in planned if form.due_at > on_day(6)]
    assert (one.rule, one.instruments) == ("weekly", ("phq9", "after_session"))
    assert one.carries == (("after-session", "day 6", 1),)
    assert one.due_at == on_day(7), "24 hours after the session"


def test_a_session_moved_away_gives_each_form_its_own_mail_again():
    first = SessionFact("first", on_day(0), "done")
    moved = due([first, SessionFact("second", on_day(5), "done")], until=9)
    assert [one.instruments for one in moved if one.due_at > on_day(5)] == [
        ("after_session",), ("phq9",)
    ]  # fmt: skip
