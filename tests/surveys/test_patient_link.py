"""The link in a patient's mail: what it opens, for how long, and what whoever it does not open for
is told."""

import logging
import time
from datetime import timedelta

import pytest
from django.test import Client

from surveys.actions.enrol import set_address
from surveys.models import Patient, Response, Token
from surveys.patient import link
from tests import cast, doors

NOW = cast.START


def test_the_link_becomes_a_cookie_and_leaves_the_address(secret):
    response = Client().get(f"/s/{secret}")
    cookie = response.cookies["link"]
    assert (response.status_code, response["Location"]) == (303, "/s/")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 4 * 3600


def test_a_live_site_binds_the_cookie_to_https_and_its_host(secret, settings):
    settings.LIVE = True
    cookie = Client().get(f"/s/{secret}").cookies["__Host-link"]
    assert (cookie["secure"], cookie["domain"]) == (True, "")


@pytest.mark.parametrize("page", ["", "/not-me", "/stop"])
def test_no_page_repeats_the_secret(secret, page):
    response = Client().get(f"/s/{secret}{page}", follow=True)
    assert response.status_code == 200
    assert secret not in response.content.decode()
    assert secret not in response.request["PATH_INFO"]


@pytest.mark.parametrize("page", ["", "/not-me"])
def test_a_post_to_a_mailed_link_tells_whom_to_call_and_which_ways_there_are(secret, page):
    response = Client().post(f"/s/{secret}{page}")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert 'href="tel:988"' in response.content.decode()


SCANNERS = {
    "opens it": lambda browser, mailed: browser.get(mailed),
    "posts to it": lambda browser, mailed: browser.post(mailed),
    "posts a field to it": lambda browser, mailed: browser.post(mailed, {"choice": "yes"}),
    "tries another verb": lambda browser, mailed: browser.put(mailed),
    "adds to it": lambda browser, mailed: browser.get(f"{mailed}/and/more"),
    "adds to it and posts": lambda browser, mailed: browser.post(f"{mailed}/and/more"),
}


@pytest.mark.parametrize("page", ["", "/not-me", "/stop"])
@pytest.mark.parametrize("does", SCANNERS)
def test_whatever_a_mail_scanner_does_with_a_link_the_log_does_not_hold_it(
    secret, caplog, page, does
):
    caplog.set_level(logging.INFO)
    SCANNERS[does](Client(enforce_csrf_checks=True), f"/s/{secret}{page}")
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("cause", "break_it"),
    [
        ("never minted", lambda secret, clock: "A" * 43),
        ("not one of ours", lambda secret, clock: "x" * 200 + "é;%00"),
        ("expired", lambda secret, clock: clock(NOW + timedelta(days=400)) or secret),
        ("withdrawn", lambda secret, clock: Token.objects.update(revoked_at=NOW) and secret),
        ("used", None),
        ("no cookie", lambda secret, clock: None),
    ],
)
def test_a_link_that_does_not_open_does_not_say_why(secret, all_zero, clock, cause, break_it):
    if cause == "used":
        doors.opened(secret).post("/s/", all_zero)
        assert Response.objects.count() == 2
    else:
        secret = break_it(secret, clock)
    browser = Client()
    if secret:
        assert browser.get(f"/s/{secret}").status_code == 303
    response = browser.get("/s/")
    assert response.status_code == 404
    assert response.content == Client().get("/s/").content
    assert b"988" in response.content


@pytest.mark.parametrize("cause", ["expired", "withdrawn", "no cookie"])
def test_answers_sent_through_a_closed_link_are_said_not_to_be_saved(
    secret, all_zero, clock, cause
):
    browser = doors.opened(secret) if cause != "no cookie" else Client()
    if cause == "expired":
        clock(NOW + timedelta(days=400))
    if cause == "withdrawn":
        Token.objects.update(revoked_at=NOW)
    response = browser.post("/s/", all_zero)
    page = response.content.decode()
    assert response.status_code == 404
    assert "were not saved" in page
    assert "are saved" not in page
    assert "988" in page
    assert not Response.objects.exists()


@pytest.mark.parametrize("page", ["/not-me", "/stop"])
@pytest.mark.parametrize("known", [True, False])
def test_mail_can_be_turned_away_from_an_answered_survey_but_not_without_a_link(
    secret, all_zero, page, known
):
    doors.opened(secret).post("/s/", all_zero)
    browser = Client()
    browser.get(f"/s/{secret if known else 'A' * 43}{page}")
    assert browser.get(f"/s{page}/").status_code == (200 if known else 404)


def test_the_old_address_no_longer_decides_once_it_was_corrected(secret, occurrence):
    set_address(occurrence.course.patient, "new@mail.example", by="front desk", now=NOW)
    assert Client().post(f"/s/{secret}/stop", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Patient.objects.get().mail_stop == ""


@pytest.mark.parametrize(
    ("before", "after"), [("bounced", ""), ("not_me", ""), ("stopped", "stopped")]
)
def test_a_new_address_ends_a_bounce_but_not_a_wish(secret, occurrence, before, after):
    patient = occurrence.course.patient
    patient.mail_stop = before
    set_address(patient, "new@mail.example", by="front desk", now=NOW)
    assert Patient.objects.get().mail_stop == after


def test_a_forged_cookie_opens_nothing(secret):
    browser = Client()
    browser.cookies["link"] = secret
    assert browser.get("/s/").status_code == 404


@pytest.mark.parametrize(
    ("hours", "words"), [(3.9, "questions, about"), (4.1, "shown for 4 hours after you opened")]
)
def test_what_was_kept_is_shown_for_four_hours_and_the_mailed_link_leads_back(
    secret, occurrence, monkeypatch, hours, words
):
    browser = doors.opened(secret)
    browser.post("/s/", {"form": str(occurrence.ref), "phq9.1": "2", "send": "later"})
    later = time.time() + hours * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    posted = {"form": str(occurrence.ref), "resuming": "yes", "choice": "on"}
    page = browser.post("/s/", posted).content.decode()
    assert words in page
    assert (" checked>" in page) == (hours < link.SECONDS / 3600)
    if hours > link.SECONDS / 3600:
        assert "open the link in your mail once more" in page
        assert "988" in page
        assert " checked>" in doors.opened(secret).post("/s/", posted).content.decode()
