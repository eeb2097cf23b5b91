"""Every way in which a mail server may fail, and what the ledger makes of it.

What was surely not taken is tried again. What may have been is in doubt and never sent twice. A
refusal of the address is a bounce, of the letter a failure. What only the operator can mend closes
the line and alarms. Once the server is well again nothing is lost and nothing doubled.
"""

from collections import Counter

import pytest

from surveys.actions import mail
from surveys.actions.send import due_invitations, invite
from surveys.actions.watch import alarms
from surveys.mail.transports import to_smtp
from surveys.models import Message, Occurrence
from tests import proof
from tests.cast import DAY, HOUR, MINUTE
from tests.faults.test_provider_faults import NOW, passes, patients, told
from tests.mail.broken_smtp import (
    GREETING,
    HANG_UP,
    HANG_UP_UNREAD,
    SILENCE,
    THE_TEXT,
    WELL,
    BrokenSmtp,
    broken_smtp,
)  # fmt: skip
from tests.mail.certificates import served, trusted

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

# step, what the server says there, and the state of the letter after the first try
FAULTS = [
    (GREETING, SILENCE, "retry"),
    (GREETING, HANG_UP, "retry"),
    (GREETING, "421 too busy", "retry"),
    (GREETING, "554 not today", "retry"),
    (GREETING, "hello there", "retry"),
    ("EHLO", HANG_UP, "retry"),
    ("MAIL", SILENCE, "retry"),
    ("MAIL", HANG_UP, "retry"),
    ("MAIL", "421 closing", "retry"),
    ("MAIL", "perhaps", "retry"),
    ("RCPT", HANG_UP, "retry"),
    ("RCPT", "421 closing", "retry"),
    ("RCPT", "450 mailbox busy", "retry"),
    ("RCPT", "perhaps", "retry"),
    ("RCPT", "550 5.1.1 no such user", "bounced"),
    ("RCPT", "552 5.2.2 mailbox full", "bounced"),
    ("DATA", HANG_UP, "retry"),
    ("DATA", "421 closing", "retry"),
    ("DATA", "550 no", "failed"),
    (THE_TEXT, HANG_UP, "in_doubt"),
    (THE_TEXT, HANG_UP_UNREAD, "in_doubt"),
    (THE_TEXT, SILENCE, "in_doubt"),
    (THE_TEXT, "perhaps", "in_doubt"),
    (THE_TEXT, "421 closing", "retry"),
    (THE_TEXT, "450 later", "retry"),
    (THE_TEXT, "550 not wanted", "failed"),
    (THE_TEXT, "552 too big", "failed"),
]
ENDS = {
    "retry": ("accepted", "sent", ""),
    "in_doubt": ("in_doubt", "due", ""),
    "bounced": ("bounced", "unreachable", "bounced"),
    "failed": ("failed", "skipped", "mail refused"),
}


@pytest.fixture
def server(monkeypatch):
    with broken_smtp() as (broken, port):
        broken.port = port
        monkeypatch.setattr(mail, "_transport", lambda: line_to(port, patience=patience(broken)))
        yield broken


def patience(server: BrokenSmtp) -> float:
    """Seconds: short where silence is waited for; a busy machine must not be taken for silent."""
    return 1.0 if SILENCE in server.says.values() else 30.0


def line_to(port: int, *, host: str = "127.0.0.1", starttls: bool = False, patience: float = 30.0):
    return to_smtp(host, port, user="", password="", starttls=starttls, timeout=patience)


def balance(kept: list[str]) -> Counter:
    """What must be nought: letters kept twice, or believed sent and kept nowhere."""
    sent = Message.objects.filter(state__in=["accepted", "delivered"])
    lost = {str(ref) for ref in sent.values_list("ref", flat=True)} - {*kept}
    return +Counter(twice=len(kept) - len({*kept}), lost=len(lost))


def try_all() -> set[str]:
    return {invite(pk, by="flow", now=NOW) for pk in due_invitations(now=NOW)}


@pytest.mark.parametrize(("step", "says", "state"), FAULTS)
def test_each_fault_of_a_mail_server_leads_to_its_state(server, step, says, state):
    count = proof.share(1, 50)
    patients(count)
    server.says[step] = says
    assert try_all() == {state}
    server.says = dict(WELL)
    passes(2)
    rows = Message.objects.values_list("state", "occurrence__state", "occurrence__reason")
    assert set(rows) == {ENDS[state]}
    found = balance(server.refs())
    told(f"SMTP, {step or 'greeting'}: {says}", count, found)
    assert found == {}


def test_an_answer_that_drips_is_waited_for(server):
    patients(1)
    server.drip = 0.02
    assert try_all() == {"accepted"}
    assert len(server.kept) == 1


@pytest.mark.parametrize("where", [("nowhere.invalid", 25), ("127.0.0.1", 1)])
def test_a_server_that_cannot_be_found_is_tried_again_and_alarms_after_an_hour(
    server, monkeypatch, where
):
    patients(1)
    reached = mail._transport
    monkeypatch.setattr(mail, "_transport", lambda: line_to(where[1], host=where[0]))
    first = None
    for minute in range(0, 75, 5):
        for pk in due_invitations(now=NOW + minute * MINUTE):
            assert invite(pk, by="flow", now=NOW + minute * MINUTE) == "retry"
        if alarms(now=NOW + minute * MINUTE) and first is None:
            first = minute
    assert first == 60
    assert [alarm.code for alarm in alarms(now=NOW + HOUR)] == ["retry"]
    monkeypatch.setattr(mail, "_transport", reached)
    passes(4)
    assert (alarms(now=NOW + DAY), len(server.kept)) == ([], 1)


@pytest.mark.parametrize("fault", ["no TLS is offered", "454 not now", "a certificate of another"])
def test_without_tls_nothing_is_said_and_what_the_operator_must_mend_alarms(
    server, monkeypatch, tmp_path, fault
):
    """Not even the envelope leaves in the clear."""
    patients(2)
    server.tls, file = served(tmp_path)
    host = "localhost" if fault == "a certificate of another" else "127.0.0.1"
    offers = "250-hello\r\n250 STARTTLS"
    server.says["EHLO"] = "250 hello" if fault == "no TLS is offered" else offers
    server.says["STARTTLS"] = fault if fault[:3] == "454" else "220 go on"
    monkeypatch.setattr(mail, "_transport", lambda: line_to(server.port, host=host, starttls=True))
    with trusted(file):
        assert try_all() <= {"retry", "queued"}
        assert server.kept == []
        expected = [] if fault[:3] == "454" else ["line"]
        assert [alarm.code for alarm in alarms(now=NOW)] == expected
        server.says |= {"EHLO": offers, "STARTTLS": "220 go on"}
        monkeypatch.setattr(mail, "_transport", lambda: line_to(server.port, starttls=True))
        for minute in range(1, 30):
            for pk in due_invitations(now=NOW + minute * MINUTE):
                invite(pk, by="flow", now=NOW + minute * MINUTE)
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted"}
    assert Occurrence.objects.filter(state="sent").count() == len(server.kept) == 2
    assert alarms(now=NOW + HOUR) == []
