"""Forms as no browser sends them: nothing breaks, nothing half-right is stored, and whatever is
stored has the score that a second, separately written scorer gives it."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from surveys import wallclock
from surveys.actions.answer import instruments_of
from surveys.instrument import Instrument
from surveys.models import Alert, Response
from surveys.patient import forms
from surveys.scoring import score
from surveys.triage import concerns
from tests import cast, doors, proof
from tests.fuzz.second_scorer import second_score

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NOW = cast.START
FORMS = proof.share(2_000, 100_000)
POSTED = proof.share(80, 4_000)  # of these, at the door of a running site
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


def taken(filled: dict, asked: Sequence[Instrument]) -> forms.Reading | None:
    """The core of the door: what is read from the form, None where it is not taken yet."""
    posted = QueryDict(mutable=True)
    for name, value in filled.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    reading = forms.read(asked, posted)
    return None if forms.trouble(reading, pointed_out="pointed_out" in posted) else reading


def misread(filled: dict, asked: Sequence[Instrument]) -> str:
    """What is wrong with what the core reads, scores and reports; empty when nothing is."""
    reading = taken(filled, asked)
    if reading is None:
        return ""
    if not offered(filled):
        return "took what it must not"
    for one in asked:
        if reading.answers[one.id] != (want := wanted(one.id, filled)):
            return "read something else"
        scored = score(one, want)
        if (scored.total, scored.band or "") != second_score(one.id, want):
            return f"{one.id} scored {scored.total} {scored.band}"
    told = bool(concerns(asked[0], reading.answers["phq9"]))
    return "" if told == alarming(reading.answers) else "concern and question 9 disagree"


def wanted(name: str, filled: dict) -> dict:
    """The answers to one questionnaire as they were chosen."""
    said = {item.split(".")[1]: filled.get(item) for item in ITEMS if item.startswith(name)}
    return {code: int(one) if one and one.isdigit() else one for code, one in said.items()}


def alarming(answers: dict) -> bool:
    ninth = answers["phq9"]["9"]
    return isinstance(ninth, int) and ninth >= 1


def judge(filled: dict, ref: str) -> str:
    """What is wrong with what is stored now; empty when nothing is."""
    rows = {row.instrument: row for row in Response.objects.select_related("score")}
    if not rows:
        return ""
    if set(rows) != {"phq9", "gad7"} or not offered(filled) or filled["form"] != ref:
        return "stored what it must not"
    for name, row in rows.items():
        if row.answers != (want := wanted(name, filled)):
            return "stored something else"
        if (row.score.total, row.score.band) != second_score(name, want):
            return f"{name} scored {row.score.total} {row.score.band}"
    told = Alert.objects.count() == alarming({"phq9": rows["phq9"].answers})
    return "" if told else "alert and question 9 disagree"


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


def test_whatever_is_posted_is_read_and_scored_right_or_not_taken(occurrence):
    """The core alone, which decides what is taken, read, scored and told."""
    dice, asked, ref = random.Random(10), instruments_of(occurrence), str(occurrence.ref)
    tried = [form(dice, ref) for _ in range(FORMS)]
    wrong = Counter(fault for one in tried if (fault := misread(one, asked)))
    count = sum(taken(one, asked) is not None for one in tried)
    proof.record(
        "T10",
        "forms read, scored twice, concern",
        target="100,000 forms: 0 read, scored or told wrong",
        found=f"{FORMS}, {count} taken: {wrong.total()} wrong",
    )
    assert not wrong
    assert 0.2 * FORMS < count < 0.9 * FORMS


def test_whatever_is_posted_is_stored_right_or_not_at_all(occurrence, browser):
    """The same at the door: it stores exactly what the core takes, of this very survey."""
    dice, asked, ref = random.Random(11), instruments_of(occurrence), str(occurrence.ref)
    wrong: Counter[str] = Counter()
    stored = 0
    for _ in range(POSTED):
        filled = form(dice, ref)
        fault, kept = send(browser, filled, ref)
        if kept != (filled["form"] == ref and taken(filled, asked) is not None):
            fault = fault or "door and core disagree"
        wrong.update([fault] if fault else [])
        stored += kept
    proof.record(
        "T10",
        "submissions at the door",
        target="0 server errors, 0 stored wrong, 0 scored differently",
        found=f"{POSTED}, {stored} stored: {wrong.total()} wrong",
    )
    assert not wrong
    assert 0.2 * POSTED < stored < 0.9 * POSTED


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
