"""A transport says only what it knows: accepted, refused, not now, or in doubt."""

import email
import email.policy
import socket
import struct
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from surveys.mail.letter import Letter
from surveys.mail.transports import Outcome, to_folder, to_sendgrid, to_smtp
from tests.mail.broken_smtp import broken_smtp
from tests.mail.certificates import served, trusted
from tests.mail.loopback import no_connection
from tests.mail.sinks import sendgrid_fake, smtp_sink

LETTER = Letter(
    ref="0b1c",
    to="ana@mail.example",
    sender="checkin@office.example",
    sender_name="Alder Street Office",
    subject="Your check-in is ready",
    text="Hello\n",
    html="<p>Hello</p>\n",
    headers={"List-Unsubscribe": "<https://office.example/s/x/stop>"},
)


def smtp(port: int, timeout: float = 30):
    return to_smtp("127.0.0.1", port, user="", password="", starttls=False, timeout=timeout)


def test_the_folder_holds_a_mail_any_program_opens(tmp_path: Path):
    assert to_folder(tmp_path)(LETTER).kind == "accepted"
    assert to_folder(tmp_path)(LETTER).kind == "accepted"
    (path,) = tmp_path.iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "ana@mail.example"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_smtp_delivers_text_and_html_to_one_recipient():
    with smtp_sink() as (sink, port):
        assert smtp(port)(LETTER).kind == "accepted"
    assert sink.recipients == [["ana@mail.example"]]
    (mail,) = sink.letters
    assert mail["Subject"] == "Your check-in is ready"
    assert mail["List-Unsubscribe"] == "<https://office.example/s/x/stop>"
    assert mail["Message-ID"] == "<0b1c@office.example>"
    assert mail.get_body(("plain",)).get_content().splitlines() == ["Hello"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("550 no such user", "address_refused"),
        ("550 5.1.1 no such user", "address_refused"),
        ("552 5.2.2 mailbox full", "address_refused"),
        ("550 #5.1.0 Address rejected.", "address_refused"),
        ("553 sorry, no mailbox here by that name (#5.1.1)", "address_refused"),
        ("550 5.1.1 denied: no such user", "address_refused"),
        ("550 <relay.denied@mail.example> unknown", "address_refused"),
        ("550 no such user, says 5.7.1.9", "address_refused"),
        ("550 5.7.1 relaying denied", "stopped"),
        ("550 relay not permitted", "stopped"),
        ("550 Relaying denied", "stopped"),
        ("550 #5.7.1 Relaying denied", "stopped"),
        ("550 Administrative prohibition", "stopped"),
        ("550-Please turn on SMTP Authentication in your mail client.\r\n550 Now.", "stopped"),
        ("550 Access denied, your address is on a blocklist", "stopped"),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "stopped"),
        ("553 that domain isn't in my list of allowed rcpthosts", "stopped"),
        ("554 no", "stopped"),
        ("450 mailbox busy", "later"),
    ],
)
def test_smtp_address_refusals(answer: str, kind: str):
    to = "relay.denied@mail.example"
    with smtp_sink() as (sink, port):
        sink.refuse[to] = answer
        assert smtp(port)(replace(LETTER, to=to)).kind == kind
        assert sink.letters == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("250 kept", "accepted"),
        ("451 try later", "later"),
        ("554 not wanted", "refused"),
        ("hang up", "in_doubt"),
    ],
)
def test_smtp_answers_to_the_text(answer: str, kind: str):
    with smtp_sink() as (sink, port):
        sink.after_text = answer
        assert smtp(port)(LETTER).kind == kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("550 5.7.1 sender not authorised", "stopped"), ("451 try later", "later")],
)
def test_a_refused_sender_is_our_fault_and_never_the_patients_address(answer: str, kind: str):
    with smtp_sink() as (sink, port):
        sink.sender = answer
        assert smtp(port)(LETTER).kind == kind
        assert sink.letters == []


def test_a_bad_goodbye_does_not_unsay_that_the_letter_was_taken():
    with smtp_sink() as (sink, port):
        sink.goodbye = "421 closing"
        assert smtp(port)(LETTER).kind == "accepted"
        assert len(sink.letters) == 1


@pytest.mark.parametrize("to", ["ana@exämple.com", "josé@mail.example", "ana@mail\u200b.example"])
def test_an_address_smtp_has_no_signs_for_is_refused_and_the_next_letter_leaves(to: str):
    """Nothing of it is said, so nothing is in doubt and the line stays open for everybody."""
    with smtp_sink() as (sink, port):
        line = smtp(port)
        kinds = [line(replace(LETTER, to=one)).kind for one in ("b@x.example", to, "c@x.example")]
    assert kinds == ["accepted", "address_refused", "accepted"]
    assert sink.recipients == [["b@x.example"], ["c@x.example"]]


@pytest.mark.parametrize("ours", [{"sender": "café@office.example"}, {"sender_name": "\udce9"}])
def test_what_is_unsayable_in_our_own_name_is_never_the_patients_address(ours: dict):
    with smtp_sink() as (sink, port):
        line = smtp(port)
        assert line(replace(LETTER, **ours)).kind == "stopped"
        assert line(LETTER).kind == "accepted"
        assert len(sink.letters) == 1


