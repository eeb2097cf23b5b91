"""Chapter: nothing is projected that has not proved itself on this patient's own past."""

import pytest

from reports.evidence import shipped_rules
from reports.page import build_page, read_case
from reports.trends.projection import LOOKS, projection
from surveys.instrument import shipped_instruments
from tests.reports.pieces import course

INSTRUMENTS = shipped_instruments()


def facts_of(scores, apart=7):
    rows = [(5 + apart * n, score) for n, score in enumerate(scores)]
    return course(rows, [], rows[-1][0] + 1)


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


def ahead(scores):
    return dict(build_page(facts_of(scores), INSTRUMENTS, shipped_rules()).standing)[
        "Next two weeks"
    ]


def test_the_page_says_why_there_is_none():
    assert (
        ahead([9] * 12)
        == "not projected: the level missed past forms by 0.0, the last score by 0.0"
    )
    assert ahead([9] * 4) == f"not projected: 3 pairs of forms to test it on, {LOOKS} needed"
    assert ahead([9]) == "not projected from forms this few or this old"


def test_the_page_shows_one_with_what_it_rests_on():
    assert "last score by 4.0" in ahead([12, 8] * 6)
