"""A form from before the clinic used Afterglow is stored once, and never overwritten."""

import pytest

from surveys.actions.answer import record_old_response
from surveys.models import Response
from tests import cast
from tests.cast import START

pytestmark = pytest.mark.django_db

ITEMS = cast.phq9(2, 2, 1, 1, 1, 1, 1, 1, 0)


def stored(course, answers, total) -> int:
    return record_old_response(
        course, "phq9", answers, total, answered_at=START, by="import", now=START
    ).pk


@pytest.mark.parametrize(("answers", "total"), [(ITEMS, None), (None, 10), (None, 0)])
def test_the_same_form_again_is_the_same_form(answers, total):
    course = cast.ana()
    assert stored(course, answers, total) == stored(course, answers, total)
    assert Response.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((None, 10), (None, 11)),
        ((None, 0), (None, 1)),
        ((ITEMS, None), (cast.phq9(2, 2, 1, 1, 1, 1, 1, 1, 1), None)),
        # as many points, but nobody knows from which answers
        ((ITEMS, None), (None, 10)),
        ((None, 10), (ITEMS, None)),
    ],
)
def test_another_form_of_that_instant_is_refused(first, second):
    course = cast.ana()
    stored(course, *first)
    with pytest.raises(ValueError, match="holds other answers at that instant"):
        stored(course, *second)
    assert Response.objects.count() == 1
