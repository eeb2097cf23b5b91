"""An SMTP server on loopback that misbehaves at whatever step it is told to."""

import socketserver
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.mail.loopback import Loopback, listening

GREETING, THE_TEXT = "", "."
SILENCE, HANG_UP, HANG_UP_UNREAD = "silence", "hang up", "hang up, having kept nothing"
WELL = {
    GREETING: "220 ready", "EHLO": "250 hello", "MAIL": "250 OK", "RCPT": "250 OK",
    "DATA": "354 go on", THE_TEXT: "250 kept", "RSET": "250 OK", "QUIT": "221 bye",
    "STARTTLS": "220 go on",
}  # fmt: skip


class BrokenSmtp:
    """`says` holds the answer to each step; what is kept will be delivered, whatever it said."""

    port = 0

    def __init__(self) -> None:
        self.says = dict(WELL)
        self.kept: list[bytes] = []
        self.drip = 0.0
        self.tls: ssl.SSLContext | None = None

    def refs(self) -> list[str]:
        """Of every letter kept, once for each time it was."""
        return [text.split(b"Message-ID: <")[1].split(b"@")[0].decode() for text in self.kept]


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.broken: BrokenSmtp = self.server.broken
        with suppress(OSError):
            if self.say(GREETING):
                self.converse()

    def converse(self) -> None:
        while line := self.rfile.readline():
            verb = line.decode().split()[0].upper()
            if not self.say(verb) or verb == "QUIT":
                return
            if verb == "STARTTLS":
                self.secure()
            if verb == "DATA" and self.broken.says["DATA"].startswith("354"):
                self.take()

    def secure(self) -> None:
        sock = self.broken.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile, self.secured = sock.makefile("rb"), sock.makefile("wb", 0), sock

    def take(self) -> None:
        text = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line
        answer = self.broken.says[THE_TEXT]
        if not answer.startswith(("4", "5")) and answer != HANG_UP_UNREAD:
            self.broken.kept.append(text)
        if not self.say(THE_TEXT):
            raise ConnectionAbortedError

    def say(self, step: str) -> bool:
        answer = self.broken.says.get(step, "250 OK")
        if answer == SILENCE:
            self.rfile.read()  # until whoever waits in vain hangs up
        if answer in (SILENCE, HANG_UP, HANG_UP_UNREAD):
            return False
        pieces = [answer + "\r\n"] if not self.broken.drip else [*answer, "\r", "\n"]
        for piece in pieces:
            self.wfile.write(piece.encode())
            time.sleep(self.broken.drip)
        return not answer.startswith("421")


@contextmanager
def broken_smtp() -> Iterator[tuple[BrokenSmtp, int]]:
    server = Loopback(("127.0.0.1", 0), Conversation)
    server.broken = BrokenSmtp()
    with listening(server) as port:
        yield server.broken, port
