"""A page left open overnight: its answers are taken while its link lives. What was kept before is
shown to nobody without the link: a phone may be in other hands by then."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from flows import alert as alert_flow
from surveys import pace, wallclock
from surveys.actions import answer, leave
from surveys.actions.enrol import set_address, set_status
from surveys.actions.mail import LINK_GRACE
from surveys.actions.pin import set_pin
from surveys.balance import complaints
from surveys.models import Alert, Draft, Occurrence, Response
from surveys.patient import link
from tests import cast, doors

README = (Path(__file__).parents[2] / "README.md").read_text()
NOW = cast.START
MINUTE, HOUR = cast.MINUTE, cast.HOUR
NEXT_MORNING = NOW + 15 * HOUR
NOT_SAVED = "These answers were not saved."


def left_open(browser: Client, occurrence: Occurrence, choice: int = 0) -> dict[str, str]:
    """What the page in this browser sends, once somebody has answered all of it."""
    return hidden(browser.get("/s/").content.decode()) | doors.filled(
        occurrence, answer.instruments_of(occurrence), choice
    )


def but(page: dict[str, str], name: str) -> dict[str, str]:
    """The same with one question left open."""
    return {field: value for field, value in page.items() if field != name}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_the_four_hours_are_over_the_next_morning(secret, occurrence, it_is):
    browser = doors.opened(secret)
    it_is(NEXT_MORNING)
    assert browser.get("/s/").status_code == 404
    assert f"more than {link.SECONDS // 3600} hours" in README


@pytest.mark.parametrize(
    ("when", "stored"),
    [
        (lambda row: NOW + 3 * HOUR, True),
        (lambda row: NOW + 5 * HOUR, True),
        (lambda row: NEXT_MORNING, True),
        (lambda row: row.closes_at - MINUTE, True),
        (lambda row: row.closes_at + LINK_GRACE - MINUTE, True),
        (lambda row: row.closes_at + LINK_GRACE, False),
    ],
)
def test_its_answers_are_taken_while_the_link_lives(secret, occurrence, it_is, when, stored):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/s/{secret}")
    page = left_open(browser, occurrence, choice=1)
    it_is(when(occurrence))
    response = browser.post("/s/", page, follow=True)
    assert ("Your answers are saved." in response.content.decode()) == stored
    assert (NOT_SAVED in response.content.decode()) != stored
    assert Response.objects.count() == 2 * stored
    assert Alert.objects.count() == 1, "question 9 is read in it, taken or not"


def test_a_question_left_open_is_pointed_out_and_the_page_that_comes_back_can_be_sent(
    secret, occurrence, it_is
):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    it_is(NEXT_MORNING)
    shown = browser.post("/s/", but(page, "gad7.7")).content.decode()
    assert "One question is still open" in shown
    again = page | hidden(shown) | {"gad7.7": "2"}
    assert browser.post("/s/", again)["Location"] == "/s/thanks/"


def test_another_link_opened_meanwhile_does_not_keep_it_from_being_taken(
    secret, occurrence, mailbox, it_is
):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    other = doors.invited(theirs, mailbox, now=NOW)
    it_is(NEXT_MORNING)
    browser.get(f"/s/{other}")
    assert browser.post("/s/", page)["Location"] == "/s/thanks/"
    assert {one.occurrence for one in Response.objects.all()} == {occurrence}


def test_sent_twice_with_another_link_opened_in_between_it_is_thanked_for_twice(
    secret, occurrence, mailbox, it_is
):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    other = doors.invited(theirs, mailbox, now=NOW)
    it_is(NEXT_MORNING)
    browser.get(f"/s/{other}")
    for item_9, alerts in (("0", 0), ("0", 0), ("1", 1)):
        assert browser.post("/s/", page | {"phq9.9": item_9})["Location"] == "/s/thanks/"
        assert Alert.objects.filter(unsent=occurrence).count() == alerts


# --- it dies with its link


def by_phone(row: Occurrence) -> None:
    zeros = {form.id: {item.code: 0 for item in form.items} for form in answer.instruments_of(row)}
    answer.submit(row, zeros, mode="phone", by="staff:1", now=wallclock.now())


def corrected(row: Occurrence) -> None:
    set_address(row.course.patient, "new@mail.example", by="desk", now=wallclock.now())


def turned_away(row: Occurrence) -> None:
    leave.not_me(row, now=wallclock.now())


def mails_stopped(row: Occurrence) -> None:
    leave.stop_mails(row, now=wallclock.now())


def discharged(row: Occurrence) -> None:
    set_status(row.course.patient, "discharged", by="desk", now=wallclock.now())


def cancelled(row: Occurrence) -> None:
    Occurrence.objects.filter(pk=row.pk).update(state="cancelled")


@pytest.mark.parametrize("item_9", ["0", "declined", "1"])
@pytest.mark.parametrize("happened", [corrected, turned_away, mails_stopped, discharged, cancelled])
def test_what_closes_the_link_closes_the_page(secret, occurrence, it_is, happened, item_9):
    """Whose form it was is still known, unless somebody else may hold the link: then question 9
    tells somebody, and whoever sent it is shown no more than a stranger is."""
    browser = doors.opened(secret)
    page = left_open(browser, occurrence) | {"phq9.9": item_9}
    happened(occurrence)
    it_is(NEXT_MORNING)
    before = doors.every_row()
    shown = browser.post("/s/", page)
    assert NOT_SAVED in shown.content.decode()
    told = item_9 == "1" and happened not in (corrected, turned_away)
    assert [one.unsent for one in Alert.objects.all()] == [occurrence] * told
    assert (doors.every_row() == before) == (not told)
    assert not Response.objects.exists()
    stranger = doors.opened("A" * 43).post("/s/", page | {"permit": ""})
    assert looks_of(shown) == looks_of(stranger)


def looks_of(response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return response.status_code, response.content, sorted(response.items())


@pytest.mark.parametrize("then", ["1", "2"])
def test_pressed_again_it_is_told_again_only_where_it_is_worse(secret, occurrence, then):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence, choice=1)
    discharged(occurrence)
    for item_9 in ("1", then, then):
        browser.post("/s/", page | {"phq9.9": item_9})
    alerts = Alert.objects.order_by("pk")
    assert [one.concerns[0]["value"] for one in alerts] == [1, 2][: int(then)]
    assert all(one.concerns[0]["reason"].startswith(answer.TOO_LATE) for one in alerts)
    assert list(complaints(now=NOW)) == []


@pytest.mark.parametrize("permit", ["", "x", "resuming"])
def test_once_it_is_closed_a_page_without_its_permit_tells_nobody(secret, occurrence, permit):
    """A program that holds the link and never was shown its form cannot raise an alarm."""
    browser = doors.opened(secret)
    page = left_open(browser, occurrence, choice=1)
    discharged(occurrence)
    before = doors.every_row()
    changed = {"resuming": "yes"} if permit == "resuming" else {"permit": permit}
    browser.post("/s/", page | changed)
    assert doors.every_row() == before


@pytest.mark.parametrize(
    ("choice", "told", "says"), [(0, 0, "Your answers are saved."), (1, 1, "first answers")]
)
def test_answered_meanwhile_the_first_answers_stand(secret, occurrence, it_is, choice, told, says):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence, choice)
    by_phone(occurrence)
    it_is(NEXT_MORNING)
    for _ in range(2):
        assert says in browser.post("/s/", page, follow=True).content.decode()
    assert Response.objects.filter(mode="phone").count() == Response.objects.count() == 2
    assert Alert.objects.filter(unsent=occurrence).count() == told


@pytest.mark.parametrize("forge", ["", "x", "another survey's", "another's, under its name"])
def test_a_forged_permit_permits_nothing(secret, occurrence, mailbox, it_is, forge):
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    other = left_open(doors.opened(doors.invited(theirs, mailbox, now=NOW)), theirs)
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    if forge in ("", "x"):
        page |= {"permit": page["permit"][:-1] + forge}
    else:
        page |= {"permit": other["permit"]}
    if forge == "another survey's":
        page |= {"form": "not-a-number"}
    it_is(NEXT_MORNING)
    before = doors.every_row()
    assert browser.post("/s/", page).status_code == 404
    assert doors.every_row() == before


# --- it shows nothing


def test_it_does_not_lead_to_what_was_kept(secret, occurrence, it_is):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    doors.opened(secret).post("/s/", {"form": page["form"], "send": "later", "phq9.1": "3"})
    it_is(NEXT_MORNING)
    for asked in ({"resuming": "yes"}, {"resuming": "yes", "choice": "on"}):
        shown = browser.post("/s/", page | asked)
        assert (shown.status_code, b" checked>" in shown.content) == (404, False)
        assert b"This page has closed." in shown.content
    assert browser.get("/s/").status_code == 404


@pytest.mark.parametrize(("item_9", "says"), [(None, False), ("0", False), ("1", True)])
def test_after_saving_the_page_says_nothing_of_what_was_kept_before(
    secret, occurrence, it_is, item_9, says
):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    doors.opened(secret).post("/s/", {"form": page["form"], "send": "later", "phq9.9": "3"})
    it_is(NEXT_MORNING)
    posted = but(page, "phq9.9") | ({"phq9.9": item_9} if item_9 else {}) | {"send": "later"}
    saved = browser.post("/s/", posted, follow=True)
    assert "Your answers are kept." in saved.content.decode()
    assert ("One answer is not left waiting" in saved.content.decode()) == says


@pytest.mark.parametrize(("hours", "shown"), [(1, True), (15, False)])
def test_the_thanks_show_totals_only_within_the_four_hours(
    secret, occurrence, it_is, settings, hours, shown
):
    settings.SHOW_SCORES = True
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    it_is(NOW + hours * HOUR)
    sent = browser.post("/s/", page, follow=True).content.decode()
    assert "Your answers are saved." in sent
    assert ("Your own totals" in sent) == shown


@pytest.mark.parametrize(("hours", "says"), [(1, True), (15, False)])
def test_so_is_that_somebody_was_told_of_what_was_kept_before(
    secret, occurrence, it_is, hours, says
):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    doors.opened(secret).post("/s/", {"form": page["form"], "send": "later", "phq9.9": "3"})
    alert_flow.run_once(NOW + 15 * MINUTE)
    it_is(NOW + hours * HOUR)
    thanked = browser.post("/s/", page, follow=True).content.decode()
    assert ("Someone has been told" in thanked) == says
    assert "988" in thanked


# --- a PIN, machines, other sites


@pytest.mark.parametrize(("typed", "stored"), [("before the page", 2), ("never", 0)])
def test_where_a_pin_is_asked_the_page_must_have_come_after_it(
    secret, occurrence, it_is, settings, typed, stored
):
    settings.PIN = True
    if typed == "before the page":
        set_pin(occurrence.course.patient, "417029", by="ruiz", now=NOW)
    browser = doors.opened(secret)
    browser.post("/s/pin/", {"form": str(occurrence.ref), "pin": "417029"})
    page = left_open(browser, occurrence)
    if typed == "never":
        set_pin(occurrence.course.patient, "417029", by="ruiz", now=NOW)
    it_is(NEXT_MORNING)
    browser.post("/s/", page)
    assert Response.objects.count() == stored


@pytest.mark.parametrize("button", [{}, {"send": "answers"}, {"send": "later"}])
def test_a_program_that_posts_the_page_unanswered_changes_nothing(
    secret, occurrence, it_is, button
):
    browser = doors.opened(secret)
    page = hidden(browser.get("/s/").content.decode()) | button
    for instant in (NOW, NEXT_MORNING):
        it_is(instant)
        before = doors.every_row()
        assert "Nothing is sent yet" in browser.post("/s/", page).content.decode()
        assert doors.every_row() == before


def test_another_site_cannot_post_it(secret, occurrence, it_is):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/s/{secret}")
    page = left_open(browser, occurrence)
    del page["csrfmiddlewaretoken"]
    it_is(NEXT_MORNING)
    assert browser.post("/s/", page).status_code == 403
    assert not Response.objects.exists()


def test_its_posts_are_counted_like_any_other_and_it_is_not_lost_to_that(secret, occurrence, it_is):
    browser = doors.opened(secret)
    page = left_open(browser, occurrence)
    it_is(NEXT_MORNING)
    for _ in range(60):
        pace.count("link", str(occurrence.ref))
    slowed = browser.post("/s/", but(page, "gad7.7"))
    assert slowed.status_code == 429
    assert not Draft.objects.exists()
    it_is(NEXT_MORNING + timedelta(minutes=2))
    again = page | hidden(slowed.content.decode()) | {"gad7.7": "0"}
    assert browser.post("/s/", again)["Location"] == "/s/thanks/"
