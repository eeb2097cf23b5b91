"""Outcomes across patients: who counts, when, against what; and when there is no percentage."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from reports.cohort import (
    Classified,
    CohortCourse,
    Decided,
    DueForm,
    Followed,
    build_cohort,
    classify,
    collected_by_week,
    followed_up,
    how_chosen,
    how_followed,
    retention,
    share,
    shipped_declaration,
    what_came_after,
)
from reports.trends import Point, measure_of
from surveys.instrument import shipped_instruments

PHQ9 = measure_of(shipped_instruments()["phq9"])
FIRST = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = (14, 31)
# Six sessions, two a week; the last on day 17.
SESSIONS = tuple(FIRST + day * DAY for day in (0, 3, 7, 10, 14, 17))
LAST = SESSIONS[-1]
LONG_AFTER = LAST + 200 * DAY


def course(*forms, sessions=SESSIONS, over=True, length=6) -> CohortCourse:
    """`forms`: days after the last session (negative: before session 1 by so many days), score."""
    points = tuple(
        Point((LAST if day > 0 else FIRST) + day * DAY, score, f"{n}")
        for n, (day, score) in enumerate(forms)
    )
    return CohortCourse(sessions, length, over, points)


def left(*forms) -> CohortCourse:
    """Three of six sessions, and the time for the rest has passed."""
    begun = course(*forms, sessions=SESSIONS[:3])
    return replace(begun, induction_left=True)


@pytest.mark.parametrize(
    ("what", "given", "standing"),
    [
        ("no session yet", course((-1, 20), sessions=()), "not_begun"),
        ("a protocol of single boosters", course((-1, 20), (20, 9), length=0), "no_induction"),
        ("three of six sessions", course((-1, 20), sessions=SESSIONS[:3], over=False),
         "in_induction"),
        ("three of six and no more", left((-1, 20), (20, 9)), "left"),
        ("three of six, no form before", left((20, 9)), "left"),
        ("no form before session 1", course((20, 9)), "no_baseline"),
        ("the only form before is 29 days old", course((-29, 20), (20, 9)), "no_baseline"),
        ("the only form before is 28 days old", course((-28, 20), (20, 9)), "classified"),
        ("answered on day 13 only", course((-1, 20), (13, 9)), "no_form"),
        ("answered on day 14", course((-1, 20), (14, 9)), "classified"),
        ("answered late on day 31", course((-1, 20), (31.3, 9)), "classified"),
        ("answered past that midnight", course((-1, 20), (31.4, 9)), "no_form"),
        ("answered on day 32 only", course((-1, 20), (32, 9)), "no_form"),
    ],
)  # fmt: skip
def test_every_course_has_one_standing(what, given, standing):
    assert classify([given], PHQ9, WINDOW, LONG_AFTER)[0].standing == standing, what


@pytest.mark.parametrize(("days", "standing"), [(31.3, "too_early"), (31.4, "classified")])
def test_a_course_counts_once_its_window_has_closed_even_if_it_answered_early(days, standing):
    found = classify([course((-1, 20), (14, 9))], PHQ9, WINDOW, LAST + days * DAY)[0]
    assert found.standing == standing


@pytest.mark.parametrize(
    ("before", "after", "response", "remission", "reliable", "worse"),
    [
        (20, 11, False, False, True, False),  # 45 % lower
        (20, 10, True, False, True, False),  # exactly half
        (20, 5, True, False, True, False),
        (20, 4, True, True, True, False),  # under 5
        (20, 15, False, False, False, False),  # 5 points: within error
        (20, 14, False, False, True, False),  # 6 points
        (8, 4, True, True, False, False),  # half, under 5, yet only 4 points
        (12, 17, False, False, False, False),
        (12, 18, False, False, False, True),  # 6 points worse
    ],
)
def test_outcomes_below_on_and_above_each_threshold(
    before, after, response, remission, reliable, worse
):
    found = classify([course((-1, before), (20, after))], PHQ9, WINDOW, LONG_AFTER)[0]
    assert (found.response, found.remission, found.reliable, found.worse) == (
        response, remission, reliable, worse,
    )  # fmt: skip


def test_the_first_form_in_the_window_decides_not_the_best():
    found = classify([course((-1, 20), (15, 16), (29, 4))], PHQ9, WINDOW, LONG_AFTER)[0]
    assert (found.at, found.response) == (LAST + 15 * DAY, False)


@pytest.mark.parametrize(
    ("count", "of", "percent", "low", "high"),
    [
        (9, 9, None, None, None),  # nine people: counts only
        (5, 10, 50, 23.7, 76.3),  # Wilson 1927, as tabulated
        (0, 10, 0, 0, 27.8),
        (288, 537, 53.6, 49.4, 57.8),
    ],
)
def test_a_share_has_its_interval_and_a_small_number_no_percentage(count, of, percent, low, high):
    found = share(count, of, fewest=10, confidence_percent=95)
    assert (found.percent, found.low, found.high) == (
        (None, None, None) if percent is None else
        (pytest.approx(percent, abs=0.05), pytest.approx(low, abs=0.05),
         pytest.approx(high, abs=0.05))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("later", "days", "lost"),
    [
        ([], 0, False),
        ([(34, 9)], 14, False),
        ([(34, 10)], 14, False),  # exactly half of 20: still response
        ([(34, 11)], 14, True),
        ([(34, 9), (48, 11), (62, 4)], 28, True),  # a loss counts though the response came back
    ],
)
def test_a_response_is_lost_with_the_first_form_less_than_half_below_baseline(later, days, lost):
    one = course((-1, 20), (20, 8), *later)
    found = classify([one], PHQ9, WINDOW, LONG_AFTER)[0]
    assert followed_up(one, found, PHQ9) == Followed(days, lost)


def test_kaplan_meier_by_hand():
    """Ten responders; the textbook product with Greenwood's variance, worked out on paper.

    Day 14: 2 of 10 lose it, 0.8. Two leave on day 21. Day 28: 3 of 6, 0.8 × 0.5 = 0.4.
    """
    given = [Followed(14, True)] * 2 + [Followed(21, False)] * 2 + [Followed(28, True)] * 3
    given += [Followed(35, False)] * 3
    found = retention(given, confidence_percent=95)
    assert [(step.day, pytest.approx(step.percent)) for step in found.steps] == [
        (0, 100), (14, 80), (28, 40),
    ]  # fmt: skip
    # log-log: 0.4 ** exp(±1.96 × sqrt(2/(10×8) + 3/(6×3)) / ln 0.4)
    assert (found.steps[2].low, found.steps[2].high) == (
        pytest.approx(9.7, abs=0.05), pytest.approx(69.8, abs=0.05),
    )  # fmt: skip
    assert found.at_risk == ((0, 10), (1, 10), (2, 10), (3, 8), (4, 6), (5, 3))
    assert found.at_week(6) is None


def test_whoever_has_no_later_form_says_nothing_about_retention():
    found = retention([Followed(0, False)] * 5 + [Followed(28, True)], confidence_percent=95)
    assert (found.responders, found.unfollowed, found.lost) == (6, 5, 1)
    assert found.at_risk[0] == (0, 1)


def test_forms_are_counted_in_the_week_in_which_they_fell_due():
    """Sunday 23:30 in Denver is Monday in UTC; it is Denver's week that counts."""
    sunday = datetime(2026, 3, 9, 5, 30, tzinfo=UTC)
    states = ["answered", "answered", "expired", "skipped", "unreachable", "sent", "superseded",
              "cancelled"]  # fmt: skip
    forms = [DueForm(sunday, state, "web" if state == "answered" else "") for state in states]
    (week,) = collected_by_week(forms, "America/Denver")
    assert week.week == date(2026, 3, 2)
    assert (week.due, week.answered, week.no_answer, week.skipped, week.unreachable) == (
        5, 2, 1, 1, 1,
    )  # fmt: skip
    assert week.still_open == 1


