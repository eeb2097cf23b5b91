"""Chapter: two questions in place of nine, for a stable patient, once the clinical lead allows it.

Ana tapers, asked PHQ-9 every 14 days after session 1 (day 1) and, with more beside it, every 28.
Her sessions are seven days apart. Day 0 is Monday 2 March 2026.
"""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from flows import send, upkeep
from flows.cli import main
from reports.actions import read_page
from reports.trends import course_trends, measure_of
from surveys.actions.answer import submit
from surveys.actions.schedule import open_due, replan
from surveys.actions.step_down import WARNING, NotTheLead, turn_off, turn_on
from surveys.burden import questions
from surveys.catalogue import every_instrument
from surveys.models import Event, Response, Score, StepDown
from surveys.outlook import Outlook
from surveys.planned import Asked, Planned, SessionFact
from surveys.stepping import (
    Answered,
    Standing,
    interval_changes,
    is_positive,
    is_stable,
    shipped_stepping,
    stepped_down,
)
from tests.cast import DAY, HOUR, START, ana, lead, okafor, phq9, treated

DENVER = ZoneInfo("America/Denver")
STEPPING = shipped_stepping()
PHQ2, PHQ9 = every_instrument()["phq2"], every_instrument()["phq9"]


def full(day: int, total: int | None = 4, safety: int | None = 0) -> Answered:
    return Answered(START + day * DAY, False, total, safety)


def short(day: int, total: int | None = 0) -> Answered:
    return Answered(START + day * DAY, True, total)


def standing(*forms: Answered, alert_open: bool = False) -> Standing:
    return Standing(forms, alert_open, PHQ9.remission_below, PHQ2.cutoff)


CALM = (full(0), full(7), full(14))


# --- the short form -------------------------------------------------------------------------------


def test_it_is_the_first_two_questions_word_for_word_and_no_other():
    assert PHQ2.items == PHQ9.items[:2]
    assert (PHQ2.instructions, PHQ2.licence_line) == (PHQ9.instructions, PHQ9.licence_line)
    assert PHQ2.alerts == ()


@pytest.mark.parametrize(
    ("total", "positive"), [(0, False), (2, False), (3, True), (4, True), (6, True), (None, True)]
)
def test_three_or_more_is_positive_and_a_gap_counts_as_such(total, positive):
    assert is_positive(short(0, total), PHQ2.cutoff) is positive


# --- who is stable --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forms", "stable"),
    [
        ([full(0), full(7)], False),
        ([full(0), full(7), full(14)], True),
        ([full(0, 20), full(7), full(14), full(21)], True),
        ([full(0, 5), full(7), full(14)], False),
        ([full(0), full(7), full(14, 4)], True),
        ([full(0), full(7), full(14, 5)], False),
        ([full(0), full(7), full(14, None)], False),
        ([full(0, 4, 1), full(7), full(14)], False),
        ([full(0), full(7), full(14, 4, None)], False),
        ([*CALM, short(21, 2)], True),
        ([*CALM, short(21, 3)], False),
        ([*CALM, short(21, None)], False),
        ([*CALM, short(21, 3), short(28, 0)], False),
        ([short(-7, 3), *CALM], True),
        ([], False),
    ],
    ids=[
        "two", "three", "three after a high one", "the first at the limit", "the last below it",
        "the last at the limit", "no total", "question 9 endorsed", "question 9 open",
        "a negative short one since", "a positive one", "a gap", "positive, then negative",
        "a positive one before", "none",
    ],
)  # fmt: skip
def test_three_full_forms_in_remission_with_question_9_not_at_all(forms, stable):
    assert is_stable(STEPPING, standing(*forms)) is stable


def test_nobody_with_an_open_alert_is_stable():
    assert not is_stable(STEPPING, standing(*CALM, alert_open=True))


def test_no_form_below_the_remission_limit_can_be_flagged_as_worse():
    assert PHQ9.remission_below <= PHQ9.important_change


# --- which forms are short ------------------------------------------------------------------------


def planned(day: int, *instruments: str) -> Planned:
    due_at = START + day * DAY
    asks = instruments or ("phq9",)
    return Planned("weekly", "s", day, "weekly", due_at, due_at + 5 * DAY, asks)


def shape(days, *, on=None, already=(), changes=(), steady=lambda at: True, asks=()) -> str:
    """F or s for each form, in the order they fall due."""
    forms = [planned(day, *asks) for day in days]
    found = stepped_down(
        STEPPING, on or standing(*CALM), forms, already, [START + d * DAY for d in changes], steady
    )
    return "".join("s" if one.instruments == ("phq2",) else "F" for one in found)


