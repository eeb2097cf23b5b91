"""Answers begun and not sent: kept for the patient, told where they cannot wait, never a form."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from flows import alert as alert_flow
from surveys import in_use
from surveys.actions import answer, draft
from surveys.actions.alert import acknowledge, close
from surveys.models import Alert, Draft, Message, Response, Token
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


# --- an answer about death or self-harm that was never sent


@pytest.mark.parametrize(
    ("item_9", "minutes", "told"),
    [("1", 14, 0), ("1", 15, 1), ("3", 16, 1), ("0", 60, 0), ("declined", 60, 0)],
)
def test_it_is_told_a_quarter_of_an_hour_later(secret, occurrence, item_9, minutes, told):
    save(doors.opened(secret), occurrence, phq9_9=item_9)
    run_alerts(NOW + minutes * MINUTE)
    assert Alert.objects.count() == told
    assert Message.objects.filter(kind="alert").count() == told


def test_it_is_told_once_and_on_the_lower_tier(secret, occurrence, clock):
    save(doors.opened(secret), occurrence, phq9_9="3")
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 16 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9="2")
    run_alerts(NOW + 40 * MINUTE)
    alert = Alert.objects.get()
    assert (alert.level, alert.response, alert.unsent) == ("standard", None, occurrence)
    assert alert.concerns[0]["reason"].startswith("begun, not sent: PHQ-9")


def test_saving_again_does_not_put_it_off_but_taking_it_back_does(secret, occurrence, clock):
    save(doors.opened(secret), occurrence, phq9_9="1")
    clock(NOW + 10 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9="2")
    assert draft.left_behind(now=NOW + 15 * MINUTE) == [occurrence.pk]
    save(doors.opened(secret), occurrence, phq9_9="0")
    assert draft.left_behind(now=NOW + 60 * MINUTE) == []


@pytest.mark.parametrize(("sent_after", "alerts"), [(5, 1), (20, 2)])
def test_sent_later_it_has_the_ordinary_alert_of_its_own(
    secret, occurrence, clock, sent_after, alerts
):
    save(doors.opened(secret), occurrence, phq9_9="1")
    for minutes in range(1, sent_after):
        run_alerts(NOW + minutes * MINUTE)
    clock(NOW + sent_after * MINUTE)
    all_ones = doors.filled(occurrence, answer.instruments_of(occurrence), 1)
    doors.opened(secret).post("/s/", all_ones)
    run_alerts(NOW + 60 * MINUTE)
    assert Alert.objects.count() == alerts
    assert Alert.objects.filter(response__occurrence=occurrence).count() == 1


def test_an_older_tab_that_leaves_it_open_does_not_take_it_back(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="2")
    save(doors.opened(secret), occurrence, phq9_1="0")
    assert Draft.objects.get().answers["phq9"]["9"] == 2
    assert draft.left_behind(now=NOW + 15 * MINUTE) == [occurrence.pk]


@pytest.mark.parametrize(("sent", "told"), [(None, 1), ("0", 0), ("declined", 0)])
def test_sent_from_an_older_tab_that_leaves_it_open_it_is_told_at_once(
    secret, occurrence, sent, told
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    fields.pop("phq9.9")
    doors.opened(secret).post("/s/", fields | ({"phq9.9": sent} if sent else {}))
    assert Response.objects.filter(instrument="phq9").exists()
    assert Alert.objects.filter(unsent=occurrence, response=None).count() == told


def test_what_the_sweep_of_drafts_did_is_in_the_count_of_the_flow(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="2")
    assert alert_flow.run_once(NOW + 15 * MINUTE)["raised"] == 1


def test_two_at_once_raise_one(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="1")
    later = NOW + 20 * MINUTE
    raised = [draft.tell_of_draft(occurrence.pk, by="test", now=later) for _ in range(2)]
    assert raised == [True, False]
    # nor could a pass that saw nothing of the other: the records take the same answers once
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(
            patient=occurrence.course.patient, unsent=occurrence, unsent_answers="phq9.9=1",
            level="standard", concerns=[], raised_at=later,
        )  # fmt: skip


# --- what is said later, after the alert


def untouched(alert: Alert) -> None:
    """Nobody took it on yet."""


def taken_on(alert: Alert) -> None:
    acknowledge(alert.pk, staff=cast.okafor(), now=NOW + 16 * MINUTE)


def over(alert: Alert) -> None:
    taken_on(alert)
    close(alert.pk, staff=cast.okafor(), outcome="called her", now=NOW + 17 * MINUTE)


@pytest.mark.parametrize(
    ("told", "meanwhile", "then", "anew"),
    [
        ("1", untouched, "3", True),
        ("1", taken_on, "3", True),
        ("1", over, "3", True),
        ("1", over, "2", True),
        ("2", taken_on, "3", True),
        ("1", untouched, "1", False),
        ("3", over, "3", False),
        ("3", taken_on, "1", False),
        ("1", over, "0", False),
        ("1", untouched, "declined", False),
    ],
)
def test_kept_again_it_is_told_again_where_it_is_worse_whatever_became_of_the_first_alert(
    secret, occurrence, clock, told, meanwhile, then, anew
):
    save(doors.opened(secret), occurrence, phq9_9=told)
    run_alerts(NOW + 15 * MINUTE)
    first = Alert.objects.get()
    meanwhile(first)
    state = Alert.objects.get().state
    clock(NOW + 20 * MINUTE)
    page = save(doors.opened(secret), occurrence, phq9_9=then).content.decode()
    assert ("in 15 minutes, a clinician on call is told" in page) == anew
    assert ("Someone has been told" in page) == (not anew and then not in ("0", "declined"))
    for minutes in (34, 35, 36, 90):
        run_alerts(NOW + minutes * MINUTE)
        assert Alert.objects.count() == 1 + (anew and minutes >= 35)
    assert Alert.objects.get(pk=first.pk).state in (state, "escalated"), "none is taken back"
    if anew:
        (concern,) = Alert.objects.exclude(pk=first.pk).get().concerns
        assert concern["value"] == int(then)
        assert concern["reason"].endswith(f"; told before: {told}")


@pytest.mark.parametrize(
    ("kept", "then", "alerts"),
    [("1", "1", 1), ("1", "2", 2), ("3", "2", 1), ("0", "1", 1), ("declined", "3", 1)],
)
def test_a_form_sent_once_more_is_measured_by_what_was_told_of_its_draft_too(
    secret, occurrence, clock, kept, then, alerts
):
    save(doors.opened(secret), occurrence, phq9_9=kept)
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 20 * MINUTE)
    older = doors.opened(secret)
    zeros = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    doors.opened(secret).post("/s/", zeros)
    for _ in range(2):
        older.post("/s/", zeros | {"phq9.9": then})
    assert Alert.objects.filter(unsent=occurrence).count() == alerts


@pytest.mark.parametrize(("risen_to", "alerts"), [("1", 1), ("2", 2)])
def test_risen_since_the_alert_and_left_open_by_the_form_sent_it_is_told_at_once(
    secret, occurrence, clock, risen_to, alerts
):
    save(doors.opened(secret), occurrence, phq9_9="1")
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 20 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9=risen_to)
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    del fields["phq9.9"]
    doors.opened(secret).post("/s/", fields)
    assert Alert.objects.filter(unsent=occurrence).count() == alerts


def test_the_patient_is_told_before_and_after(secret, occurrence):
    browser = doors.opened(secret)
    assert "told after 15 minutes" in browser.get("/s/").content.decode()
    assert (
        "One answer is not left waiting" in save(browser, occurrence, phq9_9="1").content.decode()
    )


IS_TOLD, WAS_TOLD = "We are telling someone now", "Someone has been told"


@pytest.mark.parametrize(
    ("told_before", "sent", "says"),
    [
        (False, None, IS_TOLD),
        (False, "0", None),
        (False, "1", IS_TOLD),
        (True, None, WAS_TOLD),
        (True, "0", WAS_TOLD),
        (True, "1", IS_TOLD),
    ],
)
def test_thanks_say_what_is_true_of_an_answer_kept_before(
    secret, occurrence, clock, told_before, sent, says
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    clock(NOW + 20 * MINUTE)
    if told_before:
        run_alerts(NOW + 20 * MINUTE)
        clock(NOW + 25 * MINUTE)
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    fields.pop("phq9.9")
    posted = fields | ({"phq9.9": sent} if sent else {})
    page = doors.opened(secret).post("/s/", posted, follow=True).content.decode()
    assert [words for words in (IS_TOLD, WAS_TOLD) if words in page] == ([says] if says else [])


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