def page_of(courses):
    return build_cohort(courses, (), PHQ9, WINDOW, shipped_declaration(), LONG_AFTER)


def test_every_share_says_definition_window_and_denominator():
    page = page_of([course((-1, 20), (20, 4))] * 12 + [course((-1, 20))] * 3)
    told = {row.title: (row.text, row.definition, row.denominator) for row in page.outcomes}
    with_form = "12 courses with a baseline and a form then"
    assert told["Response"] == (
        "12 of 12, 100 % (76 to 100)", "50 % or more below baseline", with_form,
    )  # fmt: skip
    assert told["Remission"][1:] == ("score under 5", with_form)
    assert told["Worsening"] == (
        "0 of 12, 0 % (0 to 24)", "6 points or more worse than baseline", with_form,
    )  # fmt: skip
    assert told["No data"][0] == "3 of 15, 20 % (7 to 45)"
    assert {row.window for row in page.outcomes[:-1]} == {
        "first form 14 to 31 days after the last induction session"
    }


def test_every_course_is_in_exactly_one_line_of_who_is_counted():
    given = [course(), course((-1, 20), (20, 4)), course((-1, 20), sessions=()), left((-1, 20))]
    total, *lines = [count for _, count in page_of(given).counted]
    assert (total, sum(lines)) == (4, 4)


