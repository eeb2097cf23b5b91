"""A clinician lists, adds, corrects, ends and takes back other treatments and substances."""

import html

import pytest
from django.test import Client

from surveys.actions.history import current, record_history
from surveys.history import HistoryStatement
from surveys.models import HistoryEntry
from tests import cast
from tests.clinic.conftest import browser_of, views

pytestmark = pytest.mark.django_db

SERTRALINE = {
    "about": "treatment", "kind": "antidepressant", "name": "Sertraline", "dose": "50 mg",
    "since": "2026-02", "until": "",
}  # fmt: skip
ALCOHOL = {"about": "substance", "kind": "alcohol", "use": "current", "since": "2019"}


@pytest.fixture
def patient():
    return cast.ana().patient


@pytest.fixture
def hers(patient, enter) -> Client:
    return enter(patient.clinician)


def path(patient, key: object = "") -> str:
    return f"/patients/{patient.ref}/history/{f'{key}/' if key else ''}"


def text(answer) -> str:
    return html.unescape(answer.content.decode())


def recorded(patient) -> list[HistoryStatement]:
    return [entry.told for entry in current(patient)]


def test_nothing_recorded_is_not_nothing_there(hers, patient):
    page = text(hers.get(path(patient)))
    assert page.count("Not recorded.") == 2
    assert " checked" not in page
    assert " selected" not in page.replace('<option value="" selected>', "")
    assert views()[0][1:] == (f"patient:{patient.pk}", {"page": "history"})


def test_a_treatment_and_a_substance_are_recorded_and_listed(hers, patient):
    for typed in (SERTRALINE, ALCOHOL):
        assert hers.post(path(patient), typed).status_code == 302
    assert recorded(patient) == [
        HistoryStatement("antidepressant", "Sertraline", "50 mg", "", "2026-02"),
        HistoryStatement("alcohol", use="current", since="2019"),
    ]
    assert HistoryEntry.objects.first().recorded_by == f"staff:{patient.clinician.pk}"
    page = text(hers.get(path(patient)))
    assert "Sertraline 50 mg (antidepressant)" in page
    assert "Since Feb 2026" in page
    assert "Current, since 2019" in page


def test_pressing_twice_records_once(hers, patient):
    for _ in range(2):
        hers.post(path(patient), SERTRALINE)
    assert HistoryEntry.objects.count() == 1


def test_several_asked_at_once_are_recorded_as_none_and_only_the_ticked(hers, patient):
    hers.post(path(patient), {"about": "none", "kind": ["no_treatment", "opioids", "cannabis"]})
    assert {(told.kind, told.none, told.since) for told in recorded(patient)} == {
        (kind, True, "2026-03-02") for kind in ("no_treatment", "opioids", "cannabis")
    }
    page = text(hers.get(path(patient)))
    left = page.split("Not recorded yet")[1].split("Add a treatment")[0]
    assert [word in left for word in ("Opioids", "Alcohol", "No other treatment")] == [
        False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({**SERTRALINE, "kind": ""}, "Choose one."),
        ({**SERTRALINE, "name": ""}, "Say which one."),
        ({**SERTRALINE, "since": "2026-04"}, "This is in the future."),
        ({**SERTRALINE, "since": "spring"}, "Write 2026-03-14"),
        ({**SERTRALINE, "until": "2026-01"}, "This is before it began."),
        ({**ALCOHOL, "use": ""}, "Choose one."),
        ({**ALCOHOL, "until": "2020"}, "What goes on has no end."),
        ({"about": "none"}, "Tick what you asked about."),
        ({"about": "anything"}, "Not recorded."),
    ],
)
def test_what_cannot_be_recorded_is_pointed_out_and_kept(hers, patient, typed, told):
    answer = hers.post(path(patient), typed)
    assert (answer.status_code, recorded(patient)) == (422, [])
    assert told in text(answer)
    if typed.get("name"):
        assert 'value="Sertraline"' in text(answer)


def entry(patient) -> HistoryEntry:
    told = HistoryStatement("antidepressant", "Sertraline", "50 mg", "", "2026-02")
    return record_history(patient, told, by="staff:1", now=cast.START)


def test_an_entry_is_ended_under_its_own_key(hers, patient):
    old = entry(patient)
    typed = {**SERTRALINE, "until": "2026-02-20"}
    assert 'value="Sertraline"' in text(hers.get(path(patient, old.key)))
    hers.post(path(patient, old.key), typed)
    (new,) = current(patient)
    assert (new.key, new.version, new.until) == (old.key, 2, "2026-02-20")
    assert views()[0][2] == {"page": "history entry"}


def test_a_correction_that_cannot_stand_changes_nothing(hers, patient):
    old = entry(patient)
    answer = hers.post(path(patient, old.key), {**SERTRALINE, "until": "2025"})
    assert answer.status_code == 422
    assert "This is before it began." in text(answer)
    assert list(current(patient)) == [old]


def test_an_entry_made_by_mistake_is_taken_back(hers, patient):
    old = entry(patient)
    hers.post(path(patient, old.key), {"withdraw": "yes"})
    assert recorded(patient) == []
    assert hers.get(path(patient, old.key)).status_code == 404


def test_an_entry_of_somebody_else_is_not_reached_through_ones_own_patient(hers, patient):
    other = entry(cast.ben().patient)
    assert hers.get(path(patient, other.key)).status_code == 404


def test_a_form_from_another_site_changes_nothing(patient):
    strict = browser_of(patient.clinician, enforce_csrf_checks=True)
    assert strict.post(path(patient), SERTRALINE).status_code == 403
    assert recorded(patient) == []


def test_the_patients_page_leads_here(hers, patient):
    assert path(patient) in text(hers.get(f"/patients/{patient.ref}/"))
