"""Six digits before the form, where the clinic asks for them. Nobody is locked out by a machine."""

import pytest
from django.test import Client

from reports.clinic.to_reach import to_reach
from surveys.actions import answer
from surveys.actions.pin import MOST_FAILURES, EasyPin, set_pin, try_pin, unlock
from surveys.models import Event, Patient, Response
from tests import cast, doors
from tests.clinic.conftest import browser_of

NOW = cast.START
PIN = "417 029"


@pytest.fixture(autouse=True)
def asked(settings):
    settings.PIN = True


@pytest.fixture
def patient(occurrence) -> Patient:
    set_pin(occurrence.course.patient, PIN, by="ruiz", now=NOW)
    return Patient.objects.get()


def tried(browser: Client, occurrence, pin: str | None):
    posted = {"form": str(occurrence.ref), **({} if pin is None else {"pin": pin})}
    return browser.post("/s/pin/", posted)


def locked_out(secret, occurrence) -> Client:
    browser = doors.opened(secret)
    for _ in range(MOST_FAILURES):
        answered = tried(browser, occurrence, "111222")
    assert answered.status_code == 403
    return browser


def test_the_form_comes_after_the_pin_and_the_pin_only_once(secret, occurrence, patient):
    browser = doors.opened(secret)
    assert browser.get("/s/")["Location"] == "/s/pin/"
    asked = browser.get("/s/pin/").content.decode()
    assert 'inputmode="numeric"' in asked
    assert 'href="tel:988"' in asked
    assert tried(browser, occurrence, "417029")["Location"] == "/s/"
    assert "<fieldset" in browser.get("/s/").content.decode()
    sent = browser.post("/s/", doors.filled(occurrence, answer.instruments_of(occurrence), 0))
    assert sent["Location"] == "/s/thanks/"


def test_answers_sent_past_the_pin_are_not_taken(secret, occurrence, patient):
    posted = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    assert doors.opened(secret).post("/s/", posted)["Location"] == "/s/pin/"
    assert not Response.objects.exists()


def test_the_pin_of_one_form_does_not_open_another_browser(secret, occurrence, patient):
    tried(doors.opened(secret), occurrence, PIN)
    assert doors.opened(secret).get("/s/")["Location"] == "/s/pin/"


@pytest.mark.parametrize("typed", [None, "", "41702", "4170290", "pin", "417o29", "٤١٧٠٢٩", "on"])
def test_what_is_no_six_digits_does_not_count(secret, occurrence, patient, typed):
    before = doors.every_row()
    browser = doors.opened(secret)
    for _ in range(2 * MOST_FAILURES):
        assert "did not count" in tried(browser, occurrence, typed).content.decode()
    assert doors.every_row() == before


@pytest.mark.parametrize("wrong", range(MOST_FAILURES))
def test_up_to_four_wrong_tries_leave_the_right_one(secret, occurrence, patient, wrong):
    browser = doors.opened(secret)
    for _ in range(wrong):
        assert "That was not it" in tried(browser, occurrence, "111222").content.decode()
    assert tried(browser, occurrence, PIN).status_code == 303
    assert Patient.objects.get().pin_failures == 0


def test_after_five_the_link_is_locked_kindly_and_somebody_is_told(secret, occurrence, patient):
    page = tried(locked_out(secret, occurrence), occurrence, PIN).content.decode()
    assert "This link is locked for now." in page
    assert "303 555 0142" in page
    assert 'href="tel:988"' in page
    (call,) = to_reach([Patient.objects.get()], NOW)
    assert (call.why, call.since) == ("Locked out by five wrong PINs", NOW)
    assert Event.objects.filter(verb="locked by pin").count() == 1
    assert not [event for event in Event.objects.all() if "111222" in str(event.detail)]


def test_staff_open_a_locked_link_again(secret, occurrence, patient):
    browser = locked_out(secret, occurrence)
    unlock(patient, by="ruiz", now=NOW)
    assert tried(browser, occurrence, PIN).status_code == 303
    assert to_reach([Patient.objects.get()], NOW) == []


def test_the_desk_sets_a_pin_and_opens_the_links(secret, occurrence):
    desk, patient = browser_of(cast.ruiz()), Patient.objects.get()
    place, contact = f"/patients/{patient.ref}/pin/", f"/patients/{patient.ref}/contact/"
    assert "No PIN yet" in desk.get(contact).content.decode()
    assert desk.post(place, {"pin": PIN})["Location"] == contact
    locked_out(secret, occurrence)
    assert "The links are locked" in desk.get(contact).content.decode()
    desk.post(place, {"pin": ""})
    assert Patient.objects.get().pin_locked_at is None
    assert try_pin(Patient.objects.get(), PIN, now=NOW) == "right"


def test_the_desk_cannot_empty_a_pin(patient):
    desk = browser_of(cast.ruiz())
    told = desk.post(f"/patients/{patient.ref}/pin/", {"pin": ""}, follow=True).content.decode()
    assert "No PIN recorded" in told
    assert Patient.objects.get().pin == patient.pin


@pytest.mark.parametrize("easy", ["", "12345", "123456", "654321", "000000", "777777", "abcdef"])
def test_an_easy_pin_is_refused(patient, easy):
    with pytest.raises(EasyPin):
        set_pin(patient, easy, by="ruiz", now=NOW)


def test_whoever_has_no_pin_yet_answers_and_is_on_the_list(secret, occurrence):
    assert doors.opened(secret).get("/s/").status_code == 200
    (call,) = to_reach([Patient.objects.get()], NOW)
    assert call.why == "Has no PIN; forms open without one"


def test_a_clinic_that_does_not_ask_is_not_asked_about(secret, patient, settings):
    settings.PIN = False
    assert doors.opened(secret).get("/s/").status_code == 200
    assert to_reach([Patient.objects.get()], NOW) == []


def test_only_the_hash_is_kept(patient):
    assert "417029" not in patient.pin
    assert "417029" not in str(list(Event.objects.values()))


def test_of_many_tries_at_once_only_five_are_looked_at(patient):
    """All of them have read the patient before the first is counted."""
    found = [try_pin(patient, "111222", now=NOW) for _ in range(24)]
    assert found == ["wrong"] * (MOST_FAILURES - 1) + ["locked"] * 20
    assert Event.objects.filter(verb="wrong pin").count() == MOST_FAILURES
    assert try_pin(patient, PIN, now=NOW) == "locked"
