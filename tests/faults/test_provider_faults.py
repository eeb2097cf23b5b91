"""Every way in which handing a mail over may fail: none lost, none twice, none unalarmed."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from django.db import transaction

from surveys.actions import mail
from surveys.actions.hear import hear
from surveys.actions.send import due_invitations, invite
from surveys.actions.watch import alarms
from surveys.mail.heard import Heard
from surveys.mail.transports import to_sendgrid, to_smtp
from surveys.models import Message, Occurrence
from tests import cast, proof
from tests.cast import DAY, HOUR, MINUTE, START
from tests.mail.sinks import sendgrid_fake, smtp_sink

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NOW = START + HOUR
SENDGRID = {
    "429 with reset": (429, {"X-RateLimit-Reset": str(int((NOW + MINUTE).timestamp()))}),
    "429": 429, "400": 400, "401": 401, "403": 403, "413": 413, "500": 500, "502": 502, "503": 503,
    "504": 504, "no answer in time": "slow", "reset after taking": "reset",
    "closed unread": "unread", "garbage": "garbage", "one byte at a time": "drip",
    "a strange yes": 200,
}  # fmt: skip
# What the provider says of a letter it took, hours later.
LATER = ("processed", "delivered", "dropped", "bounced", "deferred", "")


@pytest.fixture
def sendgrid(monkeypatch, settings):
    settings.MAIL, settings.SENDGRID_WEBHOOK_KEY = "sendgrid", "a key"
    with sendgrid_fake() as (fake, host):
        fake.too_long = 0.3
        line = to_sendgrid("SG.k", host=host, timeout=0.15)
        monkeypatch.setattr(mail, "_transport", lambda: line)
        yield fake


def patients(count: int) -> None:
    for n in range(count):
        cast.due(cast.ana(code=f"C-{n}", email=f"p{n}@mail.example"), "baseline", now=START)
    Occurrence.objects.filter(survey="baseline").update(closes_at=START + 3 * DAY)


MOST_AT_ONCE = 20  # letters: a fault that closes the line takes a pass for each of them


def clinics(letters: int) -> tuple[int, int]:
    """Patients of one clinic, and how often it is played for so many letters."""
    size = min(letters, MOST_AT_ONCE)
    return size, -(-letters // size)


@contextmanager
def undone() -> Iterator[None]:
    """What a clinic went through, taken back before it is played again: patients are enrolled
    once, for it is not their enrolment that is proved."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def passes(hours: int = 12) -> None:
    """One pass every few minutes, until the provider has long been well again."""
    for minute in range(0, hours * 60, 15):
        now = NOW + minute * MINUTE
        for pk in due_invitations(now=now):
            if invite(pk, by="flow", now=now) == "queued":
                break  # the line is closed, and no other letter leaves in this pass either


def balance(taken: list[str]) -> Counter:
    """What must be nought: letters taken twice, believed sent but not taken, or nowhere."""
    times = Counter(taken)
    rows = Message.objects.filter(kind="invitation").select_related("occurrence")
    wrong = Counter(twice=sum(count > 1 for count in times.values()))
    for row in rows:
        known = row.state in ("accepted", "delivered", "dropped", "bounced")
        wrong["lost"] += known and not times[str(row.ref)]
        wrong["unaccounted"] += not known and row.state not in ("in_doubt", "failed")
        wrong["unaccounted"] += row.state == "failed" and row.occurrence.reason != "mail refused"
        late = row.handed_at + timedelta(hours=25)
        spoken = row.heard.exists() or row.state not in ("accepted", "in_doubt")
        silent = row.transport == "sendgrid" and not spoken
        wrong["unalarmed"] += silent and not alarms(now=late)
    wrong["unaccounted"] += Occurrence.objects.filter(survey="baseline", messages=None).count()
    return +wrong


def told(fault: str, count: int, found: Counter) -> None:
    text = ", ".join(f"{number} {word}" for word, number in sorted(found.items())) or "0"
    target = "0 lost, twice, unalarmed"
    proof.record("T3", f"{fault}, {count} letters", target=target, found=text)


@pytest.mark.parametrize("fault", SENDGRID)
def test_each_fault_of_the_provider_loses_nothing_and_doubles_nothing(sendgrid, fault):
    size, times = clinics(proof.share(2, 200))
    patients(size)
    found: Counter[str] = Counter()
    for _ in range(times):
        with undone():
            sendgrid.answers = [SENDGRID[fault]] * size
            passes(12 if fault[:3] in ("401", "403", "429") else 4)
            found += balance(sendgrid.taken())
        sendgrid.requests.clear()
    told(fault, size * times, found)
    assert found == {}


def test_faults_of_every_kind_mixed_and_what_is_said_of_each_letter_later(sendgrid):
    (size, times), dice = clinics(proof.share(20, 5_000)), random.Random(3)
    patients(size)
    kinds = [fault for fault in SENDGRID.values() if fault not in (401, 403)]
    found: Counter[str] = Counter()
    for _ in range(times):
        with undone():
            sendgrid.answers = [dice.choice([*kinds, 202]) for _ in range(2 * size)]
            passes()
            say_later(sorted(set(sendgrid.taken())), dice)
            found += balance(sendgrid.taken())
        sendgrid.requests.clear()
    told("mixed", size * times, found)
    assert found == {}


def say_later(refs: list[str], dice: random.Random) -> None:
    for ref in refs:
        said = [dice.choice(LATER) for _ in range(dice.randint(0, 3))]
        events = [Heard(UUID(ref), kind, NOW + HOUR) for kind in said if kind]
        hear(events, by="sendgrid", now=NOW + 6 * HOUR)


def test_a_refused_key_alarms(sendgrid):
    patients(1)
    sendgrid.answers = [401]
    invite(due_invitations(now=NOW)[0], by="flow", now=NOW)
    assert [alarm.code for alarm in alarms(now=NOW)] == ["line"]


SMTP = {
    "451 after the text": ("after_text", "451 try later"),
    "554 after the text": ("after_text", "554 not wanted"),
    "hung up after the text": ("after_text", "hang up"),
    "sender refused": ("sender", "550 5.7.1 not yours"),
    "sender busy": ("sender", "451 later"),
    "bad goodbye": ("goodbye", "421 closing"),
}


@pytest.mark.parametrize("fault", SMTP)
def test_each_fault_of_an_smtp_server(monkeypatch, fault):
    size, times = clinics(proof.share(2, 200))
    patients(size)
    found: Counter[str] = Counter()
    with smtp_sink() as (sink, port):
        line = to_smtp("127.0.0.1", port, user="", password="", starttls=False, timeout=2)
        monkeypatch.setattr(mail, "_transport", lambda: line)
        name, answer = SMTP[fault]
        well = getattr(sink, name)
        for _ in range(times):
            with undone():
                setattr(sink, name, answer)
                for pk in due_invitations(now=NOW):
                    invite(pk, by="flow", now=NOW)
                setattr(sink, name, well)
                passes(6)
                found += balance([_ref(letter) for letter in sink.letters])
            sink.letters.clear()
    told(f"SMTP: {fault}", size * times, found)
    assert found == {}


def _ref(letter: EmailMessage) -> str:
    return letter["Message-ID"].strip("<>").split("@")[0]