def test_at_most_two_in_a_row_are_short():
    assert shape([21, 28, 35, 42, 49]) == "ssFss"


def test_who_is_not_stable_is_asked_in_full():
    assert shape([21, 28], on=standing(full(0), full(7))) == "FF"


def test_the_first_after_a_changed_interval_is_full():
    assert shape([21, 28, 35], changes=[25]) == "sFs"
    assert shape([21, 28, 35], changes=[28]) == "sFs", "a session at the very instant counts"


def test_a_change_before_the_last_full_answer_is_seen_already():
    assert shape([21, 28], changes=[13]) == "ss"


@pytest.mark.parametrize(("day", "found"), [(55, "s"), (56, "F"), (57, "F")])
def test_42_days_after_the_last_full_answer_the_next_is_full(day, found):
    """It was answered on day 14."""
    assert shape([day]) == found


def test_none_is_short_while_the_induction_lasts():
    assert shape([21, 28], steady=lambda at: at >= START + 28 * DAY) == "Fs"


def test_a_form_that_asks_other_questionnaires_too_stays_whole():
    assert shape([21], asks=("phq9", "gad7")) == "F"


def test_short_forms_that_went_out_count_answered_or_not():
    gone = [
        Asked(frozenset([("weekly", "s", day)]), START + day * DAY, ("phq2",)) for day in (21, 28)
    ]
    assert shape([35], already=gone[:1]) == "s"
    assert shape([35], already=gone) == "F"


def test_a_full_form_nobody_answered_does_not_count():
    gone = [
        Asked(frozenset([("weekly", "s", day)]), START + day * DAY, (asked,))
        for day, asked in ((21, "phq2"), (28, "phq2"), (35, "phq9"))
    ]
    assert shape([42], already=gone) == "F"


@pytest.mark.parametrize(
    ("days", "changed"),
    [((0, 7, 14), []), ((0, 7, 16), []), ((0, 7, 17), [17]), ((0, 7, 11), [11]), ((0, 7), [])],
    ids=["the same", "two days longer", "three longer", "three shorter", "one interval"],
)
def test_an_interval_has_changed_when_it_differs_by_more_than_two_days(days, changed):
    sessions = [SessionFact(str(day), START + day * DAY, "done") for day in days]
    assert interval_changes(STEPPING, sessions) == [START + day * DAY for day in changed]


def test_the_short_form_spares_eight_questions():
    assert questions(["phq9"]) - questions(["phq2"]) == 8


# --- the whole walk -------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db
NOW = START + 16 * DAY


def calm(**changes):
    """Three full forms in remission, question 9 "not at all" in each; sessions a week apart."""
    course = ana(protocol="taper-ladder", now=START - 30 * DAY, **changes)
    for day in (1, 8, 15):
        treated(course, START + day * DAY)
    for day in (2, 9, 15):
        answers = phq9(0, 1, 0, 1, 0, 0, 0, 0, 0)
        kept(course, "phq9", answers, 2, START + day * DAY)
    return course


def kept(course, instrument, answers, total, at):
    row = Response.objects.create(
        patient=course.patient, course=course, instrument=instrument, instrument_version=1,
        answers=answers, answered_at=at, recorded_at=at, entered_by="test", mode="paper",
    )  # fmt: skip
    Score.objects.create(response=row, total=total)
    return row


def asked(course) -> list[tuple[int, list[str]]]:
    """The day and questionnaires of each planned form about depression."""
    rows = course.occurrences.filter(state="planned", due_at__gt=NOW).order_by("due_at")
    return [
        ((row.due_at.astimezone(DENVER).date() - date(2026, 3, 2)).days, row.instruments)
        for row in rows
        if {"phq9", "phq2"} & set(row.instruments)
    ]


def short_days(course) -> list[int]:
    return [day for day, instruments in asked(course) if "phq2" in instruments]


def test_off_until_the_lead_turns_it_on():
    course = calm()
    replan(course, by="desk", now=NOW)
    assert short_days(course) == []
    assert turn_on(lead(), by="staff:1", now=NOW)
    assert short_days(course) == [43], "day 29 and 57 bring the monthly form, which stays whole"


def test_the_plan_says_that_question_9_is_not_asked():
    course = calm()
    turn_on(lead(), by="staff:1", now=NOW)
    course.refresh_from_db()
    [form] = [one for one in Outlook(course).coming() if "PHQ-2" in one.asks]
    assert form.notes == (
        "PHQ-2 in place of PHQ-9, as this course is stable; question 9 is not asked",
    )
    desk = [one for one in Outlook(course, clinical=False).coming() if "PHQ-2" in one.asks]
    assert [one.notes for one in desk] == [()], "that a course is stable, answers say"


