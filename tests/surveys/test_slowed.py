"""Too many posts in a minute: a kind page for a person, and no answer lost that matters."""

import pytest
from django.http import HttpResponse
from django.test import Client

from surveys import pace
from surveys.actions import answer
from surveys.actions.collect import hand_over
from surveys.actions.pin import set_pin
from surveys.models import Alert, Draft, Patient, Response
from surveys.patient import link, tablet
from tests import cast, doors

NOW = cast.START
MOST = 60  # a minute


@pytest.fixture
def browser(occurrence, mailbox) -> Client:
    """Ana's, after a machine posted an empty form sixty times through her link."""
    browser = doors.opened(doors.invited(occurrence, mailbox, now=NOW))
    knocked(occurrence, MOST - 1)
    assert browser.post("/s/", {"form": str(occurrence.ref)}).status_code == 200
    return browser


def knocked(occurrence, times: int) -> None:
    for _ in range(times):
        pace.count("link", str(occurrence.ref))


def some(occurrence, **answers: str) -> dict[str, str]:
    return {"form": str(occurrence.ref)} | {f"phq9.{code[1:]}": v for code, v in answers.items()}


# --- a link that opens


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_comes_back_as_it_was_filled_in(browser, occurrence, language):
    before = doors.every_row()
    response = browser.post("/s/", some(occurrence, q1="2", q2="0"))
    page = response.content.decode()
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert page.count(" checked>") == 2
    assert ("wait a minute" if language == "en" else "espere un minuto") in page
    assert ("Still open" if language == "en" else "Sin responder") not in page
    assert "988" in page
    assert "303 555 0142" in page
    assert doors.every_row() == before


def test_a_complete_form_is_taken_all_the_same(browser, occurrence):
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), choice=0)
    assert browser.post("/s/", filled)["Location"] == "/s/thanks/"
    assert Response.objects.count() == 2


def test_so_is_one_whose_open_questions_were_meant(browser, occurrence):
    sent = some(occurrence, q1="0") | {"pointed_out": "yes"}
    assert browser.post("/s/", sent)["Location"] == "/s/thanks/"


@pytest.mark.parametrize(
    ("nine", "status", "kept"), [("0", 429, False), ("declined", 429, False), ("1", 200, True)]
)
def test_an_answer_somebody_must_see_is_kept_even_with_questions_open(
    browser, occurrence, nine, status, kept
):
    assert browser.post("/s/", some(occurrence, q9=nine)).status_code == status
    assert Draft.objects.filter(alarming_since=NOW).exists() is kept


@pytest.mark.parametrize(("nine", "status", "kept"), [("0", 429, False), ("1", 303, True)])
def test_so_it_is_when_saved_for_later(browser, occurrence, nine, status, kept):
    saved = browser.post("/s/", some(occurrence, q9=nine) | {"send": "later"})
    assert saved.status_code == status
    assert Draft.objects.exists() is kept


def test_a_complete_form_with_question_nine_has_its_alert(browser, occurrence):
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), choice=1)
    assert browser.post("/s/", filled).status_code == 303
    assert Alert.objects.count() == 1


def test_saving_at_each_question_meets_no_limit(occurrence, mailbox):
    browser = doors.opened(doors.invited(occurrence, mailbox, now=NOW))
    for number in range(17):
        saved = browser.post("/s/", some(occurrence, q1=str(number % 4)) | {"send": "later"})
        assert saved["Location"] == "/s/kept/"


@pytest.mark.parametrize("page", ["/s/", "/s/stop/", "/s/not-me/"])
def test_reading_is_neither_counted_nor_limited(browser, counts_file, page):
    before = counts_file.read_bytes()
    assert browser.get(page).status_code == 200
    assert browser.head(page).status_code == 200
    assert counts_file.read_bytes() == before


@pytest.mark.parametrize("page", ["stop", "not-me"])
def test_a_choice_acts_all_the_same_and_none_is_asked_to_wait(browser, occurrence, page):
    none = browser.post(f"/s/{page}/", {"form": str(occurrence.ref)})
    assert none.status_code == 429
    assert "Please wait a minute." in none.content.decode()
    chosen = {"form": str(occurrence.ref), "choice": "yes"}
    assert browser.post(f"/s/{page}/", chosen).status_code == 303
    assert Patient.objects.get().mail_stop


def test_somebody_elses_link_from_the_same_address_is_not_slowed(browser, mailbox):
    ben = cast.due(cast.ben(), "baseline", now=NOW)
    beside = doors.opened(doors.invited(ben, mailbox, now=NOW))
    assert beside.post("/s/", {"form": str(ben.ref)}).status_code == 200


def test_a_right_pin_opens_after_any_number_of_empty_ones(occurrence, mailbox, settings):
    settings.PIN = True
    set_pin(occurrence.course.patient, "417029", by="ruiz", now=NOW)
    browser = doors.opened(doors.invited(occurrence, mailbox, now=NOW))
    empty, right = ({"form": str(occurrence.ref), "pin": pin} for pin in ("", "417029"))
    knocked(occurrence, MOST - 1)
    assert browser.post("/s/pin/", empty).status_code == 422
    slowed = browser.post("/s/pin/", empty)
    assert slowed.status_code == 429
    assert "988" in slowed.content.decode()
    assert browser.post("/s/pin/", right)["Location"] == "/s/"


def test_on_a_tablet_too(occurrence):
    handed = hand_over(occurrence.course, occurrence, "baseline", by="ruiz", now=NOW)
    browser = Client()
    browser.cookies = link.keep(HttpResponse(), str(handed.ref), kind=tablet.COOKIE).cookies
    knocked(occurrence, MOST - 1)
    assert browser.post("/s/tablet/", some(occurrence, q1="1")).status_code == 200
    assert browser.post("/s/tablet/", some(occurrence, q1="1")).status_code == 429
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), choice=0)
    assert browser.post("/s/tablet/", filled)["Location"] == "/s/tablet/done/"


# --- what opens nothing


@pytest.mark.parametrize("page", ["/s/", "/s/stop/", "/s/not-me/", "/s/pin/", "/s/tablet/"])
def test_posts_that_open_nothing_are_counted_by_address(db, page):
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    assert 429 not in {stranger.post(page, {}).status_code for _ in range(MOST)}
    slowed = stranger.post(page, {})
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) <= 60
    told = slowed.content.decode()
    assert "nothing was saved" in told
    assert 'href="tel:988"' in told
    assert "303 555 0142" in told
    assert Client(REMOTE_ADDR="203.0.113.10").post(page, {}).status_code == 404


def test_unsubscribing_by_unknown_links_is_counted_and_by_a_real_one_is_not(
    occurrence, mailbox, db
):
    secret = doors.invited(occurrence, mailbox, now=NOW)
    one_click = {"List-Unsubscribe": "One-Click"}
    mail_program = Client()
    found = [mail_program.post("/s/unknown/stop", one_click).status_code for _ in range(MOST + 1)]
    assert found == [200] * MOST + [429]
    assert mail_program.post(f"/s/{secret}/stop", one_click).status_code == 200
    assert Patient.objects.get().mail_stop == "stopped"


def test_pressing_send_again_and_again_is_thanked_again_and_again(occurrence, mailbox):
    browser = doors.opened(doors.invited(occurrence, mailbox, now=NOW))
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), choice=0)
    found = {browser.post("/s/", filled)["Location"] for _ in range(MOST + 2)}
    assert found == {"/s/thanks/"}
    assert Response.objects.count() == 2
