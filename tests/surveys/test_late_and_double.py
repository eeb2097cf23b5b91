"""The README's table of what happens to a form sent late, twice or after it was withdrawn."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from surveys import wallclock
from surveys.actions import answer, draft, leave
from surveys.actions.collect import STILL_TAKEN_FOR, TABLET_FOR, hand_over
from surveys.actions.enrol import set_address
from surveys.actions.mail import LINK_GRACE
from surveys.balance import complaints
from surveys.models import Alert, Occurrence, Response, Token
from surveys.patient import link
from surveys.patient.tablet import COOKIE, PERSONAL_FOR
from surveys.tokens import digest
from tests import cast, doors

README = (Path(__file__).parents[2] / "README.md").read_text()
NOW = cast.START
MINUTE = timedelta(minutes=1)
THANKS, NOT_SAVED = (303, "/s/thanks/"), (404, "")
SAVED = "Thank you. Your answers are saved."
FIRST_STAND = "Thank you. Your first answers are saved."


def sent(browser: Client, occurrence: Occurrence, choice: int, **more: str) -> tuple[int, str]:
    forms = answer.instruments_of(occurrence)
    posted = doors.filled(occurrence, forms, choice) | more
    response = browser.post("/s/", {name: value for name, value in posted.items() if value})
    return response.status_code, response.get("Location", "")


def stored() -> list[tuple[str, bool]]:
    return list(Response.objects.order_by("pk").values_list("instrument", "late"))


@pytest.mark.parametrize(
    ("row", "after_the_window", "shown", "late"),
    [
        ("sent through the link in its window", -MINUTE, THANKS, False),
        ("sent within 2 hours after the window", timedelta(0), THANKS, True),
        ("sent within 2 hours after the window", LINK_GRACE - MINUTE, THANKS, True),
        ("sent later still", LINK_GRACE, NOT_SAVED, None),
    ],
)
def test_in_time_late_and_too_late(secret, occurrence, clock, row, after_the_window, shown, late):
    assert f"| {row} |" in README
    browser = doors.opened(secret)
    clock(occurrence.closes_at + after_the_window)
    assert sent(browser, occurrence, choice=1) == shown
    assert stored() == ([] if late is None else [("phq9", late), ("gad7", late)])
    assert Alert.objects.count() == (late is not None), "late or not, question 9 is read"


@pytest.mark.parametrize(
    ("row", "choice", "shown"),
    [
        ("sent again, by a second press or from another tab, the same answers", 0, SAVED),
        ("sent again with other answers", 1, FIRST_STAND),
    ],
)
def test_a_second_time_nothing_more_is_stored(secret, occurrence, row, choice, shown):
    assert f"| {row} |" in README
    first, second = doors.opened(secret), doors.opened(secret)
    sent(first, occurrence, choice=0)
    before = doors.every_row()
    for browser in (second, first):
        # question 9 endorsed only now is told: tests/surveys/test_patient_views.py
        assert sent(browser, occurrence, choice, **{"phq9.9": "0"}) == THANKS
        assert shown in browser.get("/s/thanks/").content.decode()
    assert doors.every_row() == before


# What of PHQ-9 was sent first and then; all else is 0. "" was left open.
@pytest.mark.parametrize(
    ("first", "then", "differs"),
    [
        ({}, {}, False),
        ({}, {"phq9.1": "1"}, True),
        ({}, {"phq9.1": "declined"}, True),
        ({"phq9.1": "declined"}, {"phq9.1": "declined"}, False),
        ({"phq9.1": ""}, {}, True),
        # an older page, less filled in: leaving a question open takes no answer back
        ({}, {"phq9.1": ""}, False),
        ({}, {"phq9.1": "7"}, False),
        ({}, {"gad7.7": "3"}, True),
    ],
)
def test_that_the_first_answers_stand_is_said_only_where_others_came(
    secret, occurrence, first, then, differs
):
    one, other = doors.opened(secret), doors.opened(secret)
    sent(one, occurrence, choice=0, pointed_out="yes", **first)
    sent(other, occurrence, choice=0, pointed_out="yes", **then)
    page = other.get("/s/thanks/").content.decode()
    assert (FIRST_STAND in page, SAVED in page) == (differs, not differs)
    assert ("does not replace them" in page) == differs
    sent(other, occurrence, choice=0, pointed_out="yes", **first)
    assert SAVED in other.get("/s/thanks/").content.decode(), "the last was like the first"


def test_it_is_said_in_the_patients_language(mailbox, db):
    occurrence = cast.due(cast.ana(language="es"), "baseline", now=NOW)
    secret = doors.invited(occurrence, mailbox, now=NOW)
    one, other = doors.opened(secret), doors.opened(secret)
    sent(one, occurrence, choice=0)
    sent(other, occurrence, choice=0, **{"phq9.1": "2"})
    assert "Sus primeras respuestas están guardadas" in other.get("/s/thanks/").content.decode()


@pytest.mark.parametrize("state", ["superseded", "cancelled"])
def test_withdrawn_it_is_said_not_to_be_saved(secret, occurrence, state):
    assert "| sent after the survey was withdrawn" in README
    browser = doors.opened(secret)
    Occurrence.objects.filter(pk=occurrence.pk).update(state=state)
    Token.objects.update(revoked_at=NOW)
    assert sent(browser, occurrence, choice=1) == NOT_SAVED
    assert stored() == []


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize(
    ("item_9", "of_this_tablet", "told"),
    [("1", True, True), ("0", True, False), ("declined", True, False), ("1", False, False)],
)
def test_on_a_tablet_after_its_half_hour(occurrence, clock, planned, item_9, of_this_tablet, told):
    """No form is made of it. What a page of another handover says is nobody's here."""
    handed = hand_over(
        occurrence.course, occurrence if planned else None, "baseline", by="ruiz", now=NOW
    )
    browser = Client()
    browser.cookies = link.keep(HttpResponse(), str(handed.ref), kind=COOKIE).cookies
    page = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"phq9.9": item_9}
    ref = occurrence.ref if planned else handed.ref
    page["form"] = str(ref if of_this_tablet else uuid4())
    clock(NOW + TABLET_FOR)
    for _ in range(2):
        shown = browser.post("/s/tablet/", page)
        assert looks_of(shown) == looks_of(Client().post("/s/tablet/", page))
    assert [one.unsent.ref for one in Alert.objects.all()] == [ref] * told
    assert not Response.objects.exists()
    assert list(complaints(now=NOW + TABLET_FOR)) == []