@pytest.mark.parametrize(("user", "password"), [("in", "pässwört"), ("bürö", "secret")])
@pytest.mark.parametrize("way", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_sign_in_that_smtp_cannot_say_stops_the_line(user: str, password: str, way: str):
    """It fails in our own program, before the letter: that is the operator's to mend."""
    with broken_smtp() as (server, port):
        server.says |= {"EHLO": f"250-hello\r\n250 AUTH {way}", "AUTH": "334 PDEyMz4="}
        line = to_smtp(
            "127.0.0.1", port, user=user, password=password, starttls=False, timeout=30
        )  # fmt: skip
        outcome = line(LETTER)
    assert (outcome.kind, server.kept) == ("stopped", [])
    assert password not in outcome.detail


def test_a_mail_server_whose_name_cannot_be_looked_up_is_out_of_reach():
    line = to_smtp("mail..example", 25, user="", password="", starttls=False, timeout=30)
    assert line(LETTER).kind == "out_of_reach"


def test_smtp_without_a_server_is_tried_again():
    assert smtp(1)(LETTER).kind == "out_of_reach"


def test_sendgrid_gets_one_recipient_an_opaque_id_and_no_tracking():
    with sendgrid_fake() as (fake, host):
        assert to_sendgrid("SG.key", host=host, timeout=30)(LETTER).kind == "accepted"
    (request,) = fake.requests
    assert request["path"] == "/v3/mail/send"
    (person,) = request["personalizations"]
    assert person["to"] == [{"email": "ana@mail.example"}]
    assert "cc" not in person
    assert "bcc" not in person
    assert request["custom_args"] == {"ref": "0b1c"}
    assert "categories" not in request
    assert request["headers"] == {"List-Unsubscribe": "<https://office.example/s/x/stop>"}
    assert [part["type"] for part in request["content"]] == ["text/plain", "text/html"]
    assert request["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }
    assert fake.headers[0]["Authorization"] == "Bearer SG.key"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (202, "accepted"),
        (200, "in_doubt"),
        (400, "refused"),
        (401, "stopped"),
        (403, "stopped"),
        (413, "refused"),
        (429, "later"),
        (500, "out_of_reach"),
        (502, "in_doubt"),
        (503, "out_of_reach"),
        (504, "in_doubt"),
        ("reset", "in_doubt"),
        ("slow", "in_doubt"),
    ],
)
def test_sendgrid_answers(answer: int | str, kind: str):
    with sendgrid_fake() as (fake, host):
        fake.answers = [answer]
        # short where silence is waited for; a busy machine must not be taken for silent
        patience = 1 if answer == "slow" else 30
        assert to_sendgrid("SG.key", host=host, timeout=patience)(LETTER).kind == kind
        assert len(fake.requests) == 1


def test_sendgrid_is_told_nothing_before_its_certificate_is_trusted(tmp_path):
    """Nothing was said, so nothing can have been taken: the letter waits, it is not in doubt."""
    context, file = served(tmp_path)
    (tmp_path / "else").mkdir()
    _, another = served(tmp_path / "else")
    with sendgrid_fake(context) as (fake, host):
        with trusted(another):
            assert to_sendgrid("SG.key", host=host, timeout=30)(LETTER).kind == "out_of_reach"
        assert fake.requests == []
        with trusted(file):
            assert to_sendgrid("SG.key", host=host, timeout=30)(LETTER).kind == "accepted"
        assert len(fake.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_a_firewall_that_drops_everything_no_letter_is_in_doubt(scheme: str):
    """A connection that never comes to stand is an outage, and told as one."""
    with no_connection() as port:
        line = to_sendgrid("SG.key", host=f"{scheme}://127.0.0.1:{port}", timeout=0.3)
        assert line(LETTER) == Outcome("out_of_reach", "no connection: TimeoutError")


@pytest.mark.parametrize(
    ("hangs_up", "detail"),
    [(False, "no connection: TimeoutError"), (True, "no connection: ConnectionResetError")],
)
def test_sendgrid_that_ends_no_handshake_was_told_nothing(hangs_up: bool, detail: str):
    with socket.create_server(("127.0.0.1", 0)) as door:
        if hangs_up:
            Thread(target=reset_one, args=[door], daemon=True).start()
        host = f"https://127.0.0.1:{door.getsockname()[1]}"
        # short where silence is waited for; a busy machine must not be taken for silent
        line = to_sendgrid("SG.key", host=host, timeout=30 if hangs_up else 0.3)
        assert line(LETTER) == Outcome("out_of_reach", detail)


def reset_one(door: socket.socket) -> None:
    """Reads the beginning of the handshake and breaks the connection off."""
    caller, _ = door.accept()
    caller.recv(1)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.close()


def test_sendgrid_that_sends_us_elsewhere_is_not_followed():
    """The letter and the key are for one host; what became of the letter there is not known."""
    with sendgrid_fake() as (other, elsewhere), sendgrid_fake() as (fake, host):
        fake.answers = [(302, {"Location": elsewhere})]
        assert to_sendgrid("SG.key", host=host, timeout=30)(LETTER).kind == "in_doubt"
        assert (len(fake.requests), other.requests, other.asked) == (1, [], [])


@pytest.mark.parametrize(("key", "tail"), [("SG.k\u20ac", ""), ("SG.key", "/ a b")])
def test_a_key_or_a_host_that_fits_no_request_stops_the_line(key: str, tail: str):
    with sendgrid_fake() as (fake, host):
        assert to_sendgrid(key, host=host + tail, timeout=30)(LETTER).kind == "stopped"
        assert fake.requests == []


def test_sendgrid_that_cannot_be_reached_is_tried_again():
    nowhere = to_sendgrid("SG.key", host="http://127.0.0.1:1", timeout=1)
    assert nowhere(LETTER).kind == "out_of_reach"
