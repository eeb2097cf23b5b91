"""The patient's door, request by request."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from surveys.actions import answer, send
from surveys.models import Alert, Draft, Event, Patient, Response, Token
from tests import cast, doors

NOW = cast.START
PAGES = ["/s/", "/s/thanks/", "/s/not-me/", "/s/stop/", "/s/not-me/done/", "/s/stop/done/"]


# --- the form


def test_a_page_that_comes_back_greets_nobody_twice(secret, occurrence):
    browser = doors.opened(secret)
    assert "<h1>Hello." in browser.get("/s/").content.decode()
    page = browser.post("/s/", {"form": str(occurrence.ref)}).content.decode()
    assert "Hello." not in page
    assert page.count("<h1>") == 1


def test_the_form_asks_everything_and_suggests_nothing(secret, occurrence):
    page = doors.opened(secret).get("/s/").content.decode()
    asked = [i.text for part in answer.instruments_of(occurrence) for i in part.items]
    assert len(asked) == page.count("<fieldset") == page.count("Prefer not to answer") == 17
    assert all(text in page for text in asked)
    assert " checked>" not in page
    assert "17 questions, about five minutes" in page


def test_the_form_says_who_reads_and_whom_to_call_before_and_after_the_questions(secret, settings):
    page = doors.opened(secret).get("/s/").content.decode()
    before, _, after = page.partition("<fieldset")
    assert settings.WHO_READS in before
    for part in (before, after.rpartition("</fieldset>")[2]):
        assert 'href="tel:988"' in part
        assert 'href="tel:911"' in part
        assert settings.CLINIC_PHONE in part
    assert "No permission required to reproduce" in page


def test_the_form_says_that_a_clinician_is_told_before_it_asks(secret):
    page = doors.opened(secret).get("/s/").content.decode()
    notice = page.index("If you answer “Several days” or more, a clinician on call is told at once")
    assert page.index("8 of 17") < notice < page.index("9 of 17")


def test_the_form_names_neither_patient_nor_course(secret):
    page = doors.opened(secret).get("/s/").content.decode()
    telling = ("Ana", "Reyes", "A-001", "mail.example", "ketamine", "depression")
    assert [word for word in telling if re.search(rf"\b{re.escape(word)}\b", page)] == []


# --- sending it


def test_answers_are_stored_as_given(secret, all_zero):
    posted = all_zero | {"phq9.2": "3", "phq9.3": "declined", "pointed_out": "yes"}
    del posted["phq9.4"]
    response = doors.opened(secret).post("/s/", posted)
    assert (response.status_code, response["Location"]) == (303, "/s/thanks/")
    stored = Response.objects.get(instrument="phq9")
    assert {code: stored.answers[code] for code in "1234"} == {
        "1": 0, "2": 3, "3": "declined", "4": None,
    }  # fmt: skip
    assert (stored.mode, stored.entered_by) == ("web", f"patient:{stored.patient_id}")


def test_a_response_knows_the_language_it_was_read_in(secret, all_zero):
    doors.opened(secret).post("/s/", all_zero)
    assert set(Response.objects.values_list("language", flat=True)) == {"en"}


def test_open_questions_are_pointed_out_once_and_nothing_typed_is_lost(secret, all_zero):
    browser = doors.opened(secret)
    half = all_zero | {"phq9.1": "2", "phq9.2": "declined"}
    del half["phq9.9"], half["gad7.7"]
    first = browser.post("/s/", half).content.decode()
    assert not Response.objects.exists()
    assert "Two questions are still open" in first
    assert re.findall(r'<a href="#(q\d+a)">', first) == ["q9a", "q17a"]
    assert first.count("Still open") == 2
    assert first.count(" checked>") == 15
    assert 'name="phq9.1" value="2" checked' in first
    assert 'name="phq9.2" value="declined" checked' in first
    (again,) = re.findall(r'name="pointed_out" value="(\w+)"', first)
    assert browser.post("/s/", half | {"pointed_out": again}).status_code == 303
    assert Response.objects.get(instrument="phq9").answers["9"] is None


@pytest.mark.parametrize(
    "extra", [{}, {"send": "answers"}, {"send": "leave-open", "pointed_out": "yes"}]
)
def test_a_form_without_any_answer_is_never_taken(secret, occurrence, extra):
    browser, before = doors.opened(secret), doors.every_row()
    page = browser.post("/s/", {"form": str(occurrence.ref), **extra}).content.decode()
    assert "Nothing is sent yet" in page
    assert "Leave these open" not in page
    assert doors.every_row() == before


@pytest.mark.parametrize("value", ["4", "-1", "on", "", "0.0", "0\u0000"])
def test_an_answer_nobody_offered_is_not_stored(secret, all_zero, value):
    page = doors.opened(secret).post("/s/", all_zero | {"phq9.9": value, "pointed_out": "yes"})
    assert "did not arrive as it was offered" in page.content.decode()
    assert not Response.objects.exists()
    assert Draft.objects.get().answers["phq9"]["9"] is None


def test_pressing_the_button_twice_is_harmless(secret, all_zero):
    browser = doors.opened(secret)
    browser.post("/s/", all_zero)
    after_once = doors.every_row()
    second = browser.post("/s/", all_zero | {"phq9.1": "3"}, follow=True)
    assert "Thank you. Your first answers are saved." in second.content.decode()
    assert doors.every_row() == after_once


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("0", ["0"], []),
        ("0", ["declined"], []),
        ("0", ["1"], ["unsent"]),
        ("0", ["3", "3"], ["unsent"]),
        ("declined", ["1"], ["unsent"]),
        ("1", ["1"], ["stored"]),
        ("2", ["1"], ["stored"]),
        ("1", ["2"], ["stored", "unsent"]),
        ("0", ["1", "2", "3"], ["unsent", "unsent", "unsent"]),
        ("0", ["3", "1", "2"], ["unsent"]),
        ("1", ["3", "2"], ["stored", "unsent"]),
    ],
)
def test_question_nine_sent_once_more_is_told_though_the_first_form_stays(
    secret, all_zero, first, then, told
):
    pages = [doors.opened(secret) for _ in then]
    doors.opened(secret).post("/s/", all_zero | {"phq9.9": first})
    for browser, item_9 in zip(pages, then, strict=True):
        page = browser.post("/s/", all_zero | {"phq9.9": item_9}, follow=True).content.decode()
    alerts = Alert.objects.order_by("pk")
    assert ["unsent" if one.unsent_id else "stored" for one in alerts] == told
    assert ("A clinician on call is being told" in page) == bool(told)
    assert ("does not replace them" in page) == (then[-1] != first)
    assert Response.objects.count() == 2


def test_answers_of_a_link_that_is_not_this_browsers_are_said_not_to_be_sent(
    secret, all_zero, mailbox
):
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    browser = doors.opened(doors.invited(theirs, mailbox, now=NOW))
    before = doors.every_row()
    response = browser.post("/s/", all_zero)
    assert response.status_code == 409
    assert "These answers were not sent." in response.content.decode()
    assert doors.every_row() == before


@pytest.mark.parametrize("mailed", [True, False])
def test_a_survey_of_what_is_switched_off_is_not_mailed_and_its_link_not_open(
    occurrence, mailbox, all_zero, mailed
):
    secret = doors.invited(occurrence, mailbox, now=NOW) if mailed else ""
    type(occurrence).objects.update(instruments=["who5"])
    if not mailed:
        assert send.invite(occurrence.pk, by="flow", now=NOW) == "switched off"
        occurrence.refresh_from_db()
        assert (occurrence.state, occurrence.reason) == ("skipped", "switched off")
        return
    browser = doors.opened(secret)
    assert "This link is not open." in browser.get("/s/").content.decode()
    assert "were not saved" in browser.post("/s/", all_zero).content.decode()


def test_a_form_opened_in_time_may_be_sent_in_the_hours_of_grace(
    secret, all_zero, occurrence, clock
):
    clock(occurrence.closes_at + timedelta(minutes=30))
    assert doors.opened(secret).post("/s/", all_zero).status_code == 303
    assert set(Response.objects.values_list("late", flat=True)) == {True}


def test_a_form_withdrawn_while_open_is_not_taken(secret, all_zero, occurrence, monkeypatch):
    browser = doors.opened(secret)
    stale = answer.occurrence_for(secret, now=NOW)
    type(occurrence).objects.filter(pk=occurrence.pk).update(state="cancelled")
    monkeypatch.setattr(answer, "occurrence_for", lambda secret, now: stale)
    assert browser.post("/s/", all_zero).status_code == 404
    assert not Response.objects.exists()


# --- thanks


def thanks(secret: str, posted: dict) -> str:
    return doors.opened(secret).post("/s/", posted, follow=True).content.decode()


def test_thanks_come_with_the_readers_own_time_and_whom_to_call(secret, all_zero, settings):
    page = thanks(secret, all_zero)
    assert "Monday 2 March, 09:00" in page
    assert 'href="tel:988"' in page
    assert settings.CLINIC_PHONE in page
    assert "on call is being told" not in page


@pytest.mark.parametrize(("item_9", "told"), [("0", 0), ("declined", 0), ("1", 1), ("3", 1)])
def test_thanks_after_an_alert_say_that_somebody_is_being_told(secret, all_zero, item_9, told):
    page = thanks(secret, all_zero | {"phq9.9": item_9})
    assert Alert.objects.count() == told
    assert page.count("A clinician on call is being told at this moment") == told
    assert page.count("We cannot promise how soon") == told


def test_thanks_never_say_what_was_answered(secret, all_zero, mailbox):
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    other = doors.filled(theirs, answer.instruments_of(theirs), choice=3) | {"phq9.9": "0"}
    mild = thanks(secret, all_zero)
    assert mild == thanks(doors.invited(theirs, mailbox, now=NOW), other)


def test_going_back_does_not_show_the_answers(secret, all_zero):
    browser = doors.opened(secret)
    browser.post("/s/", all_zero)
    assert browser.get("/s/").status_code == 404


# --- turning mail away


@pytest.mark.parametrize(
    ("page", "stop", "verb"),
    [("not-me", "not_me", "said not me"), ("stop", "stopped", "stopped mails")],
)
def test_turning_mail_away_needs_a_choice(secret, occurrence, page, stop, verb):
    browser = doors.opened(secret, f"/{page}")
    before = doors.every_row()
    assert " checked>" not in browser.get(f"/s/{page}/").content.decode()
    for empty in ({}, {"choice": ""}, {"choice": "maybe"}):
        response = browser.post(f"/s/{page}/", {"form": str(occurrence.ref), **empty})
        assert "Please choose one" in response.content.decode()
    kept = browser.post(f"/s/{page}/", {"form": str(occurrence.ref), "choice": "no"})
    assert kept["Location"] == "/s/"
    assert doors.every_row() == before

    browser.post(f"/s/{page}/", {"form": str(occurrence.ref), "choice": "yes"})
    assert Patient.objects.get().mail_stop == stop
    assert Token.objects.filter(revoked_at=None).count() == 0
    assert Event.objects.latest("seq").verb == verb
    assert doors.opened(secret).get("/s/").status_code == 404


@pytest.mark.parametrize(
    ("body", "stopped"),
    [
        ({"List-Unsubscribe": "One-Click"}, "stopped"),
        ({"List-Unsubscribe": "yes"}, ""),
        ({"choice": "yes"}, ""),
        ({}, ""),
    ],
)
def test_a_mail_programs_own_unsubscribe_button_stops_mails(secret, body, stopped):
    response = Client(enforce_csrf_checks=True).post(f"/s/{secret}/stop", body)
    assert response.status_code == 200, "RFC 8058: no redirect"
    assert Patient.objects.get().mail_stop == stopped


# --- whoever only looks


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(secret, method):
    before, browser = doors.every_row(), Client()
    for _ in range(2):
        for path in [f"/s/{secret}", f"/s/{secret}/not-me", f"/s/{secret}/stop", *PAGES]:
            assert getattr(browser, method)(path).status_code < 500
    assert doors.every_row() == before


def test_every_page_is_kept_by_nobody(secret):
    browser = doors.opened(secret)
    for path in [f"/s/{secret}", *PAGES, "/nowhere/"]:
        response = browser.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        # `no-referrer` makes browsers send forms with "Origin: null", which is refused
        expected = "same-origin" if b"<form" in response.content else "no-referrer"
        assert response["Referrer-Policy"] == expected


# --- when something is wrong


def wrong_address(browser: Client, monkeypatch: pytest.MonkeyPatch):
    return browser.get("/nowhere/")


def no_token(browser: Client, monkeypatch: pytest.MonkeyPatch):
    return Client(enforce_csrf_checks=True).post("/s/", {})


def wrong_host(browser: Client, monkeypatch: pytest.MonkeyPatch):
    return browser.get("/s/", headers={"host": "elsewhere.example"})


def no_database(browser: Client, monkeypatch: pytest.MonkeyPatch):
    def down(*_, **__):
        raise DatabaseError("the disk is gone")

    browser.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", down)
        return browser.get("/s/")


def wrong_method(browser, patch):
    return browser.put("/s/")


@pytest.mark.parametrize(
    ("happen", "status"),
    [
        (wrong_address, 404),
        (no_token, 403),
        (wrong_host, 400),
        (wrong_method, 405),
        (no_database, 500),
    ],
)
def test_every_error_page_says_whom_to_call(secret, settings, monkeypatch, happen, status):
    response = happen(doors.opened(secret), monkeypatch)
    page = response.content.decode()
    assert response.status_code == status
    assert 'href="tel:988"' in page
    assert 'href="tel:911"' in page
    assert settings.CLINIC_PHONE in page
