"""What was told before: beside an alert that rang nobody, and beside an older form on paper."""

from datetime import timedelta

import pytest

from flows import alert as alert_flow
from surveys.actions import answer
from surveys.actions.collect import submit_here
from surveys.actions.draft import save_draft
from surveys.models import Alert, Message, Occurrence, Response
from tests import doors
from tests.cast import DAY, HOUR, MINUTE, START
from tests.surveys.test_left_open import left_open

TELLING = "A clinician on call is being told at this moment"


def all_zero_but(occurrence, ninth: int) -> dict:
    answers = {
        form.id: {item.code: 0 for item in form.items} for form in answer.instruments_of(occurrence)
    }
    answers["phq9"]["9"] = ninth
    return answers


@pytest.mark.parametrize(("ninth", "told"), [("0", False), ("1", True), ("2", True)])
def test_an_alert_of_old_paper_hushes_nothing_said_today(secret, occurrence, it_is, ninth, told):
    """The page lies open on day 17 while the desk types a paper of day 2 with a 1: its alert is in
    the list and rings nobody. What the patient sends now rings, and only then says so."""
    it_is(START + 17 * DAY)
    browser = doors.opened(secret)
    page = left_open(browser, occurrence) | {"phq9.9": ninth}
    row, typed = Occurrence.objects.get(pk=occurrence.pk), START + 17 * DAY + 10 * MINUTE
    paper = all_zero_but(row, 1)
    submit_here(row, paper, mode="paper", by="staff:1", now=typed, answered_at=START + 2 * DAY)
    assert Alert.objects.get().next_notice_at is None
    it_is(typed + 10 * MINUTE)
    shown = browser.post("/s/", page, follow=True).content.decode()
    alert_flow.run_once(typed + 11 * MINUTE)
    assert (TELLING in shown) == told
    assert Message.objects.filter(kind="alert").exists() == told


@pytest.mark.parametrize(
    ("filled_in", "alerts"),
    [(timedelta(), 1), (2 * HOUR - MINUTE, 1), (2 * HOUR, 0), (3 * HOUR, 0)],
)
def test_only_a_later_answer_takes_back_what_was_kept(secret, occurrence, filled_in, alerts):
    """Kept two hours after noon with a 3; the paper the desk types says 0."""
    noon = START + 2 * DAY
    save_draft(occurrence, all_zero_but(occurrence, 3), by="patient:1", now=noon + 2 * HOUR)
    answer.submit(
        occurrence, all_zero_but(occurrence, 0), mode="paper", by="staff:1",
        now=noon + 4 * HOUR, answered_at=noon + filled_in,
    )  # fmt: skip
    assert Alert.objects.count() == alerts


@pytest.mark.parametrize("ninth", ["0", "1"])
def test_pressed_twice_after_a_questionnaire_was_switched_off(
    secret, occurrence, switched_off, ninth
):
    """Nothing of it is stored: the second press is no other answer, and gets the same page."""
    browser = doors.opened(secret)
    page = left_open(browser, occurrence) | {"phq9.9": ninth}
    switched_off()
    first, second = (browser.post("/s/", page, follow=True).content.decode() for _ in range(2))
    assert Response.objects.count() == 1
    assert Alert.objects.count() == int(ninth)
    assert "is different" not in first + second
