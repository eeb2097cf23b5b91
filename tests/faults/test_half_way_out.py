"""A letter is half-way out, sent by hand say, while another process sorts what waits.

A survey whose mail leaves is never counted as one that was left out."""

import pytest

from surveys.actions import backlog, mail
from surveys.actions.enrol import set_status
from surveys.actions.schedule import close_windows, open_due
from surveys.actions.send import invite
from surveys.mail.transports import Outcome
from surveys.models import Message, Occurrence
from tests import cast
from tests.cast import HOUR, START

pytestmark = pytest.mark.django_db

NOW = START + HOUR


@pytest.fixture
def row() -> Occurrence:
    course = cast.ana()
    return cast.due(course, "baseline", now=NOW)


def meanwhile(monkeypatch, row: Occurrence, happens, outcome: str = "accepted") -> Occurrence:
    """The survey after `happens` came between the letter's claim and what is known of it."""

    def transport(_letter) -> Outcome:
        assert Message.objects.get().state == "sending"
        happens()
        return Outcome(outcome)

    monkeypatch.setattr(mail, "_transport", lambda: transport)
    invite(row.pk, by="by hand", now=NOW)
    return Occurrence.objects.get(pk=row.pk)


@pytest.mark.parametrize(
    ("outcome", "state"), [("accepted", "sent"), ("in_doubt", "due"), ("later", "due")]
)
def test_the_clean_up_leaves_alone_what_it_found_waiting_and_was_claimed_since(
    monkeypatch, row, outcome, state
):
    (found,) = backlog.unsent(NOW)
    left_out = []
    after = meanwhile(
        monkeypatch, row, lambda: left_out.append(backlog.skip(found, "held up", NOW)), outcome
    )
    assert left_out == [False]
    assert (after.state, after.reason) == (state, "")


@pytest.mark.parametrize(
    ("outcome", "left_out"),
    [("accepted", False), ("in_doubt", False), ("stopped", True), ("later", True)],
)
def test_afterwards_it_is_left_out_only_where_nothing_can_have_left(
    monkeypatch, row, outcome, left_out
):
    (found,) = backlog.unsent(NOW)
    meanwhile(monkeypatch, row, lambda: None, outcome)
    assert backlog.skip(found, "held up", NOW) == left_out


def test_put_on_hold_meanwhile_another_pass_does_not_count_it_as_never_sent(monkeypatch, row):
    def another_pass() -> None:
        set_status(row.course.patient, "on_hold", by="desk", now=NOW)
        invite(row.pk, by="system", now=NOW)

    after = meanwhile(monkeypatch, row, another_pass)
    assert (after.state, after.reason) == ("sent", "")


@pytest.mark.parametrize("outcome", ["accepted", "in_doubt"])
def test_a_window_that_closes_meanwhile_does_not_count_it_as_not_sent(monkeypatch, row, outcome):
    open_due(now=NOW)
    closing = row.closes_at
    after = meanwhile(monkeypatch, row, lambda: close_windows(by="system", now=closing), outcome)
    assert (after.state, after.reason) == ("expired", "delivery in doubt")
