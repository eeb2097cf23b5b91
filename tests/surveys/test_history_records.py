"""Other treatments and substances are kept like sessions: a correction is a new version."""

import pytest

from surveys import events
from surveys.actions.history import (
    HistoryError,
    correct_history,
    current,
    record_history,
    withdraw_history,
)
from surveys.history import HistoryStatement
from surveys.models import Event, HistoryEntry
from tests import cast

pytestmark = pytest.mark.django_db

SERTRALINE = HistoryStatement("antidepressant", "Sertraline", "50 mg", since="2026-02-10")
ENDED = HistoryStatement("antidepressant", "Sertraline", "50 mg", "", "2026-02-10", "2026-03-01")


@pytest.fixture
def patient():
    return cast.ana().patient


def record(patient, told, now=cast.START):
    return record_history(patient, told, by="staff:1", now=now)


def trail() -> list[str]:
    return [row.verb for row in Event.objects.order_by("seq") if "history" in row.verb]


def test_an_entry_is_one_row_and_one_line_of_the_trail_without_its_words(patient):
    entry = record(patient, SERTRALINE)
    (line,) = Event.objects.filter(verb="recorded history")
    assert (entry.told, entry.version, entry.recorded_by) == (SERTRALINE, 1, "staff:1")
    assert (line.subject, line.by) == (f"patient:{patient.pk}", "staff:1")
    assert line.detail == {"entry": str(entry.key), "version": 1}
    assert events.first_broken() is None


def test_the_same_said_twice_is_recorded_once(patient):
    assert record(patient, SERTRALINE) == record(patient, SERTRALINE, cast.START + cast.DAY)
    assert trail() == ["recorded history"]


def test_a_correction_is_a_new_version_and_the_old_one_stays(patient):
    first = record(patient, SERTRALINE)
    later = cast.START + cast.DAY
    second = correct_history(patient, first.key, ENDED, by="staff:2", now=later)
    first.refresh_from_db()
    assert (first.told, first.superseded_at) == (SERTRALINE, later)
    assert (second.key, second.version, second.told) == (first.key, 2, ENDED)
    assert list(current(patient)) == [second]
    assert trail() == ["recorded history", "corrected history"]


def test_a_correction_that_changes_nothing_is_none(patient):
    entry = record(patient, SERTRALINE)
    correct_history(patient, entry.key, SERTRALINE, by="staff:2", now=cast.START)
    assert trail() == ["recorded history"]


def test_what_was_entered_by_mistake_is_taken_back_once_and_kept(patient):
    entry = record(patient, SERTRALINE)
    for _ in range(2):
        withdraw_history(patient, entry.key, by="staff:1", now=cast.START + cast.DAY)
    assert not current(patient).exists()
    assert list(HistoryEntry.objects.values_list("version", "withdrawn")) == [(1, False), (2, True)]
    assert trail() == ["recorded history", "withdrew history"]
    with pytest.raises(HistoryEntry.DoesNotExist):
        correct_history(patient, entry.key, ENDED, by="staff:1", now=cast.START + cast.DAY)


@pytest.mark.parametrize(
    ("given", "kept"), [("", "2026-03-02"), ("2026-02-20", "2026-02-20"), ("2026-02", "2026-02")]
)
def test_that_there_is_none_bears_the_day_it_was_asked(patient, given, kept):
    assert record(patient, HistoryStatement("opioids", use="none", since=given)).since == kept


def test_today_is_the_patients_day(patient):
    """At 05:00 UTC on the 3rd it is still the 2nd in Denver."""
    night = cast.START + 13 * cast.HOUR
    with pytest.raises(HistoryError):
        record(patient, HistoryStatement("tms", since="2026-03-03"), night)
    assert record(patient, HistoryStatement("opioids", use="none"), night).since == "2026-03-02"


def test_what_cannot_be_recorded_leaves_nothing(patient):
    with pytest.raises(HistoryError, match="name: Say which one"):
        record(patient, HistoryStatement("antidepressant"))
    assert not HistoryEntry.objects.exists()
    assert trail() == []


def test_nobody_corrects_an_entry_of_somebody_else(patient):
    entry = record(patient, SERTRALINE)
    other = cast.ben().patient
    with pytest.raises(HistoryEntry.DoesNotExist):
        correct_history(other, entry.key, ENDED, by="staff:1", now=cast.START)
