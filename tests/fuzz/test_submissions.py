"""Forms as no browser sends them: nothing breaks, nothing half-right is stored, and whatever is
stored has the score that a second, separately written scorer gives it."""

import random
from collections import Counter

import pytest
from django.db import transaction
from django.test import Client

from surveys import wallclock
from surveys.models import Alert, Response
from tests import cast, doors, proof
from tests.fuzz.second_scorer import second_score

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NOW = cast.START
FORMS = proof.share(300, 100_000)
CHOICES = ["0", "1", "2", "3", "declined"]
ODD = ["4", "-1", "1.0", "01", " 1", "１", "", "true", "None", "Declined", "9" * 5000, "\x00", "é"]
ITEMS = [f"phq9.{n}" for n in range(1, 11)] + [f"gad7.{n}" for n in range(1, 8)]
STRAY = ["phq9.11", "phq9", "gad7.0", "score", "phq9.9[]", "__proto__", "csrfmiddlewaretoken"]


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, NOW)


@pytest.fixture
def occurrence():
    return cast.due(cast.ana(), "baseline", now=NOW)


@pytest.fixture
def browser(occurrence, mailbox):
    came_in = doors.opened(doors.invited(occurrence, mailbox, now=NOW))
    came_in.raise_request_exception = False
    return came_in


def form(dice: random.Random, ref: str) -> dict:
    """Mostly a form as a patient leaves it; now and then with something that no page offers."""
    left_open = dice.choice([0, 0.1, 0.3, 0.9, 1])
    filled = {item: dice.choice(CHOICES) for item in ITEMS if dice.random() >= left_open}
    if dice.random() < 0.8:
        filled["pointed_out"] = "yes"
    filled["form"] = ref if dice.random() < 0.95 else dice.choice(ODD)
    if dice.random() < 0.3:
        filled[dice.choice(ITEMS)] = dice.choice([*ODD, ["0", "3"], ["1", "1"]])
    if dice.random() < 0.1:
        filled[dice.choice(STRAY)] = dice.choice(ODD)
    return filled


def offered(filled: dict) -> bool:
    """Whether every answer in it is one that the page offers, and there is at least one."""
    values = [filled[item] for item in ITEMS if item in filled]
    return bool(values) and all(value in CHOICES for value in values)


def judge(filled: dict, ref: str) -> str:
    """What is wrong with what is stored now; empty when nothing is."""
    rows = {row.instrument: row for row in Response.objects.select_related("score")}
    if not rows:
        return ""
    if set(rows) != {"phq9", "gad7"} or not offered(filled) or filled["form"] != ref:
        return "stored what it must not"
    for name, row in rows.items():
        sent = {item.split(".")[1]: filled.get(item) for item in ITEMS if item.startswith(name)}
        want = {k: int(v) if v and v.isdigit() else v for k, v in sent.items()}
        if row.answers != want:
            return "stored something else"
        if (row.score.total, row.score.band) != second_score(name, want):
            return f"{name} scored {row.score.total} {row.score.band}"
    ninth = rows["phq9"].answers["9"]
    alarmed = isinstance(ninth, int) and ninth >= 1
    return "" if Alert.objects.count() == alarmed else "alert and question 9 disagree"


def send(browser: Client, filled: dict, ref: str) -> tuple[str, bool]:
    """What is wrong, and whether it was stored. Taken back, so that the next finds a blank form."""
    with transaction.atomic():
        reply = browser.post("/s/", filled)
        stored = Response.objects.exists()
        wrong = "server error" if reply.status_code >= 500 else judge(filled, ref)
        if stored != (reply.status_code == 303):
            wrong = "thanked and not stored, or stored and not thanked"
        transaction.set_rollback(True)
    return wrong, stored


def test_whatever_is_posted_is_stored_right_or_not_at_all(occurrence, browser):
    dice, ref = random.Random(10), str(occurrence.ref)
    wrong: Counter[str] = Counter()
    stored = 0
    for _ in range(FORMS):
        fault, kept = send(browser, form(dice, ref), ref)
        wrong.update([fault] if fault else [])
        stored += kept
    proof.record(
        "T10",
        "submissions, scored twice",
        target="100,000 forms: 0 server errors, 0 stored wrong, 0 scored differently",
        found=f"{FORMS}, {stored} stored: {sum(wrong.values())} wrong",
    )
    assert not wrong
    assert 0.2 * FORMS < stored < 0.9 * FORMS


@pytest.mark.parametrize(
    ("answers", "total", "band"),
    [
        ([0] * 9, 0, "minimal"),
        ([1] * 4 + [0] * 5, 4, "minimal"),
        ([1] * 5 + [0] * 4, 5, "mild"),
        ([3] * 9, 27, "severe"),
        ([1, 1, 1, 1, 1, 1, 1, None, None], 9, "mild"),
        ([1, 1, 1, 1, 1, 1, None, None, None], None, ""),
        ([2, 2, 2, 1, 0, 0, 0, 0, "declined"], 8, "mild"),  # 7 x 9 / 8 = 7.875
        ([1, 1, 1, 1, 0, 0, 0, 0, None], 5, "mild"),  # 4.5, half up
    ],
)
def test_the_second_scorer_by_hand(answers, total, band):
    assert second_score("phq9", cast.phq9(*answers)) == (total, band)
