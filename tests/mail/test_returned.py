"""Mail that comes back over SMTP: a delivery report becomes the state of its letter, once."""

import mailbox
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import uuid4

import pytest

from surveys.actions.returned import read_bounces
from surveys.actions.send import invite
from surveys.mail.letter import Letter
from surveys.mail.transports import return_path, to_smtp
from surveys.models import MailEvent, Message, Patient
from tests import cast
from tests.cast import HOUR, START
from tests.mail.sinks import smtp_sink

NOW = START + HOUR


def report(ref, action: str, status: str, *, recipient="ana@mail.example", kind="delivery-status"):
    text = (
        "From: MAILER-DAEMON@mx.example\n"
        f"To: bounces+{ref}@office.example\n"
        f"Date: {format_datetime(NOW)}\n"
        "MIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt did not arrive.\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n\n--b--\n"
    )
    return text.encode()


@pytest.fixture
def sent(db) -> Message:
    occurrence = cast.due(cast.ana(), "baseline", now=START)
    invite(occurrence.pk, by="flow", now=NOW)
    Message.objects.update(transport="smtp")
    return Message.objects.get()


@pytest.fixture
def box(tmp_path) -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "bounces", create=True)


def read(box: mailbox.Maildir) -> dict:
    return dict(read_bounces(box._path, by="flow", now=NOW + HOUR))


@pytest.mark.parametrize(
    ("action", "status", "state", "reason"),
    [
        ("failed", "5.1.1", "bounced", "bounced"),
        ("failed", "5.2.2", "bounced", "bounced"),
        ("failed", "5.7.1", "bounced", "blocked"),
        ("failed", "4.4.7", "bounced", "blocked"),
        ("delayed", "4.4.1", "accepted", ""),
        ("relayed", "2.0.0", "accepted", ""),
        ("delivered", "2.0.0", "delivered", ""),
    ],
)
def test_what_a_report_says_and_what_becomes_of_the_letter(
    sent, box, action, status, state, reason
):
    box.add(report(sent.ref, action, status))
    read(box)
    sent.refresh_from_db()
    assert (sent.state, sent.occurrence.reason) == (state, reason)


def test_a_report_is_read_once_and_its_copy_counts_once(sent, box):
    box.add(report(sent.ref, "failed", "5.1.1"))
    assert read(box) == {"bounced": 1}
    assert read(box) == {}
    box.add(report(sent.ref, "failed", "5.1.1"))
    assert read(box) == {"bounced": 1}
    assert MailEvent.objects.count() == 1


@pytest.mark.parametrize(("status", "reason"), [("5.1.1", "bounced"), ("5.7.26", "blocked")])
def test_a_bounce_from_where_the_patient_has_mail_forwarded_is_a_bounce(sent, box, status, reason):
    """The report names the address at the end of the way; the ref says whose letter it was."""
    box.add(report(sent.ref, "failed", status, recipient="ana.home@elsewhere.example"))
    assert read(box) == {reason: 1}
    sent.refresh_from_db()
    assert (sent.state, sent.occurrence.reason) == ("bounced", reason)
    assert Patient.objects.get().mail_stop == reason


def forgeries(ref) -> dict[str, bytes]:
    good = report(ref, "failed", "5.1.1")
    return {
        "unknown ref": report(uuid4(), "failed", "5.1.1"),
        "no ref": report("", "failed", "5.1.1"),
        "arrived with another": report(ref, "delivered", "2.0.0", recipient="ben@mail.example"),
        "passed on to another": report(ref, "relayed", "2.0.0", recipient="ben@mail.example"),
        "no delivery report": report(ref, "failed", "5.1.1", kind="disposition-notification"),
        "a new word": report(ref, "vanished", "5.1.1"),
        "cut short": good[: good.index(b"Final-Recipient")],
        "an answer out of office": f"To: bounces+{ref}@office.example\n\nI am away.".encode(),
        "empty": b"",
        "no text at all": bytes(range(256)),
    }


@pytest.mark.parametrize("how", list(forgeries("")))
def test_a_forged_or_unknown_report_changes_nothing(sent, box, how):
    box.add(forgeries(sent.ref)[how])
    assert read(box) == {"no report of ours": 1}
    sent.refresh_from_db()
    assert (sent.state, MailEvent.objects.count()) == ("accepted", 0)


def test_a_report_about_a_letter_that_went_by_sendgrid_changes_nothing(sent, box):
    Message.objects.update(transport="sendgrid")
    box.add(report(sent.ref, "failed", "5.1.1"))
    assert read(box) == {"no report of ours": 1}


# --- one conversation for many letters


def letter(to: str = "ana@mail.example") -> Letter:
    return Letter("0b1c", to, "in@office.example", "Office", "Hi", "Hello\n", "<p>Hello</p>\n")


def smtp(port: int):
    return to_smtp(
        "127.0.0.1", port, user="", password="", starttls=False, timeout=5,
        bounces_to="bounces@office.example",
    )  # fmt: skip


def test_reports_come_back_to_the_bounce_mailbox_with_the_letters_own_ref():
    assert return_path(letter(), "bounces@office.example") == "bounces+0b1c@office.example"
    assert return_path(letter(), "") == "in@office.example"


def test_many_letters_share_one_conversation_and_a_refused_address_ends_none():
    with smtp_sink() as (sink, port):
        sink.refuse["gone@mail.example"] = "550 5.1.1 no such user"
        line = smtp(port)
        kinds = [
            line(letter(to)).kind for to in ("a@x.example", "gone@mail.example", "b@x.example")
        ]
        first = line.server
        assert line(letter()).kind == "accepted"
        assert line.server is first
    assert kinds == ["accepted", "address_refused", "accepted"]
    assert len(sink.letters) == 3


def test_a_line_dropped_between_two_letters_is_opened_again_and_nothing_is_doubled():
    with smtp_sink() as (sink, port):
        line = smtp(port)
        assert line(letter()).kind == "accepted"
        line.server.sock.close()
        line.server.file = None
        assert line(letter()).kind == "accepted"
        assert len(sink.letters) == 2


def test_a_line_dropped_after_the_text_is_in_doubt_and_the_next_letter_goes():
    with smtp_sink() as (sink, port):
        line = smtp(port)
        sink.after_text = "hang up"
        assert line(letter()).kind == "in_doubt"
        sink.after_text = "250 kept"
        assert line(letter()).kind == "accepted"
    assert isinstance(sink.letters[0], EmailMessage)
