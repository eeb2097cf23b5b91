"""Reports and decisions as records: once a week, as known then, never edited."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from reports.actions import (
    Ahead,
    DecisionError,
    build_report,
    read_page,
    record_decision,
)
from reports.models import Decision, Report
from reports.queries import course_facts
from reports.render import print_page
from reports.wording import calendar_day
from surveys import events
from surveys.actions.answer import record_old_response
from surveys.actions.enrol import enrol
from surveys.actions.protocol import change_protocol
from surveys.actions.treat import record_session
from surveys.models import Course, Event
from tests.cast import DAY, HOUR, START, ana, ana_row, okafor, treated

pytestmark = pytest.mark.django_db

MONDAY = START + 42 * DAY


def answered(course, day, *values, now=None):
    at = START + day * DAY
    answers = {str(n): value for n, value in enumerate(values, 1)} | {"10": 1}
    return record_old_response(
        course, "phq9", answers, None, answered_at=at, by="import", now=now or at + HOUR
    )


@pytest.fixture
def course():
    course = ana()
    answered(course, 1, 2, 2, 2, 2, 2, 2, 2, 2, 0)
    answered(course, 5, 3, 2, 2, 2, 2, 2, 2, 3, 0)
    for day in (7, 10, 14, 17, 21, 24):
        treated(course, START + day * DAY, route="IV", dose_mg_per_kg=Decimal("0.5"))
    answered(course, 30, 1, 1, 1, 1, 1, 1, 1, 1, 0)
    answered(course, 40, 1, 1, 1, 1, 1, 1, 0, 0, 0)
    return course


def build(course, as_of=MONDAY, known_at=None, now=None):
    return build_report(
        course, as_of=as_of, known_at=known_at or as_of, by="weekly", now=now or as_of
    )


def test_a_report_is_built_from_the_records(course):
    report = build(course)
    assert report.page["patient"] == "A-001"
    assert report.page["sentence"].startswith("PHQ-9 has stayed at 6 to 8 on the last two forms")
    assert report.html.startswith("<!doctype html>")
    assert bytes(report.pdf).startswith(b"%PDF")
    assert Event.objects.filter(verb="built report").count() == 1
    assert events.first_broken() is None


def test_an_alert_is_known_by_the_form_that_raised_it(course):
    raising = answered(course, 41, 1, 1, 1, 1, 1, 1, 0, 0, 2)
    facts = course_facts(course, as_of=MONDAY, known_at=MONDAY, number=1)
    assert [one.response_id for one in facts.alerts] == [str(raising.pk)]


def test_the_same_week_is_built_once(course):
    first = build(course)
    later = build(course, as_of=MONDAY + 2 * DAY)
    assert later == first
    assert Report.objects.count() == 1


@pytest.mark.parametrize("late", [False, True], ids=["nothing came", "an answer came"])
def test_what_was_drawn_ahead_is_stored_only_if_the_records_still_say_the_same(course, late):
    facts, page = read_page(course, as_of=MONDAY, known_at=MONDAY, number=1)
    ahead = Ahead(facts, page, replace(print_page(page), html="drawn ahead"))
    if late:
        answered(course, 41, 3, 3, 3, 3, 3, 3, 3, 3, 0, now=MONDAY)
    when = {"as_of": MONDAY, "known_at": MONDAY, "now": MONDAY + HOUR}
    report = build_report(course, by="weekly", ahead=ahead, **when)
    assert (report.html == "drawn ahead") is not late
    assert len(report.shown["forms"]) == 4 + late


def test_reports_are_numbered_without_a_gap(course):
    numbers = [build(course, as_of=MONDAY + week * 7 * DAY).number for week in range(3)]
    assert numbers == [1, 2, 3]


def test_a_past_report_can_be_read_again_as_it_was_known(course):
    report = build(course)
    last = course.sessions.get(at=START + 24 * DAY)
    record_session(
        course,
        at=last.at,
        route="IV",
        dose_mg_per_kg=Decimal("0.7"),
        by="front desk",
        now=MONDAY + DAY,
    )
    answered(course, 35, 2, 2, 2, 2, 2, 2, 2, 2, 0, now=MONDAY + DAY)
    then = course_facts(course, as_of=MONDAY, known_at=MONDAY, number=1)
    now = course_facts(course, as_of=MONDAY, known_at=MONDAY + 2 * DAY, number=2)
    assert [s.dose_mg_per_kg for s in then.done][-1] == 0.5
    assert [s.dose_mg_per_kg for s in now.done][-1] == 0.7
    assert len(then.forms_of("phq9")) == 4
    assert len(now.forms_of("phq9")) == 5
    assert report.page["number"] == 1


def test_a_later_correction_is_a_restatement_in_the_next_report(course):
    build(course)
    last = course.sessions.get(at=START + 24 * DAY)
    dose = Decimal("0.7")
    record_session(course, at=last.at, dose_mg_per_kg=dose, by="front desk", now=MONDAY + DAY)
    report = build(course, as_of=MONDAY + 7 * DAY)
    lines = report.page["blocks"][1]["lines"]
    assert "Dose at session 6: 0.5 in report 1, now 0.7." in lines


def test_a_stored_report_cannot_be_changed(course):
    report = build(course)
    report.html = "better"
    with pytest.raises(ValidationError):
        report.save()


def test_a_decision_keeps_the_evidence_as_shown(course):
    report = build(course)
    decision = record_decision(
        report, option="taper", interval_days=14, reason=" steady ", staff=okafor(), now=MONDAY
    )
    assert decision.reason == "steady"
    assert decision.evidence["options"] == report.page["options"]
    assert decision.evidence["digest"] == report.digest
    with pytest.raises(ValidationError):
        decision.save()
    assert Event.objects.filter(verb="recorded decision").count() == 1


def test_a_decision_keeps_the_score_that_would_end_a_longer_interval(course):
    """8, 6 and 7 are known: a rise to 12. An old form of 10 that comes in later moves nothing."""
    answered(course, 41, 1, 1, 1, 1, 1, 1, 1, 0, 0)
    record_decision(
        build(course), option="taper", interval_days=28, reason="x", staff=okafor(), now=MONDAY
    )
    answered(course, 35, 2, 2, 2, 2, 1, 1, 0, 0, 0, now=MONDAY + DAY)
    facts = course_facts(course, as_of=MONDAY, known_at=MONDAY + 2 * DAY, number=2)
    assert [one.rescue for one in facts.decisions] == [12.0]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"option": "wait", "reason": "x"}, "option"),
        ({"option": "stop", "reason": "  "}, "reason"),
        ({"option": "taper", "reason": "x"}, "interval_days"),
    ],
)
def test_what_is_missing_from_a_decision_is_named(course, given, field):
    report = build(course)
    with pytest.raises(DecisionError) as caught:
        record_decision(report, staff=okafor(), now=MONDAY, **given)
    assert caught.value.field == field
    assert not Decision.objects.exists()


def test_a_decision_is_shown_on_the_next_page_with_what_followed(course):
    record_decision(
        build(course), option="continue", reason="still falling", staff=okafor(), now=MONDAY,
        review_on=(MONDAY + 14 * DAY).date(),
    )  # fmt: skip
    answered(course, 44, 1, 1, 1, 1, 0, 0, 0, 0, 0)
    _, page = read_page(course, as_of=MONDAY + 7 * DAY, known_at=MONDAY + 7 * DAY)
    first, review, since = page.blocks[2].lines
    assert first.endswith("N. Okafor: continue. “still falling”")
    assert (
        review == f"Next review agreed for {calendar_day((MONDAY + 14 * DAY).date())}: in 7 days."
    )
    assert since == "Since: PHQ-9 4; no session."


def test_a_past_report_is_numbered_as_it_was_then(course):
    """Rebuilt at its own instants it is itself; in between it is the next one of that day."""
    first, second = build(course), build(course, as_of=MONDAY + 7 * DAY)
    build(course, as_of=MONDAY + 14 * DAY)
    instants = [
        (first.as_of, first.known_at, 1),
        (MONDAY + DAY, MONDAY + DAY, 2),
        (second.as_of, second.known_at, 2),
        (MONDAY + 8 * DAY, MONDAY + 8 * DAY, 3),
        (MONDAY + 21 * DAY, MONDAY + 21 * DAY, 4),
        (MONDAY - DAY, MONDAY - DAY, 1),
    ]
    for as_of, known_at, number in instants:
        assert read_page(course, as_of=as_of, known_at=known_at)[1].number == number


def test_plans_and_sessions_go_by_the_course_as_it_is_not_as_it_was_read(course):
    """Two pages open at once: the second to save follows the protocol that the first has chosen."""
    read_before = Course.objects.get(pk=course.pk)
    now = START + 25 * DAY
    change_protocol(course, "taper-ladder", reason="as agreed", by="staff", now=now)
    record_session(read_before, at=now, by="front desk", now=now + HOUR)
    open_forms = course.occurrences.filter(state__in=["planned", "due"])
    assert {row.protocol for row in open_forms} == {"taper-ladder"}


def test_the_head_of_a_past_report_stays_after_a_change_of_protocol_and_zone(course):
    before = read_page(course, as_of=MONDAY, known_at=MONDAY)[0]
    change_protocol(course, "taper-ladder", reason="as agreed", by="staff", now=MONDAY + DAY)
    enrol(ana_row(timezone="America/New_York", given_name="Bea"), by="front desk", now=MONDAY + DAY)
    now = Course.objects.select_related("patient").get(pk=course.pk)
    again = read_page(now, as_of=MONDAY, known_at=MONDAY)[0]
    later = read_page(now, as_of=MONDAY, known_at=MONDAY + 2 * DAY)[0]
    assert again == before
    assert (before.protocol_title, before.zone, before.initials) == (
        "Six infusions, then boosters", "America/Denver", "A.R.",
    )  # fmt: skip
    assert (later.protocol_title, later.zone, later.initials) == (
        "Taper: longer and longer intervals", "America/New_York", "B.R.",
    )  # fmt: skip
