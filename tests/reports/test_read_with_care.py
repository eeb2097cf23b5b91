"""What a number on the report may be taken for: overlapping forms, exact means, whose rule."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from reports import wording
from reports.cohort import shipped_declaration
from reports.evidence.rules import shipped_rules
from reports.facts import FormFact
from reports.methods import build_methods
from reports.page import build_page, read_case
from surveys.catalogue import known_instruments, read_choices
from tests.reports import pieces

ALL = known_instruments(None)


def page_of(facts, choice: str = ""):
    return build_page(facts, known_instruments(None, read_choices(choice)), shipped_rules())


# -- forms that ask about the same days -------------------------------------------------------


def twice(last: float, overlap: int | None):
    facts = pieces.course([(-7, 19), (0, 20), (last, 12)], [1], last + 1)
    forms = [f if n < 2 else replace(f, overlap_days=overlap) for n, f in enumerate(facts.forms)]
    return replace(facts, forms=tuple(forms))


@pytest.mark.parametrize(
    ("last", "overlap", "note"),
    [
        (9, 5, "asked again 5 days inside its 14"),
        (8.7, 6, "asked again 5 days inside its 14"),  # past midnight: nine days by the calendar
        (13, 1, "asked again 1 day inside its 14"),
        (14, 0, ""),
        (14, None, ""),
    ],
)
def test_the_last_forms_say_how_far_they_overlap(last, overlap, note):
    """By the calendar, as everywhere on the page; the ledger counts a started day whole."""
    assert page_of(twice(last, overlap)).forms.rows[-1].note == note


@pytest.mark.parametrize(
    ("last_form", "said"),
    [
        (9, "; 5 of the 14 days it asks about were already in the baseline"),
        (13, "; 1 of the 14 days it asks about were already in the baseline"),
        (14, ""),
    ],
)
def test_a_change_between_overlapping_forms_is_never_printed_without_that(last_form, said):
    facts = pieces.course([(-7, 19), (0, 20), (last_form, 12)], [1], last_form + 1)
    standing = dict(page_of(facts).standing)["From baseline"]
    assert standing == f"−7.5, −38 % of 19.5 (mean of 2, 19 to 20); reliable change needs 6{said}"


def test_the_trend_knows_how_far_the_newest_form_overlaps_with_the_one_before():
    facts = pieces.course([(0, 20), (7, 18), (16, 12)], [1], 17)
    assert read_case(facts, ALL).trend.overlap_days == 5
    assert read_case(pieces.course([(0, 20)], [1], 1), ALL).trend.overlap_days is None


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (18.5, ", which asks about 11 of the same 14 days"),
        (22, ", which asks about 7 of the same 14 days"),
        (28, ", which asks about 1 of the same 14 days"),
        (29, ""),
    ],
)
def test_a_second_form_says_how_many_days_it_shares_with_the_one_it_confirms(second, said):
    """The first is flagged on day 15; asked once more it comes three to four days later."""
    scores = [(-7, 20), (0, 20), (8, 8), (10, 8), (12, 8), (15, 14), (second, 14)]
    facts = pieces.course(scores, [1], second + 1)
    assert f"confirmed by a second form{said}; first seen on 19 May." in page_of(facts).sentence


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ((14,), "14 on one form, down 6;"),
        ((14, 14), "fell to 14 by day 27 after session 1, against 20.0"),
    ],
    ids=["once", "twice"],
)
def test_where_higher_is_better_worse_is_a_fall(last, said):
    better = replace(ALL["phq9"], direction="higher_is_better", remission_below=None)
    scores = [*enumerate((5, 6, 20, 20, 20, *last), start=-2)]
    page = build_page(
        pieces.course([(7 * n, score) for n, score in scores], [1], 7 * scores[-1][0] + 1),
        {**ALL, "phq9": better},
        shipped_rules(),
    )
    assert said in f"{page.sentence} {page.attention.why}"


# -- PEG is a mean of three -------------------------------------------------------------------


def pain(*thirds: int):
    """Forms a week apart, each the sum of the three answers, read before and after session 1."""
    forms = tuple(
        FormFact(f"p{n}", "peg", 1, pieces.day(7 * n), round(sum_ / 3), Fraction(sum_, 3))
        for n, sum_ in enumerate(thirds)
    )
    facts = pieces.course([], [1], 7 * len(thirds))
    return replace(facts, primary="peg", forms=forms, occurrences=())


@pytest.mark.parametrize(
    ("before", "after", "points", "important"),
    [
        (20, 18, -2 / 3, False),  # 6.67 → 6.00: rounded it would be 7 → 6, a point
        (20, 17, -1.0, True),  # 6.67 → 5.67: exactly one point
        (19, 17, -2 / 3, False),
        (19, 16, -1.0, True),
        (16, 19, 1.0, True),
        (16, 18, 2 / 3, False),
    ],
)
def test_pain_is_compared_on_the_exact_mean(before, after, points, important):
    change = read_case(pain(before, after), ALL).trend.change
    assert change.points == pytest.approx(points)
    assert change.important is important


@pytest.mark.parametrize(
    ("last", "flagged"),
    [(17, False), (18, True), (19, True)],  # the mean of three stable forms is 5.00
)
def test_pain_is_flagged_from_a_whole_point_above_the_stable_mean(last, flagged):
    trend = read_case(pain(15, 14, 16, last), ALL).trend
    assert bool(trend.flags) is flagged


def test_pain_is_printed_with_one_decimal():
    page = page_of(pain(20, 17, 16))
    assert dict(page.standing)["Latest"].startswith("5.3, on ")
    assert page.sparkline.latest == "5.3"
    assert [row.total for row in page.forms.rows] == ["6.7", "5.7", "5.3"]


# -- whose rule for reliable change -----------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "points", "source"),
    [("", 6, "NHS Talking Therapies"), ("phq9=6", 6, "NHS"), ("phq9=7", 7, "Löwe 2004")],
)
@pytest.mark.parametrize(("fall", "reliable"), [(5, ()), (6, (6,)), (7, (6, 7)), (8, (6, 7))])
def test_the_clinics_rule_decides_and_is_printed_with_its_source(
    choice, points, source, fall, reliable
):
    facts = pieces.course([(-7, 20), (0, 20), (20, 20 - fall)], [1], 21)
    page = page_of(facts, choice)
    sure = f"{points} or more" if points in reliable else f"{points}"
    assert f"a reliable change ({sure})" in page.sentence
    assert ("less than a reliable" in page.sentence) == (points not in reliable)
    assert f"reliable change needs {points}" in dict(page.standing)["From baseline"]
    assert (
        f"reliable change {points} points ({source}" in page.footer[1] or source in page.footer[1]
    )


@pytest.mark.parametrize(
    ("choice", "points", "source", "against"),
    [
        ("", "6", "NHS Talking Therapies", "7 by the stricter"),
        ("phq9=6", "6", "NHS Talking Therapies", "7 by the stricter"),
        ("phq9=7", "7", "the stricter", "6 by NHS Talking Therapies"),
    ],
)
def test_the_methods_page_names_the_rule_gone_by_and_the_one_that_was_not(
    choice, points, source, against
):
    known = known_instruments(None, read_choices(choice))
    page = build_methods(known.values(), shipped_rules(), shipped_declaration())
    [phq9] = [scale for scale in page.scales if scale.title == "PHQ-9"]
    [found] = [number for number in phq9.numbers if number.what == "reliable change"]
    assert found.value.startswith(points)
    assert source in found.source
    assert against in found.conflict


# -- a day without its year -------------------------------------------------------------------

NOW = pieces.day(0)  # 4 May 2026


@pytest.mark.parametrize(
    ("ago", "said"), [(0, "4 May"), (299, "9 Jul"), (300, "8 Jul"), (300.01, "8 Jul 2025")]
)
def test_a_day_of_more_than_300_days_ago_has_its_year(ago, said):
    assert wording.dated(NOW - timedelta(days=ago), pieces.ZONE, NOW) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        ([], ""),
        ([90, 10], "3 Feb, 24 Apr"),
        ([160, 90, 10], "25 Nov, 3 Feb, 24 Apr"),
        ([400, 370, 10], "30 Mar, 29 Apr 2025; 24 Apr 2026"),
    ],
)
def test_days_of_more_than_one_year_are_told_apart(ago, said):
    assert wording.days([NOW - timedelta(days=n) for n in ago], pieces.ZONE, NOW) == said


def test_missing_forms_of_two_years_name_both():
    facts = pieces.course([(5, 20), (500, 8)], [20], 510, unanswered=pieces.missed([40, 60, 480]))
    lines = page_of(facts).blocks[1].lines
    assert "Missing, no answer: 13 Jun, 3 Jul 2026; 27 Aug 2027." in lines


def test_the_newest_answer_about_a_harm_names_its_year_once_it_is_old():
    facts = pieces.course([(5, 20), (500, 8)], [20], 510, checks=[pieces.check(21, detached=1)])
    rows = {row.title: row.latest for group in page_of(facts).chart.groups for row in group.rows}
    assert rows["Dissociation"] == "mild, 25 May 2026"
