"""A form that asks about days which the one before it asked about is stored with how many."""

from datetime import timedelta

import pytest

from surveys.actions.answer import record_old_response, submit
from surveys.exchange.importing import bring_in
from surveys.models import Response
from tests.cast import DAY, START, ana, due, phq9, treated
from tests.exchange.files import patients, responses, totals

pytestmark = pytest.mark.django_db


def overlaps(instrument: str = "phq9") -> list[int | None]:
    found = Response.objects.filter(instrument=instrument).order_by("answered_at")
    return list(found.values_list("overlap_days", flat=True))


@pytest.mark.parametrize(
    ("apart", "overlap", "why"),
    [
        (timedelta(days=7), 7, "a week later, seven of the fourteen days are asked about again"),
        (timedelta(days=9), 5, "five days inside the fourteen"),
        (timedelta(days=13, hours=23), 1, "a started day counts whole"),
        (timedelta(days=14), 0, "on the fourteenth day the windows only touch"),
        (timedelta(days=15), 0, "beyond it there is nothing in common"),
    ],
)
def test_phq9_again_after(apart, overlap, why):
    course = ana()
    for at in (START - 60 * DAY, START - 60 * DAY + apart):
        record_old_response(course, "phq9", phq9(*[1] * 9), None, answered_at=at, by="x", now=START)
    assert overlaps() == [None, overlap], why


def test_an_answered_survey_stores_it_too():
    course = ana()
    before = phq9(*[1] * 9)
    record_old_response(course, "phq9", before, None, answered_at=START, by="x", now=START)
    treated(course, START + DAY)
    form = due(course, "weekly", now=START + 9 * DAY)
    submit(form, {"phq9": before}, mode="web", by="patient", now=START + 9 * DAY)
    assert overlaps() == [None, 5]


def test_a_file_in_any_order_stores_the_same():
    ana()
    later, earlier = {"answered_at": "2026-02-26T18:30"}, {"answered_at": "2026-02-19T18:30"}
    bring_in([patients(), responses(later, earlier)], by="desk", now=START)
    assert overlaps() == [None, 7]


def test_an_old_record_of_totals_counts_as_a_form():
    ana()
    old = totals({"answered_at": "2026-02-19T18:30"})
    bring_in([patients(), old], by="desk", now=START)
    bring_in([responses()], by="desk", now=START)
    assert overlaps() == [None, 7]


def test_what_looks_back_on_no_particular_time_overlaps_with_nothing():
    course = ana()
    for at in (START - 2 * DAY, START - DAY):
        check = {"nausea": 0}
        record_old_response(course, "after_session", check, None, answered_at=at, by="x", now=START)
    assert overlaps("after_session") == [None, None]