def test_only_the_lead_may_and_it_is_recorded_with_the_warning():
    with pytest.raises(NotTheLead):
        turn_on(okafor(), by="staff:1", now=NOW)
    assert not StepDown.objects.exists()
    turn_on(lead(), by="staff:1", now=NOW)
    event = Event.objects.get(verb="turned on short forms")
    assert (event.subject, event.detail) == (f"staff:{lead().pk}", {"warned": WARNING})
    assert "not question 9" in WARNING


def test_turned_on_twice_is_turned_on_once():
    assert turn_on(lead(), by="staff:1", now=NOW)
    assert not turn_on(lead(), by="staff:1", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        StepDown.objects.create(turned_on_at=NOW, turned_on_by=lead())


def test_turned_off_everybody_is_asked_in_full_again():
    course = calm()
    turn_on(lead(), by="staff:1", now=NOW)
    assert turn_off(lead(), by="staff:1", now=NOW + HOUR)
    assert short_days(course) == []


def test_a_full_form_that_is_worse_takes_it_back():
    course = calm()
    turn_on(lead(), by="staff:1", now=NOW)
    kept(course, "phq9", phq9(1, 1, 1, 1, 1, 0, 0, 0, 0), 5, NOW + HOUR)
    upkeep.run_once(NOW + 2 * HOUR)
    assert short_days(course) == []


@pytest.mark.parametrize(("first", "follows"), [(1, False), (2, True)], ids=["2 of 6", "3 of 6"])
def test_a_positive_one_brings_the_full_form_at_once(first, follows, mailbox):
    course = calm()
    turn_on(lead(), by="staff:1", now=NOW)
    row = course.occurrences.get(instruments=["phq2"])
    open_due(now=row.due_at)
    assert send.run_once(row.due_at)["accepted"] == 1
    at = row.due_at + HOUR
    submit(row, {"phq2": {"1": first, "2": 1}}, mode="web", by="patient", now=at)
    more = course.occurrences.filter(rule="full-form")
    assert [one.instruments for one in more] == ([["phq9"]] if follows else [])
    assert all(one.due_at == at for one in more)
    before = more.count()
    upkeep.run_once(at + HOUR)
    assert more.count() == before, "upkeep, which looks too, asks for no second one"
    if follows:
        open_due(now=at + 4 * HOUR)
        assert send.run_once(at + 4 * HOUR)["accepted"] == 1
        assert short_days(course) == []


def test_who_reads_phq9_in_spanish_is_not_asked_phq2_in_english(settings, tmp_path):
    confirmed = '[confirmed]\nby = "M. Haddad"\non = "2026-05-04"\nterms = "compared"\n'
    (tmp_path / "es.toml").write_text(f'translates = "phq9"\nlanguage = "es"\n{confirmed}')
    settings.INSTRUMENTS = tmp_path
    course = calm(language="es")
    turn_on(lead(), by="staff:1", now=NOW)
    assert short_days(course) == []


def test_twice_in_upkeep_asks_for_one_full_form():
    course = calm()
    kept(course, "phq2", {"1": 3, "2": 3}, 6, NOW)
    for hours in (1, 2, 3):
        upkeep.run_once(NOW + hours * HOUR)
    assert course.occurrences.filter(rule="full-form").count() == 1


def test_the_reports_keep_the_short_form_off_the_line_of_the_full_one():
    course = calm()
    kept(course, "phq2", {"1": 3, "2": 3}, 6, NOW)
    facts, _ = read_page(course, as_of=NOW + HOUR, known_at=NOW + HOUR)
    assert facts.primary == "phq9"
    assert [form.total for form in facts.forms_of("phq9")] == [2, 2, 2]
    [trend] = course_trends([(facts, measure_of(PHQ9))])
    assert [point.total for point in trend.points] == [2, 2, 2]


def test_the_command_line_warns_and_then_obeys(capsys):
    email = lead().email
    assert main(["stepdown", "show"]) == 0
    assert "Short forms are off" in capsys.readouterr().out
    assert main(["stepdown", "on", "--by", email]) == 1
    assert WARNING in capsys.readouterr().err
    assert main(["stepdown", "on", "--by", okafor().email, "--understood"]) == 1
    assert main(["stepdown", "on", "--by", email, "--understood"]) == 0
    assert "turned on by M. Haddad" in capsys.readouterr().out
    assert main(["stepdown", "off", "--by", email]) == 0
    assert not StepDown.objects.filter(in_force=True).exists()
