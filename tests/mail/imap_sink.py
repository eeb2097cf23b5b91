"""A small IMAP server on loopback, over TLS: one inbox, and faults on command (RFC 3501)."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


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


@contextmanager
def imap_sink(context: ssl.SSLContext) -> Iterator[tuple[ImapInbox, int]]:
    inbox = ImapInbox()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
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
            inbox.log.append(name)
            if name == inbox.hang_up and inbox.log.count(name) > inbox.after:
                return False
            done = self.carry_out(name, asked)
            self.say(f"{tag} {'OK done' if done else 'NO refused'}")
            return name != "LOGOUT"

        def carry_out(self, name: str, asked: str) -> bool:
            if name == "LOGIN":
                return asked.split()[1:] == [inbox.user, f'"{inbox.password}"']
            if name == "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1")
            elif name == "SELECT":
                self.say(f"* {len(inbox.mails)} EXISTS")
            elif name == "LOGOUT":
                self.say("* BYE")
            elif name == "UID SEARCH":
                self.say(" ".join(["* SEARCH", *map(str, inbox.unseen())]))
            elif name == "UID FETCH":
                number, most = map(int, re.search(r"FETCH (\d+) .*<0\.(\d+)>", asked).groups())
                part = inbox.mails[number - 1][:most]
                self.say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(part)}}}", part)
            elif name == "UID STORE":
                inbox.seen.add(int(asked.split()[2]))
            return True

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

        def get_request(self):
            sock, address = super().get_request()
            return context.wrap_socket(sock, server_side=True), address

        def handle_error(self, request, client_address) -> None:
            """A client that does not trust us hangs up: that is what a test asks for."""

    with Server(("127.0.0.1", 0), Conversation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield inbox, server.server_address[1]
        server.shutdown()
