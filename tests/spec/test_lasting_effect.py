"""Chapter: what each session still buys, and how long it lasts."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from reports.evidence import shipped_rules
from reports.page import build_page, read_case
from reports.render import render_html, render_pdf
from reports.trends.lasting import crossed_on_day, effects, lasting
from surveys.instrument import shipped_instruments
from tests.reports.pieces import INDUCTION, course

INSTRUMENTS = shipped_instruments()
# Sessions of these courses are in the afternoon: so many days after the form of the morning.
HOUR = 0.2


def course_of(*pairs, before=1, after=5, apart=21):
    """Sessions 21 days apart; of each pair the score a day before it and five days after it."""
    given = [60 + apart * n for n in range(len(pairs))]
    rows = [(5, 18), (12, 18), (19, 18), (45, 8), (50, 8)]
    for at, (one, other) in zip(given, pairs, strict=True):
        rows += [(at + HOUR - before, one), (at + HOUR + after, other)]
    return course(rows, [*INDUCTION, *given], rows[-1][0] + 1)


def trend_of(*pairs, **more):
    return read_case(course_of(*pairs, **more), INSTRUMENTS).trend


def page_of(*pairs):
    return build_page(course_of(*pairs), INSTRUMENTS, shipped_rules())


UNSAID = "cannot be said yet"


@pytest.mark.parametrize(
    ("pairs", "verdict", "why"),
    [
        # two sessions took off 8 each, then two more; 5 points is the important change
        ([(14, 6), (14, 6), (14, 6), (14, 6)], "holding", ""),
        ([(14, 6), (14, 6), (14, 9), (14, 9)], "holding", ""),  # 5 each: on it
        (
            [(14, 6), (14, 6), (14, 9), (14, 10)],
            UNSAID,
            "the last two sessions gained under 5 points",
        ),
        (
            [(14, 6), (14, 6), (14, 10), (14, 11)],
            UNSAID,
            "the last two sessions gained under 5 points",
        ),
        ([(14, 6), (14, 6), (14, 11), (14, 11)], "diminishing", ""),  # 3: 5 less, on it
        ([(14, 6), (14, 6), (14, 12), (14, 12)], "diminishing", ""),  # 2: 6 less, above it
        ([(14, 6), (14, 6), (6, 6), (6, 6)], "diminishing", ""),  # no better than was reached
        ([(14, 6), (14, 6), (4, 4), (4, 4)], UNSAID, "but reached a better score"),  # is well
        # what was never gained neither holds nor diminishes
        ([(12, 7), (12, 7), (12, 7), (12, 7)], "holding", ""),  # 5 each: on it
        (
            [(12, 8), (12, 8), (12, 6), (12, 6)],
            UNSAID,
            "the earlier two sessions gained under 5 points",
        ),
        (
            [(18, 18), (18, 19), (18, 19), (18, 18)],
            UNSAID,
            "the earlier two sessions gained under 5 points",
        ),
        (
            [(14, 16), (14, 16), (14, 23), (14, 23)],
            UNSAID,
            "the earlier two sessions gained under 5 points",
        ),
    ],
)
def test_the_last_two_sessions_against_the_two_before(pairs, verdict, why):
    found = lasting(trend_of(*pairs))
    assert found.verdict == verdict
    assert why in found.why
    assert bool(found.why) == (verdict == UNSAID)


@pytest.mark.parametrize(("count", "said"), [(1, "one"), (2, "two"), (3, "three")])
def test_fewer_than_four_readable_sessions_are_too_few(count, said):
    found = lasting(trend_of(*[(14, 6)] * count))
    assert (found.verdict, found.latest) == (UNSAID, None)
    assert found.why.endswith(f"a form soon before and soon after, {said} so far")


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (
            [(14, 6), (14, 6), (14, 6), (14, 7)],
            "Effect holding†. Last two sessions read: 7.5 better on average; the two before: 8.0 "
            "better.",
        ),
        (
            [(14, 15), (14, 14), (14, 16), (14, 18)],
            "Effect holding or diminishing†: cannot be said yet, as the earlier two sessions "
            "gained under 5 points. Last two sessions read: 3.0 worse on average; the two before: "
            "0.5 worse.",
        ),
        (
            [(14, 6), (14, 6)],
            "Effect holding or diminishing†: cannot be said yet, as it takes four sessions with a "
            "form soon before and soon after, two so far.",
        ),
    ],
)
def test_the_page_names_one_of_three_outcomes_and_why_it_is_not_another(pairs, said):
    assert page_of(*pairs).interval_findings.endswith(said)


@pytest.mark.parametrize(
    ("pair", "said"),
    [((14, 18), "4.0 worse"), ((14, 10), "4.0 better"), ((14, 14), "no change")],
)
def test_an_effect_is_called_better_or_worse_on_screen_on_paper_and_in_words(pair, said):
    """A bare +4.0 beside the word effect reads as a benefit."""
    page = page_of((14, 6), pair)
    assert page.intervals[-1].effect == said
    (traced,) = [one.text for one in page.traced if one.where == "Interval 8 → now"]
    assert f"effect {said}" in traced
    html = render_html(page, standalone=True)
    assert f"<i>Effect of session</i> <span>{said}</span>" in html
    assert f'aria-label="Scores by day, sessions 8 → now: {pair[1]}; effect {said}"' in html
    assert said in "".join(one.extract_text() for one in PdfReader(BytesIO(render_pdf(page))).pages)


@pytest.mark.parametrize(("first", "said"), [(14, "4.0 better"), (22, "4.0 worse")])
def test_where_higher_is_better_a_rise_is_better(first, said):
    better = replace(INSTRUMENTS["phq9"], direction="higher_is_better", remission_below=None)
    facts = course_of((14, 18), (first, 18))
    page = build_page(facts, {**INSTRUMENTS, "phq9": better}, shipped_rules())
    assert page.intervals[-1].effect == said


@pytest.mark.parametrize(("before", "readable"), [(13, 3), (14, 3), (15, 0)])
def test_a_form_older_than_two_weeks_says_little_of_where_a_session_began(before, readable):
    found = effects(trend_of((14, 6), (14, 6), (14, 6), before=before))
    assert len([one for one in found if one.number > 7]) == min(readable, 2)


@pytest.mark.parametrize(("after", "readable"), [(2, 0), (3, 2), (10, 2), (11, 0)])
def test_the_form_after_a_session_is_that_of_days_3_to_10(after, readable):
    found = effects(trend_of((14, 6), (14, 6), (14, 6), after=after, apart=28))
    assert len([one for one in found if one.number > 7]) == readable


@pytest.mark.parametrize(("score", "day"), [(8, None), (12, None), (13, 20.0), (14, 20.0)])
def test_the_day_a_score_first_stood_five_points_above_its_reference(score, day):
    """Three stable forms at 8: the reference is crossed at 13."""
    rows = [(5, 18), (12, 18), (19, 18), (45, 8), (50, 8), (54, 8), (65, 8), (80 + HOUR, score)]
    trend = read_case(course(rows, [*INDUCTION, 60], 82), INSTRUMENTS).trend
    assert crossed_on_day(trend.intervals[-1], trend) == day
