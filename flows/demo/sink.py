"""An SMTP server that keeps what it is given and refuses the addresses it is told to refuse."""

import re
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LINK = re.compile(r"https?://[^\s<>\"]+")
MAILED_SECRET = re.compile(r"/s/[^/\s]+$")


@dataclass(frozen=True)
class Received:
    """One letter as it arrived, to the one address of its envelope."""

    to: str
    content: bytes

    @cached_property
    def letter(self) -> EmailMessage:
        """Taken apart when somebody reads it, not while the sender waits."""
        letter = message_from_bytes(self.content, policy=default)
        assert isinstance(letter, EmailMessage)
        return letter

    @cached_property
    def text(self) -> str:
        part = self.letter.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def links(self) -> list[str]:
        """Every address in the letter, headers included: what a scanner would try."""
        html = self.letter.get_body(("html",))
        everything = "\n".join(
            [self.text, str(html.get_content()) if html else "", *map(str, self.letter.values())]
        )
        return list(dict.fromkeys(LINK.findall(everything)))

    @property
    def survey_link(self) -> str | None:
        return next(filter(MAILED_SECRET.search, LINK.findall(self.text)), None)


class Sink:
    """Runs in a thread of its own; `take` hands out what arrived since the last time."""

    def __init__(self, port: int, refused: frozenset[str]) -> None:
        self.refused = refused
        self.arrived: list[Received] = []
        self.refusals = 0
        self.taken = 0
        self.lock = threading.Lock()
        self.controller = Controller(self, hostname="127.0.0.1", port=port)

    def __enter__(self) -> "Sink":
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            self.refusals += 1
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        with self.lock:
            self.arrived += [Received(address, envelope.content) for address in envelope.rcpt_tos]
        return "250 kept"

    def take(self) -> list[Received]:
        with self.lock:
            new, self.taken = self.arrived[self.taken :], len(self.arrived)
        return new
