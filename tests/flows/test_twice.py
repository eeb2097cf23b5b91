"""Every flow may run twice, or be broken off and run again, and leaves the same rows."""

from datetime import timedelta

import pytest

from flows import alert, remind, send, upkeep, weekly
from surveys.actions import mail
from surveys.actions.answer import submit
from surveys.models import Message
from tests import cast
from tests.doors import every_row

pytestmark = pytest.mark.django_db

MORNING = cast.START + cast.HOUR


def clinic_with_work_for(flow: str):
    """A clinic where this flow has something to do, and the instant at which it has."""
    ana, ben = cast.ana(), cast.ben()
    if flow == "send":
        return MORNING
    send.run_once(MORNING)
    if flow == "remind":
        return MORNING + timedelta(hours=25)
    if flow == "upkeep":
        return MORNING + timedelta(days=40)
    if flow == "alert":
        occurrence = ana.occurrences.get(survey="baseline")
        form = cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 1)
        submit(occurrence, {"phq9": form, "gad7": {}}, mode="web", by="patient", now=MORNING)
        return MORNING
    cast.treated(ben, MORNING)
    return MORNING + timedelta(days=7)


FLOWS = {"send": send, "remind": remind, "alert": alert, "upkeep": upkeep, "weekly": weekly}


@pytest.mark.parametrize("flow", FLOWS)
def test_the_second_run_changes_nothing(flow):
    now = clinic_with_work_for(flow)
    before = every_row()

    first = FLOWS[flow].run_once(now)
    after_first = every_row()
    second = FLOWS[flow].run_once(now)

    assert first
    assert after_first != before
    assert every_row() == after_first
    assert "failed" not in first + second


def test_a_step_of_upkeep_that_fails_is_counted_and_holds_up_no_other(monkeypatch, caplog):
    now = clinic_with_work_for("upkeep")
    Message.objects.filter(pk=Message.objects.first().pk).update(state="sending", lease_until=now)

    def stumble(**_):
        raise ValueError("Ana Reyes")

    monkeypatch.setattr(upkeep.schedule, "close_windows", stumble)
    done = upkeep.run_once(now)
    assert (done["failed"], done["in doubt"]) == (1, 1)
    assert "Ana" not in caplog.text


@pytest.mark.parametrize("flow", ["send", "remind", "alert", "weekly"])
def test_each_letter_leaves_once(flow, mailbox):
    now = clinic_with_work_for(flow)
    before = len(list(mailbox.glob("*.eml")))

    for _ in range(3):
        FLOWS[flow].run_once(now)

    sent = len(list(mailbox.glob("*.eml"))) - before
    assert sent == Message.objects.filter(kind=KIND[flow], state="accepted").count() > 0


KIND = {"send": "invitation", "remind": "reminder", "alert": "alert", "weekly": "weekly"}


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing after it runs."""


@pytest.mark.parametrize("handed_over", [False, True])
def test_broken_off_between_claim_and_record_nobody_is_asked_twice(
    monkeypatch, mailbox, handed_over
):
    """The first letter dies with its sender, before or after the hand-over; the rest still goes."""
    clinic_with_work_for("send")
    real = mail._transport()

    def die(letter):
        if handed_over:
            real(letter)
        raise Killed

    monkeypatch.setattr(mail, "_transport", lambda: die)
    with pytest.raises(Killed):
        send.run_once(MORNING)
    monkeypatch.setattr(mail, "_transport", lambda: real)
    again = send.run_once(MORNING)
    later = MORNING + timedelta(minutes=10)
    upkeep.run_once(later)
    send.run_once(later)

    assert again == {"accepted": 1}
    states = sorted(Message.objects.values_list("state", flat=True))
    assert states == ["accepted", "in_doubt"]
    assert len(list(mailbox.glob("*.eml"))) == 1 + handed_over


def test_one_that_fails_does_not_hold_up_the_rest(monkeypatch):
    clinic_with_work_for("send")
    tried = []

    def stumble_once(one, *, by, now):
        tried.append(one)
        if len(tried) == 1:
            raise RuntimeError("Ana Reyes")
        return "accepted"

    monkeypatch.setattr(send, "invite", stumble_once)

    assert send.run_once(MORNING) == {"failed": 1, "accepted": 1}


def test_a_failure_is_logged_by_id_and_kind_never_by_its_words(monkeypatch, caplog):
    clinic_with_work_for("send")

    def stumble(one, *, by, now):
        raise RuntimeError("Ana Reyes")

    monkeypatch.setattr(send, "invite", stumble)
    send.run_once(MORNING)

    assert "RuntimeError" in caplog.text
    assert "Ana" not in caplog.text
