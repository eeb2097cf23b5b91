"""A small IMAP server on loopback, over TLS: one inbox, and faults on command (RFC 3501)."""

import re
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.mail.loopback import Loopback, listening


class ImapInbox:
    """`mails` in order; `seen` their numbers. `hang_up` names the command at which it breaks off,
    `after` that many times it was carried out."""

    user, password = "bounces@office.example", "secret"

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.seen: set[int] = set()
        self.hang_up, self.after = "", 0
        self.log: list[str] = []

    def unseen(self) -> list[int]:
        return [n for n in range(1, len(self.mails) + 1) if n not in self.seen]


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.inbox: ImapInbox = self.server.inbox
        with suppress(OSError):
            self.say("* OK ready")
            while line := self.rfile.readline().decode().rstrip():
                tag, _, asked = line.partition(" ")
                if not self.answer(tag, asked):
                    return

    def say(self, line: str, literal: bytes | None = None) -> None:
        more = b"" if literal is None else b"%s)\r\n" % literal
        self.wfile.write(line.encode() + b"\r\n" + more)

    def answer(self, tag: str, asked: str) -> bool:
        name = " ".join(asked.upper().split()[: 2 if asked.upper().startswith("UID") else 1])
        self.inbox.log.append(name)
        if name == self.inbox.hang_up and self.inbox.log.count(name) > self.inbox.after:
            return False
        done = self.carry_out(name, asked)
        self.say(f"{tag} {'OK done' if done else 'NO refused'}")
        return name != "LOGOUT"

    def carry_out(self, name: str, asked: str) -> bool:
        if name == "LOGIN":
            return asked.split()[1:] == [self.inbox.user, f'"{self.inbox.password}"']
        if name == "UID FETCH":
            self.fetch(asked)
        elif name == "UID STORE":
            self.inbox.seen.add(int(asked.split()[2]))
        elif told := self.told(name):
            self.say(f"* {told}")
        return True

    def told(self, name: str) -> str | None:
        return {
            "CAPABILITY": "CAPABILITY IMAP4rev1",
            "SELECT": f"{len(self.inbox.mails)} EXISTS",
            "LOGOUT": "BYE",
            "UID SEARCH": " ".join(["SEARCH", *map(str, self.inbox.unseen())]),
        }.get(name)

    def fetch(self, asked: str) -> None:
        number, most = map(int, re.search(r"FETCH (\d+) .*<0\.(\d+)>", asked).groups())
        part = self.inbox.mails[number - 1][:most]
        self.say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(part)}}}", part)


class OverTls(Loopback):
    def get_request(self):
        sock, address = super().get_request()
        return self.context.wrap_socket(sock, server_side=True), address


@contextmanager
def imap_sink(context: ssl.SSLContext) -> Iterator[tuple[ImapInbox, int]]:
    server = OverTls(("127.0.0.1", 0), Conversation)
    server.context, server.inbox = context, ImapInbox()
    with listening(server) as port:
        yield server.inbox, port
