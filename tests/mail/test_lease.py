"""Who talks long with a mail server is alive; who gives no sign for two minutes is not."""

import threading
from datetime import timedelta

import pytest

from surveys.actions import lease, mail
from surveys.actions.lease import AT_MOST, BEAT, CLOCKS_DIFFER, LEASE, beating, renew
from surveys.actions.mail import hand_over, sweep_stuck
from surveys.actions.send import due_invitations, invite
from surveys.mail.transports import Outcome
from surveys.models import Message
from tests import cast
from tests.cast import MINUTE, START

TICK = timedelta(milliseconds=10)
SECOND = timedelta(seconds=1)


@pytest.fixture
def claimed(db, monkeypatch) -> Message:
    """A letter whose sender talks with the mail server at this moment."""
    row = cast.due(cast.ana(), "baseline", now=START)

    def hangs(_letter):
        raise KeyboardInterrupt

    monkeypatch.setattr(mail, "_transport", lambda: hangs)
    with pytest.raises(KeyboardInterrupt):
        invite(row.pk, by="test", now=START)
    return Message.objects.get(state="sending")


def test_the_figures_leave_room_for_a_sign_that_fails():
    assert LEASE == 2 * MINUTE
    assert LEASE > 3 * BEAT
    assert AT_MOST == 15 * MINUTE


@pytest.mark.parametrize(
    ("lasted", "asked_at", "freed"),
    [
        (None, LEASE - SECOND, 0),
        (None, LEASE, 1),
        (BEAT, LEASE, 0),
        (BEAT, LEASE + BEAT - SECOND, 0),
        (BEAT, LEASE + BEAT, 1),
        (10 * MINUTE, 12 * MINUTE - SECOND, 0),
        (10 * MINUTE, 12 * MINUTE, 1),
    ],
)
def test_a_sender_is_taken_for_dead_two_minutes_after_its_last_sign(
    claimed, lasted, asked_at, freed
):
    if lasted:
        assert renew(claimed.pk, START, lasted)
    assert sweep_stuck(by="test", now=START + asked_at) == freed


@pytest.mark.parametrize(
    ("asked_at", "freed"),
    [(-SECOND, 0), (-CLOCKS_DIFFER, 0), (-CLOCKS_DIFFER - SECOND, 1)],
    ids=["a pass that began a moment before", "ten minutes", "a clock that was wrong"],
)
def test_a_lease_from_the_future_is_one_unless_the_clock_was_wrong(claimed, asked_at, freed):
    assert sweep_stuck(by="test", now=START + asked_at) == freed


def test_a_letter_half_way_out_without_a_lease_is_nobodys_and_is_freed_at_once(claimed):
    Message.objects.filter(pk=claimed.pk).update(lease_until=None)
    assert sweep_stuck(by="test", now=START) == 1
    assert Message.objects.get(pk=claimed.pk).state == "in_doubt"


def test_what_is_no_longer_ours_is_not_renewed(claimed):
    sweep_stuck(by="test", now=START + LEASE)
    assert not renew(claimed.pk, START, 3 * MINUTE)
    assert Message.objects.get(pk=claimed.pk).lease_until is None


def test_nor_is_the_next_try_of_somebody_else(claimed):
    Message.objects.filter(pk=claimed.pk).update(handed_at=START + SECOND)
    assert not renew(claimed.pk, START, MINUTE)


def test_the_sign_comes_until_there_is_an_answer_and_not_after_it():
    signs, enough = [], threading.Event()

    def sign(lasted: timedelta) -> bool:
        signs.append(lasted)
        if len(signs) == 3:
            enough.set()
        return True

    with beating(sign, beat=TICK, at_most=MINUTE):
        assert enough.wait(10)
        heart = next(one for one in threading.enumerate() if one.name == "lease")
    assert not heart.is_alive()
    assert signs == sorted(signs)
    assert signs[0] >= TICK


@pytest.mark.parametrize("fault", [False, True])
def test_a_sign_that_fails_is_tried_again_and_one_refused_is_the_last(fault):
    signs, second = [], threading.Event()

    def sign(lasted: timedelta) -> bool:
        signs.append(lasted)
        if fault and len(signs) == 1:
            raise OSError("the disk is full")
        second.set()
        return False

    with beating(sign, beat=TICK, at_most=MINUTE):
        assert second.wait(10)
    assert len(signs) == 1 + fault


def test_a_server_that_talks_for_ever_holds_a_letter_for_so_long_only():
    signs = []
    with beating(lambda lasted: not signs.append(lasted), beat=TICK, at_most=3 * TICK):
        for heart in (one for one in threading.enumerate() if one.name == "lease"):
            heart.join(10)
            assert not heart.is_alive()
    assert 1 <= len(signs) <= 3


@pytest.mark.django_db(transaction=True)
def test_a_letter_handed_over_for_long_is_accepted_and_never_in_doubt(monkeypatch):
    """The real thread, over its own connection, while the mail server takes its time."""
    row = cast.due(cast.ana(), "baseline", now=START)
    renewed, through = threading.Event(), []

    def heard(*args) -> bool:
        through.append(renew(*args))
        renewed.set()
        return through[-1]

    def slow(_letter) -> Outcome:
        assert renewed.wait(10)
        through.append(sweep_stuck(by="test", now=START + LEASE))
        return Outcome("accepted")

    monkeypatch.setattr(lease, "renew", heard)
    monkeypatch.setattr(lease, "BEAT", TICK)
    monkeypatch.setattr(lease, "AT_MOST", TICK)
    monkeypatch.setattr(mail, "_transport", lambda: slow)
    assert invite(row.pk, by="test", now=START) == "accepted"
    assert through == [True, 0]
    assert Message.objects.get().lease_until is None
    assert due_invitations(now=START) == []
    assert hand_over(Message.objects.get().pk, by="test", now=START) == "accepted"
