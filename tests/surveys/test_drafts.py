"""Answers begun and not sent: kept for the patient, told where they cannot wait, never a form."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from flows import alert as alert_flow
from surveys import in_use
from surveys.actions import answer, draft
from surveys.models import Alert, Draft, Response, Token
from tests import cast, doors

NOW = cast.START
MINUTE = cast.MINUTE


def save(browser: Client, occurrence, **answers: str):
    fields = {name.replace("_", "."): value for name, value in answers.items()}
    return browser.post(
        "/s/", {"form": str(occurrence.ref), "send": "later", **fields}, follow=True
    )


def go_on(browser: Client, occurrence, **extra: str) -> str:
    posted = {"form": str(occurrence.ref), "resuming": "yes", **extra}
    return browser.post("/s/", posted).content.decode()


def run_alerts(now) -> None:
    alert_flow.run_once(now)


# --- kept and found again


def test_what_was_answered_is_kept_and_found_again_on_the_same_link(secret, occurrence):
    page = save(doors.opened(secret), occurrence, phq9_1="2", phq9_2="declined").content.decode()
    assert "They are not sent yet." in page
    assert not Response.objects.exists()
    back = doors.opened(secret)
    assert "checked" not in back.get("/s/").content.decode()
    shown = go_on(back, occurrence, choice="on")
    assert 'name="phq9.1" value="2" checked' in shown
    assert 'name="phq9.2" value="declined" checked' in shown
    assert shown.count(" checked>") == 2
    assert "Still open" not in shown


def test_a_page_with_open_questions_pointed_out_is_kept_too(secret, occurrence):
    doors.opened(secret).post("/s/", {"form": str(occurrence.ref), "phq9.1": "3"})
    assert Draft.objects.get().answers["phq9"]["1"] == 3


@pytest.mark.parametrize("extra", [{}, {"choice": ""}, {"choice": "maybe"}])
def test_kept_answers_are_shown_only_after_a_choice(secret, occurrence, extra):
    browser = doors.opened(secret)
    save(browser, occurrence, phq9_1="2")
    before = doors.every_row()
    assert "Please choose one." in go_on(browser, occurrence, **extra)
    assert doors.every_row() == before


def test_starting_anew_forgets_nothing_until_something_else_is_saved(secret, occurrence):
    browser = doors.opened(secret)
    save(browser, occurrence, phq9_1="2")
    assert " checked>" not in go_on(browser, occurrence, choice="anew")
    assert Draft.objects.get().answers["phq9"]["1"] == 2


def test_the_page_after_saving_is_for_the_browser_that_saved(secret, occurrence):
    one = doors.opened(secret)
    save(one, occurrence, phq9_9="3")
    assert one.get("/s/kept/").status_code == 200
    assert doors.opened(secret).get("/s/kept/").status_code == 404


@pytest.mark.parametrize("fields", [{}, {"phq9_1": "7"}])
def test_where_nothing_can_be_read_nothing_is_kept(secret, occurrence, fields):
    before = doors.every_row()
    browser = doors.opened(secret)
    save(browser, occurrence, **fields)
    assert doors.every_row() == before


@pytest.mark.parametrize("send", ["later", "answers"])
def test_beside_a_field_that_cannot_be_read_what_can_is_kept_and_told(secret, occurrence, send):
    browser = doors.opened(secret)
    posted = {"send": send, "phq9.1": "7", "phq9.2": "2", "phq9.9": "1"}
    page = browser.post("/s/", {"form": str(occurrence.ref), **posted}).content.decode()
    assert "did not arrive as it was offered" in page
    assert "Your other answers are kept." in page
    assert page.count(" checked>") == 2
    named = re.findall(r'<a href="#q(\d+)a"', page)
    assert (named, page.count("Still open")) == (["1"], 1), "the bad field alone is pointed out"
    kept = Draft.objects.get().answers["phq9"]
    assert {code: value for code, value in kept.items() if value is not None} == {"2": 2, "9": 1}
    assert not Response.objects.exists()
    run_alerts(NOW + 14 * MINUTE)
    assert not Alert.objects.exists()
    run_alerts(NOW + 15 * MINUTE)
    alert = Alert.objects.get()
    assert (alert.level, alert.response, alert.unsent) == ("standard", None, occurrence)


def test_a_field_that_cannot_be_read_takes_back_nothing_about_death_or_self_harm(
    secret, occurrence
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    save(doors.opened(secret), occurrence, phq9_1="0", phq9_9="7")
    assert Draft.objects.get().answers["phq9"]["9"] == 2
    assert draft.left_behind(now=NOW + 15 * MINUTE) == [occurrence.pk]


# --- two tabs, late, double


def test_of_two_tabs_the_one_that_saved_last_is_kept_whole(secret, occurrence):
    one, other = doors.opened(secret), doors.opened(secret)
    save(one, occurrence, phq9_1="2", phq9_2="2")
    save(other, occurrence, phq9_3="1")
    assert [value for value in Draft.objects.get().answers["phq9"].values() if value] == [1]


def test_what_is_sent_is_what_its_own_page_showed(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_1="3", phq9_9="3")
    doors.opened(secret).post("/s/", doors.filled(occurrence, answer.instruments_of(occurrence), 0))
    assert Response.objects.get(instrument="phq9").answers["9"] == 0
    assert not Draft.objects.exists()


def test_saving_after_it_was_sent_changes_nothing_and_says_thanks(secret, occurrence):
    tab = doors.opened(secret)
    doors.opened(secret).post("/s/", doors.filled(occurrence, answer.instruments_of(occurrence), 0))
    before = doors.every_row()
    page = save(tab, occurrence, phq9_1="3")
    assert "Thank you. Your first answers are saved." in page.content.decode()
    assert not draft.save_draft(occurrence, {"phq9": {"9": 3}}, by="test", now=NOW)
    assert doors.every_row() == before


# --- erased


@pytest.mark.parametrize(
    ("closed", "told", "kept"),
    [(False, False, 1), (True, False, 1), (True, True, 0), (False, True, 1)],
)
def test_a_draft_is_erased_when_no_link_leads_to_it_and_nobody_waits_for_it(
    secret, occurrence, closed, told, kept
):
    save(doors.opened(secret), occurrence, phq9_9="1")
    later = NOW + 20 * MINUTE
    if closed:
        Token.objects.update(revoked_at=later)
    if told:
        run_alerts(later)
    draft.erase_drafts(by="test", now=later + timedelta(minutes=1))
    assert Draft.objects.count() == kept


# --- its questionnaire was switched off, or its file taken away, meanwhile


@pytest.mark.parametrize("item_9", ["0", "declined", "1", "3"])
def test_sent_without_a_questionnaire_switched_off_since_its_question_nine_is_told(
    secret, occurrence, switched_off, item_9
):
    save(doors.opened(secret), occurrence, phq9_9=item_9)
    switched_off()
    rest = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    doors.opened(secret).post("/s/", rest)
    assert [one.instrument for one in Response.objects.all()] == ["gad7"]
    told = [one.concerns[0]["item"] for one in Alert.objects.filter(unsent=occurrence)]
    assert told == (["9"] if item_9 in ("1", "3") else [])


@pytest.mark.parametrize("saved_again", [False, True])
def test_left_unsent_it_is_told_and_what_it_is_stands_in_the_alert(
    secret, occurrence, switched_off, saved_again
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    switched_off()
    if saved_again:
        save(doors.opened(secret), occurrence, gad7_1="0")
    run_alerts(NOW + 15 * MINUTE)
    assert Alert.objects.get().concerns[0]["reason"].startswith("begun, not sent: PHQ-9")


def test_sent_once_more_from_a_page_opened_before_it_is_told(secret, occurrence, switched_off):
    older = doors.opened(secret)
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    doors.opened(secret).post("/s/", filled)
    switched_off()
    older.post("/s/", filled | {"phq9.9": "2"})
    assert [one.unsent for one in Alert.objects.all()] == [occurrence]


@pytest.fixture
def taken_away(monkeypatch):
    """The file of PHQ-9 is gone, from the next start on."""

    def take_away() -> None:
        for name in ("instruments_to_ask", "instruments_to_read"):
            left = {id_: one for id_, one in getattr(in_use, name)().items() if id_ != "phq9"}
            monkeypatch.setattr(answer, name, lambda left=left: left)

    return take_away


@pytest.mark.parametrize("saved_again", [False, True])
def test_left_unsent_it_is_told_in_the_words_it_was_asked_in_though_its_file_is_gone(
    secret, occurrence, taken_away, saved_again
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    taken_away()
    if saved_again:
        save(doors.opened(secret), occurrence, gad7_1="0")
    run_alerts(NOW + 15 * MINUTE)
    (concern,) = Alert.objects.get().concerns
    assert concern["reason"].startswith("begun, not sent: PHQ-9")
    assert "(2)" in concern["reason"]


@pytest.mark.parametrize("item_9", ["0", "declined", "1", "3"])
def test_sent_once_its_file_is_gone_what_was_kept_of_question_nine_is_told(
    secret, occurrence, taken_away, item_9
):
    save(doors.opened(secret), occurrence, phq9_9=item_9)
    taken_away()
    rest = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    doors.opened(secret).post("/s/", rest)
    assert [one.instrument for one in Response.objects.all()] == ["gad7"]
    assert not Draft.objects.exists()
    told = [one.concerns[0]["value"] for one in Alert.objects.filter(unsent=occurrence)]
    assert told == ([int(item_9)] if item_9 in ("1", "3") else [])