def looks_of(response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return response.status_code, response.content, sorted(response.items())


def test_the_figures_of_the_table_are_those_of_the_house():
    hours = int(LINK_GRACE.total_seconds() // 3600)
    assert f"sent within {hours} hours after the window" in README
    assert f"up to {STILL_TAKEN_FOR.days} days after the window" in README
    assert f"From paper older than {answer.FRESH_ENOUGH_TO_PAGE.days} days" in README
    assert f"it closes after {TABLET_FOR // MINUTE} minutes" in README
    assert PERSONAL_FOR == 2 * MINUTE
    assert "the page says so for two minutes" in README
    assert f"still unsent after {draft.LEFT_BEHIND_AFTER // MINUTE} minutes" in README
    for mode in ("web", "kiosk", "phone", "paper"):
        assert f"(`{mode}`)" in README


def corrected(occurrence: Occurrence) -> None:
    set_address(occurrence.course.patient, "new@mail.example", by="desk", now=wallclock.now())


def capitalised(occurrence: Occurrence) -> None:
    set_address(occurrence.course.patient, "Ana@mail.example", by="desk", now=wallclock.now())


def turned_away(occurrence: Occurrence) -> None:
    leave.not_me(occurrence, now=wallclock.now())


def by_phone(occurrence: Occurrence) -> None:
    forms = answer.instruments_of(occurrence)
    zeros = {form.id: {item.code: 0 for item in form.items} for form in forms}
    answer.submit(occurrence, zeros, mode="phone", by="staff:1", now=wallclock.now())


@pytest.mark.parametrize(
    ("happened", "heeded"),
    [
        ([by_phone], True),
        ([corrected, by_phone], False),
        ([by_phone, corrected], False),
        ([capitalised, by_phone], False),
        ([by_phone, capitalised], True),
        ([turned_away, by_phone], False),
        ([by_phone, turned_away], False),
    ],
)
def test_of_dead_links_only_one_that_died_with_the_answers_may_still_tell(
    secret, occurrence, clock, happened, heeded
):
    """Any other is in a stranger's hands, who must not even learn that there is an answer."""
    assert "| sent again through a link of an address since corrected" in README
    browser, unknown = doors.opened(secret), doors.opened("A" * 43)
    for minutes, act in enumerate(happened, start=1):
        clock(NOW + minutes * MINUTE)
        act(occurrence)
    clock(NOW + 10 * MINUTE)
    before = doors.every_row()
    for extra in ({"phq9.9": "3"}, {"send": "later", "phq9.9": "3"}, {"resuming": "yes"}):
        posted = {"form": str(occurrence.ref), **extra}
        seen, as_ever = browser.post("/s/", posted), unknown.post("/s/", posted)
        assert (seen.status_code == 303) == heeded
        assert ((seen.status_code, seen.content) == (404, as_ever.content)) != heeded
    assert browser.get("/s/thanks/").status_code == (200 if heeded else 404)
    assert (doors.every_row() == before) != heeded
    assert Alert.objects.filter(unsent=occurrence).count() == heeded


@pytest.mark.parametrize("newest", ["dead before", "died with the answers"])
def test_of_two_links_to_one_survey_the_one_that_died_last_is_meant(
    secret, occurrence, mailbox, clock, newest
):
    clock(NOW + MINUTE)
    Token.objects.update(revoked_at=NOW + MINUTE)
    other = "B" * 43
    Token.objects.create(
        message=occurrence.messages.get(), occurrence=occurrence, digest=digest(other),
        minted_at=NOW + MINUTE, expires_at=occurrence.closes_at,
    )  # fmt: skip
    Token.objects.filter(digest=digest(secret)).update(expires_at=occurrence.closes_at + MINUTE)
    links = [secret, other] if newest == "died with the answers" else [other, secret]
    browser = doors.opened(links[0])
    browser.get(f"/s/{links[1]}")
    clock(NOW + 2 * MINUTE)
    by_phone(occurrence)
    assert sent(browser, occurrence, choice=0, **{"phq9.9": "2"}) == THANKS
    assert Alert.objects.filter(unsent=occurrence).count() == 1


def test_capitals_in_the_address_do_not_keep_a_mail_from_being_turned_away(secret, occurrence):
    capitalised(occurrence)
    assert answer.occurrence_mailed(secret) == occurrence
    corrected(occurrence)
    assert answer.occurrence_mailed(secret) is None
