"""Returned mail in an IMAP mailbox: stored first, then marked as seen; never lost, never twice."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from flows import check, upkeep
from surveys.actions.returned import UNREAD, read_bounces_by_imap
from surveys.actions.send import invite
from surveys.actions.watch import alarms
from surveys.mail.imap import Place
from surveys.models import MailEvent, Message
from tests import cast
from tests.cast import HOUR, MINUTE, START
from tests.mail.certificates import served, trusted
from tests.mail.imap_sink import ImapInbox, imap_sink
from tests.mail.test_returned import report

NOW = START + HOUR


@pytest.fixture
def sent(db) -> Message:
    occurrence = cast.due(cast.ana(), "baseline", now=START)
    invite(occurrence.pk, by="flow", now=NOW)
    Message.objects.update(transport="smtp")
    return Message.objects.get()


@pytest.fixture
def box(tmp_path, settings):
    """An IMAP server whose certificate this machine trusts, named in the settings."""
    context, file = served(tmp_path)
    with imap_sink(context) as (inbox, port), trusted(file):
        settings.BOUNCE_IMAP_HOST, settings.BOUNCE_IMAP_PORT = "127.0.0.1", port
        settings.BOUNCE_IMAP_USER, settings.BOUNCE_IMAP_PASSWORD = inbox.user, inbox.password
        settings.BOUNCES_TO = inbox.user
        yield SimpleNamespace(inbox=inbox, port=port)


def read(box, *, password: str = ImapInbox.password, now=NOW + HOUR) -> dict:
    place = Place("127.0.0.1", box.port, ImapInbox.user, password)
    return dict(read_bounces_by_imap(place, timeout=5, by="flow", now=now))


def test_a_report_becomes_its_letters_state_and_is_then_marked_as_seen(sent, box):
    box.inbox.mails = [report(sent.ref, "failed", "5.1.1"), b"Subject: hello\n\nI am away.\n"]
    assert read(box) == {"bounced": 1, "no report of ours": 1}
    assert box.inbox.seen == {1, 2}
    sent.refresh_from_db()
    assert (sent.state, sent.occurrence.reason) == ("bounced", "bounced")
    assert read(box) == {}


@pytest.mark.parametrize(
    ("at", "after", "first", "seen"),
    [
        ("LOGIN", 0, {UNREAD: 1}, set()),
        ("SELECT", 0, {UNREAD: 1}, set()),
        ("UID SEARCH", 0, {UNREAD: 1}, set()),
        ("UID FETCH", 0, {UNREAD: 1}, set()),
        ("UID STORE", 0, {"bounced": 1, UNREAD: 1}, set()),
        ("UID FETCH", 1, {"bounced": 1, UNREAD: 1}, {1}),
        ("UID STORE", 1, {"bounced": 1, "delivered": 1, UNREAD: 1}, {1}),
        ("LOGOUT", 0, {"bounced": 1, "delivered": 1}, {1, 2}),
    ],
)
def test_wherever_it_breaks_off_the_rest_is_read_next_time_and_nothing_counts_twice(
    sent, box, at, after, first, seen
):
    box.inbox.mails = [report(sent.ref, "failed", "5.1.1"), report(sent.ref, "delivered", "2.0.0")]
    box.inbox.hang_up, box.inbox.after = at, after
    assert read(box) == first
    assert box.inbox.seen == seen
    box.inbox.hang_up = ""
    read(box)
    assert box.inbox.seen == {1, 2}
    assert MailEvent.objects.count() == 2
    sent.refresh_from_db()
    assert sent.state == "bounced"


def test_what_strangers_write_stops_nothing(sent, box):
    box.inbox.mails = [
        b"", bytes(range(256)), report(uuid4(), "failed", "5.1.1"),
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="\n\n',
        report(sent.ref, "failed", "5.1.1") + b"x" * 400_000,
    ]  # fmt: skip
    assert read(box) == {"no report of ours": 4, "bounced": 1}


@pytest.mark.parametrize(
    "fault",
    [
        "a wrong password", "a password beyond ASCII", "no server", "no such name",
        "a certificate of another",
    ],
)  # fmt: skip
def test_a_mailbox_that_cannot_be_read_is_named_and_alarms_after_an_hour(
    sent, box, settings, fault
):
    box.inbox.mails = [report(sent.ref, "failed", "5.1.1")]
    if fault == "a wrong password":
        settings.BOUNCE_IMAP_PASSWORD = "old"
    if fault == "a password beyond ASCII":
        settings.BOUNCE_IMAP_PASSWORD = "gøld"
    if fault == "no such name":
        settings.BOUNCE_IMAP_HOST = "mail..example"
    if fault == "no server":
        settings.BOUNCE_IMAP_PORT = 1
    if fault == "a certificate of another":
        settings.BOUNCE_IMAP_HOST = "localhost"
    assert upkeep.run_once(NOW)[UNREAD] == 1
    (found,) = [one for one in check.findings() if "cannot be read at" in one.what]
    assert settings.BOUNCE_IMAP_PASSWORD not in found.what + found.fix
    assert alarms(now=NOW + 59 * MINUTE) == []
    assert [alarm.code for alarm in alarms(now=NOW + HOUR)] == ["bounces"]
    assert box.inbox.seen == set()
    settings.BOUNCE_IMAP_HOST, settings.BOUNCE_IMAP_PORT = "127.0.0.1", box.port
    settings.BOUNCE_IMAP_PASSWORD = ImapInbox.password
    assert upkeep.run_once(NOW + 2 * HOUR)["bounced"] == 1
    assert alarms(now=NOW + 3 * HOUR) == []


def test_the_check_opens_it_and_touches_nothing(db, box):
    box.inbox.mails = [b"Subject: hello\n\n"]
    said = [one.what for one in check.findings() if not one.fix]
    assert f"the mailbox for returned mail opens at 127.0.0.1:{box.port}" in said
    assert "UID FETCH" not in box.inbox.log
