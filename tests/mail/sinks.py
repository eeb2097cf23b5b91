"""Real mail servers on loopback that keep what they get and can fail on command."""

import email
import email.policy
import json
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.mail.loopback import listening, smtp_door


class SmtpSink:
    """Keeps letters as parsed mail. `refuse` maps an address to the SMTP answer it gets;
    `sender` and `goodbye` answer the sender's address and the QUIT;
    `after_text` is the answer to the text itself, or "hang up" to close without one."""

    def __init__(self) -> None:
        self.letters: list[email.message.EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse: dict[str, str] = {}
        self.after_text = "250 kept"
        self.sender = "250 OK"
        self.goodbye = "221 Bye"

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return self.goodbye

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.after_text.startswith("250") or self.after_text == "hang up":
            self.recipients.append(list(envelope.rcpt_tos))
            text = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.letters.append(text)
        if self.after_text == "hang up":
            server.transport.close()
        return self.after_text


@contextmanager
def smtp_sink() -> Iterator[tuple[SmtpSink, int]]:
    sink = SmtpSink()
    with smtp_door(sink) as port:
        yield sink, port


# Answers after which the provider has the letter, whatever the sender makes of them.
TAKEN = (202, 200, 502, 504, "reset", "slow", "garbage", "drip")


class SendGridFake:
    """Answers POST /v3/mail/send. `answers` is used up first, then 202.

    An answer is a status, a status with headers, or one of these: "reset" closes before answering,
    "unread" before the request was taken, "slow" never answers in time, "garbage" answers with no
    HTTP, "drip" with one byte at a time. What was taken is in `requests`, refused or not.
    GET /v3/messages tells the `status` of a ref in `known`.
    `delay` seconds pass before each answer; `answering` counts the requests in that pause.
    """

    delay = 0.0
    too_long = 1.5
    answering = 0

    def __init__(self) -> None:
        self.requests: list[dict] = []
        self.headers: list[dict] = []
        self.answers: list[int | str | tuple[int, dict[str, str]]] = []
        self.known: dict[str, str] = {}
        self.asked: list[str] = []

    def taken(self) -> list[str]:
        """The refs of every letter that will be delivered, once for each time it was taken."""
        return [one["custom_args"]["ref"] for one in self.requests if one["answer"] in TAKEN]


class SendGridDoor(BaseHTTPRequestHandler):
    @property
    def fake(self) -> SendGridFake:
        return self.server.fake

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.fake.answers.pop(0) if self.fake.answers else 202
        answer, more = answer if isinstance(answer, tuple) else (answer, {})
        self.fake.headers.append(dict(self.headers))
        self.fake.requests.append({"path": self.path, "answer": answer, **json.loads(body)})
        self.fake.answering += 1
        time.sleep(self.fake.too_long if answer == "slow" else self.fake.delay)
        self.fake.answering -= 1
        with suppress(BrokenPipeError, ConnectionResetError):  # the sender may be dead
            self.say(answer, more)

    def say(self, answer: int | str, more: dict[str, str]) -> None:
        if answer in ("reset", "slow", "unread"):
            self.close_connection = True
        elif answer == "garbage":
            self.wfile.write(b"!! 250 so it is\r\n\r\n")
            self.close_connection = True
        elif answer == "drip":
            for byte in b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n":
                self.wfile.write(bytes([byte]))
                time.sleep(0.002)
        else:
            self.reply(int(answer), more)

    def do_GET(self) -> None:
        found = re.search(r"ref%27%5D%3D%22([0-9a-f-]+)%22", self.path)
        ref = found[1] if found else self.path
        self.fake.asked.append(ref)
        told = {"status": self.fake.known.get(ref), "last_event_time": "2026-03-02T17:30:00Z"}
        self.reply(200, {}, json.dumps({"messages": [told] if ref in self.fake.known else []}))

    def reply(self, status: int, more: dict[str, str], body: str = "") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def sendgrid_fake(tls: ssl.SSLContext | None = None) -> Iterator[tuple[SendGridFake, str]]:
    """The fake and the host it answers at: http, or https where a server's side of TLS is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SendGridDoor)
    server.fake = SendGridFake()
    if tls:
        # the handshake is left to the thread of the request: a client that hangs up ends no server
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    with listening(server) as port:
        yield server.fake, f"http{'s' if tls else ''}://127.0.0.1:{port}"
