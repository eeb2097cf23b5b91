"""Signing in: guessing is slowed, an idle screen closes, a closed account is closed at once."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core import signing
from django.test import Client, RequestFactory

from surveys.models import Event
from surveys.pace import address_of
from tests import cast

pytestmark = pytest.mark.django_db
HOME, AWAY = "198.51.100.7", "203.0.113.9"


def sign_in(client: Client, email: str, password: str):
    return client.post("/sign-in/", {"username": email, "password": password})


def guess(client: Client, times: int, email: str = "okafor@alderstreet.example") -> list[int]:
    return [sign_in(client, email, f"wrong {n}").status_code for n in range(times)]


@pytest.fixture
def okafor():
    return cast.okafor()


def test_the_right_password_opens_the_first_page(okafor):
    client = Client()
    answer = sign_in(client, "Okafor@alderstreet.example", cast.PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/")["Location"] == "/week/"
    assert Event.objects.filter(verb="signed_in", subject=f"staff:{okafor.pk}").count() == 1


def test_a_wrong_password_says_so_without_saying_which_part(okafor):
    told = [
        sign_in(Client(), email, "wrong").content.decode().count("do not go together")
        for email in ("okafor@alderstreet.example", "nobody@alderstreet.example")
    ]
    assert told == [1, 1]


def test_the_fifth_wrong_password_slows_and_then_even_the_right_one_waits(okafor):
    client = Client(REMOTE_ADDR=HOME)
    assert guess(client, 5) == [200, 200, 200, 200, 429]
    answer = sign_in(client, okafor.email, cast.PASSWORD)
    assert answer.status_code == 429
    assert "Sign-in is slowed" in answer.content.decode()


def test_a_capital_letter_does_not_start_the_count_over(okafor):
    client = Client(REMOTE_ADDR=HOME)
    guess(client, 3)
    assert guess(client, 2, "OKAFOR@alderstreet.example") == [200, 429]


def test_guessing_from_elsewhere_cannot_lock_out_the_on_call(okafor):
    guess(Client(REMOTE_ADDR=AWAY), 5)
    answer = sign_in(Client(REMOTE_ADDR=HOME), okafor.email, cast.PASSWORD)
    assert answer.status_code == 302


def test_another_account_at_the_slowed_address_still_enters(okafor):
    cast.lindqvist()
    guess(Client(REMOTE_ADDR=HOME), 5)
    answer = sign_in(Client(REMOTE_ADDR=HOME), "lindqvist@alderstreet.example", cast.PASSWORD)
    assert answer.status_code == 302


def test_thirty_wrong_passwords_a_minute_slow_an_address_whatever_the_account(okafor):
    guesser = Client(REMOTE_ADDR=HOME)
    tried = [sign_in(guesser, f"{n}@alderstreet.example", "wrong").status_code for n in range(30)]
    assert tried == [200] * 30
    slowed = sign_in(guesser, okafor.email, cast.PASSWORD)
    assert slowed.status_code == 429
    assert 1 <= int(slowed["Retry-After"]) <= 60
    assert "303 555 0142" in slowed.content.decode()
    assert guesser.get("/sign-in/").status_code == 200
    assert sign_in(Client(REMOTE_ADDR=AWAY), okafor.email, cast.PASSWORD).status_code == 302


def test_a_clinic_behind_one_address_signs_in_as_often_as_it_likes(okafor):
    found = [sign_in(Client(REMOTE_ADDR=HOME), okafor.email, cast.PASSWORD) for _ in range(31)]
    assert {answer.status_code for answer in found} == {302}


def test_signing_in_sets_the_count_back(okafor):
    client = Client(REMOTE_ADDR=HOME)
    guess(client, 4)
    sign_in(client, okafor.email, cast.PASSWORD)
    assert guess(Client(REMOTE_ADDR=HOME), 4) == [200] * 4


@pytest.mark.parametrize(("minutes", "opens"), [(14, True), (16, False)])
def test_a_screen_left_alone_for_15_minutes_closes(okafor, monkeypatch, minutes, opens):
    client = Client()
    sign_in(client, okafor.email, cast.PASSWORD)
    later = signing.time.time() + timedelta(minutes=minutes).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: later)
    answer = client.get("/alerts/")
    assert (answer.status_code == 200) is opens
    assert opens or answer["Location"] == "/sign-in/?next=%2Falerts%2F"


def test_a_stolen_session_without_its_last_page_is_worth_nothing(okafor):
    client = Client()
    sign_in(client, okafor.email, cast.PASSWORD)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert thief.get("/alerts/").status_code == 302


def test_the_session_changes_its_name_at_sign_in(okafor):
    client = Client()
    client.cookies["sessionid"] = "chosenbysomebodyelse"
    sign_in(client, okafor.email, cast.PASSWORD)
    assert client.cookies["sessionid"].value != "chosenbysomebodyelse"


def test_a_closed_account_is_out_at_its_next_click(okafor, enter):
    client = enter(okafor)
    assert client.get("/alerts/").status_code == 200
    okafor.is_active = False
    okafor.save()
    assert client.get("/alerts/").status_code == 302


def test_signing_out_takes_a_press_not_a_visit(okafor, enter):
    client = enter(okafor)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/alerts/").status_code == 200
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/alerts/").status_code == 302


def test_after_sign_in_nobody_is_sent_to_another_site(okafor):
    wanted = {"username": okafor.email, "password": cast.PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/sign-in/", wanted)["Location"] == "/"


def test_a_mistyped_password_is_kept_nowhere(okafor):
    sign_in(Client(), okafor.email, "almost my real one")
    kept = AccessAttempt.objects.get()
    assert kept.username == okafor.email
    assert [value for value in vars(kept).values() if "almost" in str(value)] == []


@pytest.mark.parametrize(
    ("live", "here", "forwarded", "address"),
    [
        (False, "127.0.0.1", "203.0.113.9", "127.0.0.1"),
        (True, "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", "8.8.8.8, 203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (True, "198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
)
def test_only_our_own_web_server_is_believed_about_where_a_caller_is(
    settings, live, here, forwarded, address
):
    settings.LIVE = live
    request = RequestFactory().get("/", REMOTE_ADDR=here, headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == address