@pytest.mark.parametrize(
    ("finished", "dropped", "response", "no_data", "left_early"),
    [
        (20, 0, "20 of 20, 100 %", "0 of 20, 0 %", "0 of 20, 0 %"),
        (20, 20, "20 of 20, 100 %", "20 of 40, 50 %", "20 of 40, 50 %"),
        (6, 3, "6 of 6; fewer", "3 of 9; fewer", "3 of 9; fewer"),
        (0, 12, "0 of 0; fewer", "12 of 12, 100 %", "12 of 12, 100 %"),
    ],
)
def test_whoever_leaves_during_the_induction_stays_in_the_table(
    finished, dropped, response, no_data, left_early
):
    """Left out, twenty who stopped coming would turn no data into 0 %."""
    given = [course((-1, 20), (20, 4))] * finished + [left((-1, 20), (20, 18))] * dropped
    told = {row.title: row for row in page_of(given).outcomes}
    assert told["Response"].text.startswith(response)
    assert told["No data"].text.startswith(no_data)
    assert told["Left during the induction"].text.startswith(left_early)
    everybody = {told[title].denominator for title in ("No data", "Left during the induction")}
    assert len(everybody) == 1


def test_nine_people_are_not_turned_into_percents():
    page = page_of([course((-1, 20), (20, 4), (48, 4))] * 9)
    assert page.outcomes[0].text == "9 of 9; fewer than 10: no percentage"
    assert page.retention_too_few.startswith("9 responders with a later form, 0 of them lost")
    assert {kept.text for kept in page.kept} == {"not known: too few followed that long"}


def test_published_figures_stand_beside_the_questionnaire_they_were_measured_on():
    gad7 = measure_of(shipped_instruments()["gad7"])
    page = build_cohort([], (), gad7, WINDOW, shipped_declaration(), LONG_AFTER)
    assert {row.published for row in page.outcomes} == {()}
    assert [bool(row.published) for row in page_of([]).outcomes] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]


def test_nobody_begun_is_no_outcome():
    assert classify([course(sessions=())], PHQ9, WINDOW, LONG_AFTER)[0] == Classified("not_begun")


@pytest.mark.parametrize(
    ("what", "forms", "as_of_day", "after"),
    [
        ("a form on day 13 still looks back before it", [(-1, 12), (13, 4)], 60, "no form"),
        ("day 14", [(-1, 12), (14, 6)], 60, "better"),  # 6 points
        ("5 points are within error", [(-1, 12), (14, 7)], 60, "about the same"),
        ("6 points worse", [(-1, 12), (20, 18)], 60, "worse"),
        ("the first form counts", [(-1, 12), (20, 18), (40, 3)], 60, "worse"),
        ("late on day 42", [(-1, 12), (42.3, 6)], 60, "better"),
        ("day 43", [(-1, 12), (43, 6)], 60, "no form"),
        ("nothing yet on day 42", [(-1, 12)], 42.3, "too early"),
        ("nothing by day 43", [(-1, 12)], 43, "no form"),
        ("nothing before to compare with", [(20, 6)], 60, "no form"),
    ],
)
def test_what_came_after_a_decision(what, forms, as_of_day, after):
    points = [Point(FIRST + day * DAY, score) for day, score in forms]
    found = what_came_after(points, FIRST, PHQ9, (14, 42), FIRST + as_of_day * DAY, "UTC")
    assert found == after, what


def test_how_often_evidence_was_followed():
    """Following what speaks against an option is choosing something else."""
    taper = frozenset(
        {("taper", "for", "T1"), ("stop", "against", "C1"), ("stop", "against", "S1")}
    )
    rows = how_followed(
        [
            Decided("taper", taper, "better"),
            Decided("taper", taper, "worse"),
            Decided("continue", taper, "about the same"),
            Decided("stop", taper, "no form"),
            Decided("stop", frozenset(), "worse"),
        ]
    )
    told = {f"{row.side} {row.option}": row for row in rows if row.of and not row.rule}
    assert list(told) == ["for taper", "against stop"]
    for_taper, against_stop = told.values()
    assert (for_taper.of, for_taper.followed) == (4, 2)
    assert (for_taper.then, for_taper.otherwise) == (
        (("better", 1), ("worse", 1)), (("about the same", 1), ("no form", 1)),
    )  # fmt: skip
    assert (against_stop.of, against_stop.followed) == (4, 3), "two rules, one decision each time"
    by_rule = [(row.rule, row.side, row.option, row.followed, row.of) for row in rows if row.rule]
    assert by_rule == [
        ("T1", "for", "taper", 2, 4),
        ("C1", "against", "stop", 3, 4),
        ("S1", "against", "stop", 3, 4),
    ]


def test_what_was_chosen_is_counted_of_all_decisions_whether_a_rule_spoke_or_not():
    none = frozenset()
    rows = how_chosen([Decided("taper", none, "worse"), Decided("other", none, "no form")])
    assert [(row.option, row.count, row.of) for row in rows] == [
        ("continue", 0, 2), ("taper", 1, 2), ("stop", 0, 2), ("other", 1, 2),
    ]  # fmt: skip
    assert rows[1].after == (("worse", 1),)
    assert [row.option for row in how_chosen([])] == ["continue", "taper", "stop"]
