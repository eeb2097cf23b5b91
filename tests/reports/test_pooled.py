"""How far levels wander is pooled over the clinic once a week, kept, and found again by a page."""

from datetime import timedelta

import pytest

from flows import weekly
from reports.actions import read_page
from reports.cohort import shipped_declaration
from reports.evidence import shipped_rules
from reports.methods import build_methods
from reports.models import PooledWander
from reports.pooling import keep_wander, wander_known, wander_now
from reports.queries import course_facts
from reports.render import render_html
from reports.trends import measure_of
from reports.trends.course import clinic_wander
from surveys import events
from surveys.actions.answer import record_old_response
from surveys.in_use import instruments_to_read
from tests import cast

pytestmark = pytest.mark.django_db

MONDAY = cast.START + 84 * cast.DAY
WEEK = timedelta(days=7)
PHQ9 = measure_of(instruments_to_read()["phq9"])


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.REPORTS_FOLDER = tmp_path / "reports"


@pytest.fixture
def clinic():
    """Two patients with ten weekly forms each, and three sessions of Ana's."""
    ana, ben = cast.ana(), cast.ben()
    for course, totals in ((ana, (18, 17, 15, 9, 8, 9, 6, 8, 7, 6)), (ben, (9, 21) * 5)):
        for number, total in enumerate(totals):
            at = cast.START + (7 * number + 1) * cast.DAY
            record_old_response(
                course, "phq9", None, total, answered_at=at, by="import", now=at + cast.HOUR
            )
    for number in (6, 9, 12):
        cast.treated(ana, cast.START + number * cast.DAY)
    return ana, ben


def printed(course, known_at):
    return render_html(read_page(course, as_of=known_at, known_at=known_at)[1], standalone=True)


def footer(course, known_at):
    return read_page(course, as_of=known_at, known_at=known_at)[1].footer[1]


def test_the_records_pool_to_what_the_same_courses_give_as_facts(clinic):
    facts = [course_facts(one, as_of=MONDAY, known_at=MONDAY, number=1) for one in clinic]
    assert wander_now(MONDAY) == [clinic_wander(facts, PHQ9)]
    # nine pairs each, less the two of Ana's between whose forms a session lies
    assert wander_now(MONDAY)[0].pairs == 16


def test_the_weekly_run_pools_once_and_its_reports_say_from_how_many(clinic):
    weekly.run_once(MONDAY)
    weekly.run_once(MONDAY + cast.HOUR)
    kept = PooledWander.objects.get()
    assert (kept.instrument, kept.pairs, kept.patients) == ("phq9", 16, 2)
    said = "level pooled on 25 May from 16 pairs of forms of 2 patients"
    for course in clinic:
        stored = course.reports.get().page
        assert said in stored["footer"][1]
        assert said in stored["traced"][-1]["text"]
    assert events.first_broken() is None


def test_a_past_page_keeps_the_number_it_was_built_with(clinic):
    """The prior before anything was pooled, then each week's own; the same bytes ever after."""
    ana, ben = clinic
    before = MONDAY - cast.DAY
    unpooled = printed(ana, before)
    assert "level by the prior alone, nothing pooled yet" in footer(ana, before)
    weekly.run_once(MONDAY)
    report = ana.reports.get()
    for number in range(20):
        at = MONDAY + number * cast.HOUR + cast.HOUR
        record_old_response(ben, "phq9", None, number, answered_at=at, by="import", now=at)
    weekly.run_once(MONDAY + WEEK)
    first, second = PooledWander.objects.all()
    assert second.daily != first.daily
    assert "16 pairs" in footer(ana, MONDAY + cast.HOUR)
    assert f"{second.pairs} pairs" in footer(ana, MONDAY + WEEK)
    assert printed(ana, before) == unpooled
    assert printed(ana, MONDAY) == report.html


def test_nothing_is_pooled_into_the_past(clinic):
    """A report known in between was built without it and must come back as it was."""
    found, monday = wander_now(MONDAY), MONDAY.date()
    assert keep_wander(found, week=monday, by="flow", now=MONDAY) == 1
    assert keep_wander(found, week=monday - WEEK, by="flow", now=MONDAY - WEEK) == 0
    assert wander_known("phq9", MONDAY - cast.DAY) is None


def test_a_failure_to_pool_holds_no_report_up(clinic, monkeypatch):
    def stumble(now):
        raise ValueError("no room")

    monkeypatch.setattr(weekly, "wander_now", stumble)
    assert weekly.run_once(MONDAY)["failed"] == 1
    assert clinic[0].reports.count() == clinic[1].reports.count() == 1


def test_the_methods_page_says_whose_forms_it_rests_on(clinic):
    known = instruments_to_read()
    rows = methods_rows(known, ())
    assert rows["PHQ-9"] == (
        "1.8 points of the total a week",
        "the prior alone: nothing pooled yet",
    )
    keep_wander(wander_now(MONDAY), week=MONDAY.date(), by="flow", now=MONDAY)
    weekly_points, rests_on = methods_rows(known, [wander_known("phq9", MONDAY)])["PHQ-9"]
    assert float(weekly_points.split()[0]) > 1.8
    assert "16 pairs of forms of 2 patients, 7 % of the weight; the rest is the prior" in rests_on


def methods_rows(known, wanders):
    page = build_methods(known.values(), shipped_rules(), shipped_declaration(), wanders)
    return {row.title: (row.weekly, row.rests_on) for row in page.levels}
