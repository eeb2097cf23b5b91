"""Chapter: worse than before, at once or slowly: two forms in a row against three earlier ones.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

import pytest

from tests.reports import courses
from tests.reports.pieces import INDUCTION, course
from tests.spec.weighing import maintenance, state, weighed


class TestW1:
    """A standing flag, 5 or more above three stable forms (7), at an unchanged interval."""

    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            ([7, 11, 11], "quiet"),
            ([7, 7, 12], "single"),
            ([7, 11, 14], "single"),  # held against 7, 7 and 11
            ([7, 12, 11], "quiet"),  # the newest form carries no flag
            ([7, 12, 12], "fires"),
            ([7, 13, 13], "fires"),
        ],
    )
    def test_two_forms_in_a_row(self, last, expected):
        assert state(maintenance(last, as_of=97), "W1") == expected

    def test_it_speaks_against_going_on_unchanged_and_against_a_longer_interval(self):
        said = statements_of("W1", courses.worsening())
        assert {(option, side) for option, side, _ in said} == {
            ("continue", "against"), ("taper", "against"),
        }  # fmt: skip
        for _, _, one in said:
            assert one.mark == "W1†"
            assert one.inputs.startswith("21 and 23, against 15.7, the mean of the last three")
            assert "" not in (one.source, one.but)
        assert said[0][2].but.endswith("The two forms ask about 7 of the same 14 days.")

    def test_a_single_flag_says_what_it_needs(self):
        needs = weighed(maintenance([7, 7, 12], as_of=97)).columns[0].not_met
        (text,) = [need.text for need in needs if need.rule == "W1"]
        assert text.startswith("One form is 5 or more worse than 7.0, ")
        assert text.endswith("Needs a second; ask again in 3 to 4 days.")

    @pytest.mark.parametrize("make", [courses.worsening, courses.wane_and_rebound])
    def test_no_confirmed_rise_is_without_a_word_against_both(self, make):
        """L1 and T2 say it where they speak; then it is not said twice."""
        keep, longer, _ = weighed(make()).columns
        assert {"W1", "L1"} & {one.rule for one in keep.speaks_against.statements}
        assert {"W1", "T2"} & {one.rule for one in longer.speaks_against.statements}

    def test_where_a_lost_response_says_it_already_it_is_left_out(self):
        facts = maintenance([7, 13, 13], as_of=97)
        assert (state(facts, "L1"), statements_of("W1", facts)) == ("fires", [])


def statements_of(rule, facts):
    return [
        (column.option, side, one)
        for column in weighed(facts).columns
        for side, cell in (("for", column.speaks_for), ("against", column.speaks_against))
        for one in cell.statements
        if one.rule == rule
    ]


class TestW2:
    """Two forms in a row 6 or more worse than the best three in a row since session 1, though each
    was near the ones before it: no response to lose, and no flag."""

    SLOW = (9, 8, 7, 9, 10, 10, 11, 11, 12, 12)

    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            ([13, 13], "quiet"),  # the best three are 8 on average
            ([13, 14], "quiet"),
            ([14, 13], "quiet"),
            ([14, 14], "fires"),
            ([14, 15], "fires"),
        ],
    )
    def test_a_slow_loss_that_no_flag_saw(self, last, expected):
        facts = self.slow(last)
        assert (state(facts, "W1"), state(facts, "L1")) == ("quiet", "quiet")
        assert state(facts, "W2") == expected

    def test_it_speaks_against_going_on_unchanged_and_against_a_longer_interval(self):
        said = statements_of("W2", self.slow([14, 14]))
        assert {(option, side) for option, side, _ in said} == {
            ("continue", "against"), ("taper", "against"),
        }  # fmt: skip
        assert "each 6 or more worse than 8.0" in said[0][2].inputs

    def test_where_a_lost_response_or_a_confirmed_rise_says_it_it_is_not_said_twice(self):
        facts = maintenance([7, 13, 13], as_of=97)
        assert {"fires"} == {state(facts, rule) for rule in ("L1", "W1", "W2")}
        assert statements_of("W2", facts) == []

    def slow(self, last):
        weeks = [(26 + 7 * n, one) for n, one in enumerate([*self.SLOW, *last])]
        before = [(day, 14) for day in (5, 12, 19)]
        return course([*before, *weeks], [*INDUCTION, 52, 66, 80, 94], 27 + 7 * len(weeks))
