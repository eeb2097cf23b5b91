"""Links that nobody mailed: no error of ours, no row written, and no word about which is which."""

import random
import string
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from time import process_time_ns

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from surveys import wallclock
from surveys.actions.answer import submit
from surveys.actions.pin import as_typed, set_pin
from surveys.models import Occurrence, Patient, Token
from surveys.tokens import digest
from tests import cast, doors, proof

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NOW = cast.START
REQUESTS = proof.share(300, 100_000)
PINS, PIN = proof.share(50, 5_000), "417029"
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


def used(secret, _clock) -> str:
    row = Occurrence.objects.get(tokens__digest=digest(secret))
    submit(row, {"phq9": cast.phq9(*[0] * 9)}, mode="web", by="patient", now=NOW)
    return secret


DEAD = (unknown, revoked, used, expired)


def come_with(secret: str) -> tuple[int, HttpResponse]:
    browser = Client()
    return browser.get(f"/s/{secret}").status_code, browser.get("/s/")


@contextmanager
def undone(clock) -> Iterator[None]:
    """Whatever befell the link is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    wallclock.tell(clock, NOW)


def test_unknown_expired_used_and_revoked_links_look_the_same(secret, clock):
    looks = []
    for break_it in DEAD:
        with undone(clock):
            status, page = come_with(break_it(secret, clock))
        headers = sorted((name, value) for name, value in page.items())
        looks.append((status, page.status_code, page.content, headers))
    alike = all(look == looks[0] for look in looks)
    found = "the same to the byte" if alike else "different"
    what = "unknown, expired, used, revoked link"
    proof.record("T9", what, target="no difference", found=found)
    assert alike


@pytest.mark.skipif(proof.PART < 1, reason="a busy machine must not make it false")
def test_unknown_expired_used_and_revoked_links_take_as_long(secret, clock):
    """The median of the processor's time for a link and its page, in turns of 50 visits each."""
    took: dict[str, list[int]] = {break_it.__name__: [] for break_it in DEAD}
    for _ in range(20):
        for break_it in DEAD:
            with undone(clock):
                broken = break_it(secret, clock)
                took[break_it.__name__] += [visit_time(broken) for _ in range(50)]
    medians = {name: median(times) for name, times in took.items()}
    apart = max(medians.values()) / min(medians.values()) - 1
    said = ", ".join(f"{name} {took / 1e6:.2f}" for name, took in medians.items())
    found = f"{apart:.1%} apart (ms: {said})"
    proof.record("T9", "time they take", target="medians within 5 %", found=found)
    assert apart <= 0.05


def visit_time(secret: str) -> int:
    before = process_time_ns()
    come_with(secret)
    return process_time_ns() - before


def pin_typed(dice: random.Random) -> str:
    """Six digits, one off, written oddly, or anything at all; never the right ones."""
    six = f"{dice.randrange(10**6):06}".replace(PIN, "000001")
    odd = "".join(dice.choices(SIGNS + "0123456789" * 4, k=dice.choice([0, 1, 5, 6, 7, 400])))
    return dice.choice([six, " ".join(six), six[:5], six + "0", odd, "４１７０２９"])


def test_no_pin_but_the_right_one_opens_the_form(secret, settings):
    settings.PIN = True
    patient, dice = Patient.objects.get(), random.Random(17)
    set_pin(patient, PIN, by="test", now=NOW)
    ref, browser = str(Occurrence.objects.get(course__patient=patient).ref), doors.opened(secret)
    browser.raise_request_exception = False
    wrong: Counter[str] = Counter()
    for _ in range(PINS):
        with transaction.atomic():
            typed = pin_typed(dice)
            status = browser.post("/s/pin/", {"form": ref, "pin": typed}).status_code
            counted = Patient.objects.get().pin_failures
            wrong["server error"] += status >= 500
            wrong["let in"] += browser.get("/s/").get("Location") != "/s/pin/"
            wrong["counted wrongly"] += counted != bool(as_typed(typed))
            transaction.set_rollback(True)
    wrong = +wrong
    found = f"{PINS}: {wrong.total()} wrong"
    proof.record("T9", "PINs", target="0 server errors, 0 let in, 0 miscounted", found=found)
    assert not wrong
    browser.post("/s/pin/", {"form": ref, "pin": PIN})
    assert browser.get("/s/").status_code == 200
