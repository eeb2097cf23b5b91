"""Chapter: what each session still buys, and how long it lasts."""

import pytest

from reports.page import read_case
from reports.trends.lasting import crossed_on_day, effects, lasting
from surveys.instrument import shipped_instruments
from tests.reports.pieces import INDUCTION, course

INSTRUMENTS = shipped_instruments()
# Sessions of these courses are in the afternoon: so many days after the form of the morning.
HOUR = 0.2


def trend_of(*pairs, before=1, after=5, apart=21):
    """Sessions 21 days apart; of each pair the score a day before it and five days after it."""
    given = [60 + apart * n for n in range(len(pairs))]
    rows = [(5, 18), (12, 18), (19, 18), (45, 8), (50, 8)]
    for at, (one, other) in zip(given, pairs, strict=True):
        rows += [(at + HOUR - before, one), (at + HOUR + after, other)]
    return read_case(course(rows, [*INDUCTION, *given], rows[-1][0] + 1), INSTRUMENTS).trend


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        # two sessions took off 8 each; what the last two took off
        ([(14, 6), (14, 6), (14, 9), (14, 10)], "holding"),  # 4.5 on average: 3.5 less
        ([(14, 6), (14, 6), (14, 10), (14, 11)], "holding"),  # 3.5: 4.5 less, below 5
        ([(14, 6), (14, 6), (14, 11), (14, 11)], "diminishing"),  # 3: 5 less, on it
        ([(14, 6), (14, 6), (14, 12), (14, 12)], "diminishing"),  # 2: 6 less, above it
        ([(14, 6), (14, 6), (4, 4), (4, 4)], "holding"),  # nothing left to gain, and well
        ([(14, 6), (14, 6), (6, 6), (6, 6)], "diminishing"),  # no better than was reached before
    ],
)
def test_the_last_two_sessions_against_the_two_before(pairs, verdict):
    assert lasting(trend_of(*pairs)).verdict == verdict


def test_three_readable_sessions_are_too_few():
    assert lasting(trend_of((14, 6), (14, 6), (14, 12))) is None
    assert lasting(trend_of((14, 6), (14, 6), (14, 12), (14, 12))) is not None


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
