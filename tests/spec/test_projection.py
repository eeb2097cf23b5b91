"""Chapter: nothing is projected that has not proved itself on this patient's own past."""

import pytest

from reports.evidence import shipped_rules
from reports.page import build_page, read_case
from reports.trends.projection import LOOKS, projection
from surveys.instrument import shipped_instruments
from tests.reports.pieces import course

INSTRUMENTS = shipped_instruments()


def facts_of(scores, apart=7, age=1):
    rows = [(5 + apart * n, score) for n, score in enumerate(scores)]
    return course(rows, [], rows[-1][0] + age)


def looked(scores, apart=7):
    return projection(read_case(facts_of(scores, apart), INSTRUMENTS).trend)


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([12, 8] * 6, True),  # noise about one level: the level is nearer
        ([4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24], False),  # a steady rise: the last score is
        ([9] * 12, False),  # as near as the other is not nearer
        ([12, 8] * (LOOKS // 2), False),  # too few looks: one less than there are forms
        ([12, 8] * (LOOKS // 2) + [12], True),
    ],
)
def test_only_where_it_was_nearer_than_the_last_score(scores, shown):
    assert (looked(scores).value is not None) == shown


@pytest.mark.parametrize(("apart", "looks"), [(13, 11), (14, 11), (15, 0)])
def test_never_beyond_two_weeks(apart, looks):
    found = looked([12, 8] * 6, apart)
    assert (found.looks, found.value is None) == (looks, looks == 0)


def ahead(scores, apart=7, age=1):
    facts = facts_of(scores, apart, age)
    return dict(build_page(facts, INSTRUMENTS, shipped_rules()).standing)["Next two weeks"]


def test_the_page_says_why_there_is_none():
    assert (
        ahead([9] * 12)
        == "not projected: the level missed past forms by 0.0, the last score by 0.0"
    )
    assert ahead([9] * 4) == f"not projected: 3 pairs of forms to test it on, {LOOKS} needed"
    assert ahead([9]) == "not projected from forms this few or this old"


def test_the_page_shows_one_with_what_it_rests_on():
    assert "last score by 4.0" in ahead([12, 8] * 6)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        # forms every two weeks to day 159, 10 October, and the report so many days later; forms
        # this far apart may be 21 days old before rule D0 calls them too old to read
        (0, "about 9.0 up to 24 Oct; missed"),
        (1, "about 9.0 up to 24 Oct; missed"),
        (13, "about 9.0 up to 24 Oct; missed"),
        (14, "not projected: the newest form is 14 days old"),
        (21, "not projected: the newest form is 21 days old"),
        (22, "not projected from forms this few or this old"),
    ],
)
def test_what_is_shown_ends_two_weeks_after_the_newest_form(age, said):
    assert ahead([12, 8] * 6, apart=14, age=age).startswith(said)
