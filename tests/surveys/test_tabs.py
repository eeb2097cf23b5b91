"""Surveys open in several tabs of one phone: each page is good for the link it came from."""

import pytest

from surveys.actions import answer
from surveys.actions.pin import set_pin
from surveys.models import Alert, Response
from tests import cast, doors

NOW = cast.START


@pytest.mark.parametrize(("item_9", "told"), [("0", 0), ("2", 1)])
def test_of_two_surveys_in_two_tabs_each_is_stored_as_its_own(
    secret, all_zero, mailbox, occurrence, item_9, told
):
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    browser = doors.opened(secret)
    browser.get(f"/s/{doors.invited(theirs, mailbox, now=NOW)}")
    older = browser.post("/s/", all_zero | {"phq9.9": item_9})
    assert older["Location"] == "/s/thanks/"
    assert Alert.objects.count() == told
    assert {one.occurrence for one in Response.objects.all()} == {occurrence}
    assert f'value="{theirs.ref}"' in browser.get("/s/").content.decode()
    browser.post("/s/", doors.filled(theirs, answer.instruments_of(theirs), 0))
    assert Response.objects.filter(occurrence=theirs).exists()


def test_turning_one_mail_away_closes_no_other_tab(secret, all_zero, mailbox):
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    browser = doors.opened(secret)
    browser.get(f"/s/{doors.invited(theirs, mailbox, now=NOW)}/not-me")
    browser.post("/s/not-me/", {"form": str(theirs.ref), "choice": "yes"})
    assert browser.post("/s/", all_zero)["Location"] == "/s/thanks/"


@pytest.mark.parametrize(("others", "status"), [(3, 303), (4, 303), (5, 409)])
def test_a_page_is_only_good_for_a_link_this_browser_still_knows(
    secret, all_zero, mailbox, others, status
):
    browser = doors.opened(secret)
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    last = doors.invited(theirs, mailbox, now=NOW)
    for junk in [*(f"link-{n}" for n in range(1, others)), last]:
        browser.get(f"/s/{junk}")
    assert browser.post("/s/", all_zero).status_code == status


def test_the_pin_is_typed_once_for_each_of_two_tabs(
    secret, all_zero, mailbox, occurrence, settings
):
    settings.PIN = True
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    for row in (occurrence, theirs):
        set_pin(row.course.patient, "417029", by="ruiz", now=NOW)
    browser = doors.opened(secret)
    browser.post("/s/pin/", {"form": str(occurrence.ref), "pin": "417029"})
    browser.get(f"/s/{doors.invited(theirs, mailbox, now=NOW)}")
    browser.post("/s/pin/", {"form": str(theirs.ref), "pin": "417029"})
    assert browser.post("/s/", all_zero)["Location"] == "/s/thanks/"
    other = doors.filled(theirs, answer.instruments_of(theirs), 0)
    assert browser.post("/s/", other)["Location"] == "/s/thanks/"


def test_after_the_pin_the_form_it_was_typed_for_is_shown(secret, mailbox, occurrence, settings):
    settings.PIN = True
    set_pin(occurrence.course.patient, "417029", by="ruiz", now=NOW)
    browser = doors.opened(secret)
    theirs = cast.due(cast.ben(), "baseline", now=NOW)
    browser.get(f"/s/{doors.invited(theirs, mailbox, now=NOW)}")
    browser.post("/s/pin/", {"form": str(occurrence.ref), "pin": "417029"})
    assert f'value="{occurrence.ref}"' in browser.get("/s/").content.decode()
