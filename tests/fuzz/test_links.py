"""Links that nobody mailed: no error of ours, no row written, and no word about which is which."""

import random
import string
from datetime import timedelta

import pytest
from django.test import Client

from surveys import wallclock
from surveys.models import Token
from tests import cast, doors, proof

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NOW = cast.START
REQUESTS = proof.share(600, 100_000)
SIGNS = string.ascii_letters + string.digits + "-_=%.~ \x00\n\u202eé漢😀'\"<>;{}"
PAGES = ["", "/not-me", "/stop", "/", "/thanks/", "/stop/done/", "//", "/../s/"]


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, NOW)
    return settings.CLOCK_FILE


@pytest.fixture
def secret(mailbox):
    return doors.invited(cast.due(cast.ana(), "baseline", now=NOW), mailbox, now=NOW)


def forged(dice: random.Random, secret: str) -> str:
    """Random signs, or the real secret with one thing wrong."""
    if dice.random() < 0.5:
        return "".join(dice.choices(SIGNS, k=dice.choice([1, 8, 42, 43, 44, 64, 65, 300])))
    at = dice.randrange(len(secret))
    return dice.choice(
        [secret[:at], secret.swapcase(), secret[::-1], secret[:at] + "A" + secret[at:], secret * 2]
    )


def ask(dice: random.Random, secret: str) -> int:
    """One request by a stranger; the status of the answer."""
    browser = Client(raise_request_exception=False)
    path = f"/s/{forged(dice, secret)}{dice.choice(PAGES)}"
    method = dice.choice([browser.get, browser.get, browser.head, browser.post, browser.put])
    posted = {"List-Unsubscribe": "One-Click", "choice": "yes"}
    first = method(path, posted) if method == browser.post else method(path)
    if dice.random() < 0.3:
        browser.cookies["link"] = forged(dice, secret).encode("ascii", "ignore").decode()
    page = dice.choice(["/s/", "/s/stop/", "/s/not-me/", "/s/thanks/"])
    then = browser.post(page, posted) if dice.random() < 0.5 else browser.get(page)
    return max(first.status_code, then.status_code)


def test_forged_links_write_nothing_and_break_nothing(secret):
    dice, before = random.Random(9), doors.every_row()
    errors = sum(ask(dice, secret) >= 500 for _ in range(REQUESTS // 2))
    same = doors.every_row() == before
    proof.record(
        "T9",
        "forged links",
        target="100,000 requests: 0 server errors, 0 rows changed",
        found=f"{REQUESTS}: {errors} server errors, {'0' if same else 'some'} rows changed",
    )
    assert (errors, same) == (0, True)


def unknown(_secret, _clock) -> str:
    return "A" * 43


def expired(secret, clock) -> str:
    wallclock.tell(clock, NOW + timedelta(days=400))
    return secret


def revoked(secret, _clock) -> str:
    Token.objects.update(revoked_at=NOW)
    return secret


def test_unknown_expired_and_revoked_links_look_the_same(secret, clock):
    looks = []
    for break_it in (unknown, revoked, expired):
        browser = Client()
        first = browser.get(f"/s/{break_it(secret, clock)}")
        page = browser.get("/s/")
        headers = sorted((name, value) for name, value in page.items())
        looks.append((first.status_code, page.status_code, page.content, headers))
    alike = all(look == looks[0] for look in looks)
    found = "the same to the byte" if alike else "different"
    proof.record("T9", "unknown, expired, revoked link", target="no difference", found=found)
    assert alike
