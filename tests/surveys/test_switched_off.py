"""A questionnaire switched off while its page was open: no form is made of it, and what the page
says of death or self-harm reaches somebody all the same."""

import pytest
from django.http import HttpResponse
from django.test import Client

from flows import alert as alert_flow
from surveys import pace
from surveys.actions import answer
from surveys.actions.collect import hand_over
from surveys.actions.pin import set_pin
from surveys.models import Alert, Response
from surveys.patient import link, tablet
from tests import cast, doors

NOW = cast.START
MINUTE = cast.MINUTE
HOW = answer.SWITCHED_OFF
NOBODY_SAW, IS_TOLD = "nobody has seen what you answered", "We are telling someone now"


def open_page(secret, occurrence, **changes: str) -> tuple[Client, dict[str, str]]:
    """A browser that shows the form of before, and that form: all 0 but the changes; "" is open."""
    filled = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    filled |= {name.replace("_", "."): value for name, value in changes.items()}
    return doors.opened(secret), {name: value for name, value in filled.items() if value}


def told_at(*minutes: int) -> list[int]:
    """How many alerts stand after a pass at each of these minutes."""
    found = []
    for minute in minutes:
        alert_flow.run_once(NOW + minute * MINUTE)
        found.append(Alert.objects.filter(response=None).count())
    return found


EVERYTHING_BUT_9 = {f"phq9_{n}": "" for n in range(1, 11) if n != 9}
NOTHING_ELSE = EVERYTHING_BUT_9 | {f"gad7_{n}": "" for n in range(1, 8)}


@pytest.mark.parametrize(
    ("sent", "posted", "after", "stored"),
    [
        ("with every answer", {}, 0, ["gad7"]),
        ("with no other answer of the same questionnaire", EVERYTHING_BUT_9, 0, ["gad7"]),
        ("with a question of the other one open", {"gad7_7": ""}, 15, []),
        ("with what cannot be read in the other one", {"gad7_7": "9"}, 15, []),
        ("to go on later", {"send": "later"}, 15, []),
        ("with no other answer at all", NOTHING_ELSE, 15, []),
    ],
)
@pytest.mark.parametrize(("item_9", "alerts"), [("0", 0), ("declined", 0), ("1", 1)])
def test_question_nine_is_told(
    secret, occurrence, switched_off, sent, posted, after, stored, item_9, alerts
):
    browser, form = open_page(secret, occurrence, **posted, phq9_9=item_9)
    switched_off()
    browser.post("/s/", form)
    assert [one.instrument for one in Response.objects.all()] == stored
    assert told_at(0, 14, 15) == [alerts if minute >= after else 0 for minute in (0, 14, 15)]
    for one in Alert.objects.all():
        assert one.unsent == occurrence
        how = "begun, not sent" if after else HOW
        assert one.concerns[0]["reason"].startswith(f"{how}: PHQ-9, thoughts of death")


@pytest.mark.parametrize(("then", "alerts"), [("0", 0), ("1", 1), ("2", 1), ("3", 1)])
def test_what_was_kept_before_is_replaced_by_what_is_sent(
    secret, occurrence, switched_off, then, alerts
):
    browser, form = open_page(secret, occurrence, phq9_9="2")
    browser.post("/s/", form | {"send": "later"})
    switched_off()
    browser.post("/s/", form | {"phq9.9": then})
    assert [one.concerns[0]["value"] for one in Alert.objects.all()] == [int(then)] * alerts


def test_the_page_after_sending_says_that_somebody_is_told(secret, occurrence, switched_off):
    browser, form = open_page(secret, occurrence, phq9_9="1")
    switched_off()
    assert IS_TOLD in browser.post("/s/", form, follow=True).content.decode()


def test_so_many_posts_in_a_minute_do_not_keep_it_from_being_read(secret, occurrence, switched_off):
    browser, form = open_page(secret, occurrence, phq9_9="1", gad7_7="")
    switched_off()
    for _ in range(60):
        pace.count("link", str(occurrence.ref))
    assert browser.post("/s/", form | {"phq9.9": "0"}).status_code == 429
    assert browser.post("/s/", form).status_code == 200
    assert told_at(15) == [1]


# --- all that the survey asked was switched off


@pytest.mark.parametrize(("item_9", "alerts"), [("0", 0), ("declined", 0), ("", 0), ("1", 1)])
def test_where_nothing_is_asked_any_more_it_is_told_at_once_and_said(
    secret, occurrence, switched_off, item_9, alerts
):
    browser, form = open_page(secret, occurrence, phq9_9=item_9)
    switched_off("phq9", "gad7")
    before = doors.every_row()
    for _ in range(2):
        response = browser.post("/s/", form)
        page = response.content.decode()
        assert response.status_code == 404
        assert ("These answers were not saved." in page, "988" in page) == (True, True)
        assert (IS_TOLD in page, NOBODY_SAW in page) == (bool(alerts), not alerts)
    assert Alert.objects.filter(unsent=occurrence).count() == alerts
    assert not Response.objects.exists()
    assert (doors.every_row() == before) != bool(alerts)


@pytest.mark.parametrize("language", ["es"])
def test_it_is_said_in_the_patients_language(secret, occurrence, switched_off, language):
    browser, form = open_page(secret, occurrence, phq9_9="1")
    switched_off("phq9", "gad7")
    page = browser.post("/s/", form, headers={"accept-language": "en"}).content.decode()
    assert "Una de ellas se comunica de todos modos." in page


def test_past_the_pin_nothing_is_read(secret, occurrence, switched_off, settings):
    settings.PIN = True
    set_pin(occurrence.course.patient, "417029", by="ruiz", now=NOW)
    browser, form = open_page(secret, occurrence, phq9_9="3")
    switched_off("phq9", "gad7")
    assert NOBODY_SAW in browser.post("/s/", form).content.decode()
    assert not Alert.objects.exists()


# --- on a tablet


@pytest.fixture
def in_hand(occurrence) -> Client:
    handed = hand_over(occurrence.course, occurrence, "baseline", by="ruiz", now=NOW)
    browser = Client()
    browser.cookies = link.keep(HttpResponse(), str(handed.ref), kind=tablet.COOKIE).cookies
    return browser


@pytest.mark.parametrize(
    ("off", "posted", "after", "stored"),
    [
        (["phq9"], {}, 0, ["gad7"]),
        (["phq9"], {"gad7_7": ""}, 15, []),
        (["phq9", "gad7"], {}, 0, []),
    ],
)
@pytest.mark.parametrize(("item_9", "alerts"), [("0", 0), ("1", 1)])
def test_on_a_tablet_too(
    occurrence, secret, in_hand, switched_off, off, posted, after, stored, item_9, alerts
):
    _, form = open_page(secret, occurrence, **posted, phq9_9=item_9)
    switched_off(*off)
    page = in_hand.post("/s/tablet/", form, follow=True).content.decode()
    assert (IS_TOLD in page) == bool(alerts and not after)
    assert [one.instrument for one in Response.objects.all()] == stored
    assert told_at(0, 14, 15) == [alerts if minute >= after else 0 for minute in (0, 14, 15)]


def test_a_tablet_that_asks_nothing_any_more_says_so(occurrence, in_hand, switched_off):
    switched_off("phq9", "gad7")
    assert "This form is closed." in in_hand.get("/s/tablet/").content.decode()
