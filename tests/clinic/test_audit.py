"""Every page with patient data writes one event that names them; reading writes nothing else."""

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from reports.actions import build_report
from surveys import events
from surveys.actions.answer import submit
from surveys.models import Event
from tests import cast
from tests.clinic.conftest import views

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> dict:
    """Ana after a session, with an open alert and one report; Ben without anything."""
    course = cast.ana()
    occurrence = cast.due(course, "baseline", now=cast.START)
    answers = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 1)}
    alert = submit(occurrence, answers, mode="web", by="patient", now=cast.START).alert
    session = cast.treated(course, cast.START - 2 * cast.HOUR)
    build_report(course, as_of=cast.START, known_at=cast.START, by="flow", now=cast.START)
    ben = cast.ben()
    return {
        "patient": course.patient_id, "ref": course.patient.ref, "key": session.key,
        "alert": alert.pk, "everybody": [course.patient_id, ben.patient_id],
    }  # fmt: skip


# page → what the event is about; {patient} is Ana's number, [..] the rows of a list
PAGES = {
    "/patients/{ref}/": "patient",
    "/patients/{ref}/reports/1/": "report 1",
    "/patients/{ref}/reports/1.pdf": "report 1 pdf",
    "/patients/{ref}/contact/": "contact",
    "/patients/{ref}/sessions/new/": "session",
    "/patients/{ref}/sessions/{key}/": "session",
    "/alerts/{alert}/": "alert",
}
LISTS = {"/week/": "week", "/patients/": "patients", "/front-desk/": "front-desk"}
WITHOUT_PATIENTS = ["/front-desk/enrol/", "/sign-in/"]


@pytest.fixture
def lead(enter) -> Client:
    return enter(cast.lead())


@pytest.mark.parametrize("address", PAGES)
def test_a_page_about_one_patient_writes_one_event(scene, lead, address):
    answer = lead.get(address.format(**scene))
    assert answer.status_code == 200
    by = f"staff:{cast.lead().pk}"
    assert views() == [(by, f"patient:{scene['patient']}", {"page": PAGES[address]})]


@pytest.mark.parametrize("address", LISTS)
def test_a_list_writes_one_event_with_the_number_of_every_row(scene, lead, address):
    assert lead.get(address).status_code == 200
    by, listed = f"staff:{cast.lead().pk}", {"patients": scene["everybody"]}
    assert views() == [(by, f"list:{LISTS[address]}", listed)]


def test_the_alerts_list_names_only_whose_alerts_it_shows(scene, lead):
    lead.get("/alerts/")
    assert [detail for *_, detail in views()] == [{"patients": [scene["patient"]]}]


@pytest.mark.parametrize("address", WITHOUT_PATIENTS)
def test_a_page_without_patients_writes_none(scene, lead, address):
    lead.get(address)
    assert views() == []


@pytest.mark.parametrize("form", ["", "contact/", "status/", "mail-again/", "sessions/new/"])
def test_a_form_sent_back_with_mistakes_shows_the_patient_again_and_says_so(scene, lead, form):
    answer = lead.post(f"/patients/{scene['ref']}/{form}")
    assert answer.status_code == 422
    assert [subject for _, subject, _ in views()] == [f"patient:{scene['patient']}"]


def test_reading_back_a_session_is_a_view_too(scene, lead):
    said = {"day": "2026-03-01", "time": "09:00", "status": "done"}
    lead.post(f"/patients/{scene['ref']}/sessions/new/", said)
    assert [detail for *_, detail in views()] == [{"page": "session"}]


def test_who_is_turned_away_has_seen_nothing(scene, enter):
    stranger, desk = enter(cast.lindqvist()), enter(cast.ruiz())
    turned_away = [stranger.get(address.format(**scene)).status_code for address in PAGES]
    assert turned_away == [404] * len(PAGES)
    assert desk.get(f"/patients/{scene['ref']}/").status_code == 403
    assert views() == []


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_changes_no_row_but_the_events(scene, lead, method):
    before = rows()
    for address in [*PAGES, *LISTS, *WITHOUT_PATIENTS, "/", "/alerts/"]:
        getattr(lead, method)(address.format(**scene))
    assert rows() == before
    assert len(views()) == len(PAGES) + len(LISTS) + 1


def rows() -> dict[str, list]:
    """Every row of every table, but for the audit chain."""
    tables = [each for each in apps.get_models() if each.__name__ not in ("Event", "ChainHead")]
    return {table.__name__: _content(table) for table in tables}


def _content(table: type[models.Model]) -> list:
    return sorted(map(repr, table.objects.values_list()))


def test_the_chain_holds_after_all_of_it(scene, lead):
    for address in [*PAGES, *LISTS]:
        lead.get(address.format(**scene))
    assert events.first_broken() is None


def test_no_event_holds_a_name_an_address_or_an_answer(scene, lead):
    for address in [*PAGES, *LISTS]:
        lead.get(address.format(**scene))
    told = " ".join(f"{event.subject} {event.by} {event.detail}" for event in Event.objects.all())
    assert [word for word in ("Ana", "Reyes", "A-001", "mail.example") if word in told] == []


def test_an_event_that_cannot_be_written_keeps_the_page_shut(scene, lead, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(events, "record", full)
    lead.raise_request_exception = False
    answer = lead.get(f"/patients/{scene['ref']}/")
    assert answer.status_code == 500
    assert b"A-001" not in answer.content
