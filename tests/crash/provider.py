"""A mail provider with two doors, SendGrid's and SMTP's, and one book of what it took.

The book is kept apart from our records: what is in it, a patient would find in the mailbox.
"""

import asyncio
import json
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.mail.loopback import listening, smtp_door

logging.getLogger("mail.log").setLevel(logging.WARNING)

# What becomes of a letter, and how often per hundred where faults are asked for: taken; busy (429
# or 452), broken (500 or 451) and reset are not taken; reply lost is taken without a word.
FATES = {"taken": 70, "busy": 10, "broken": 10, "reset": 5, "reply lost": 5}
HTTP = {"taken": 202, "busy": 429, "broken": 500}
SMTP = {"taken": "250 kept", "busy": "452 later", "broken": "451 trouble"}


class Provider:
    """`delay` seconds pass between taking a letter and saying so."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.faults = False
        self.delay = 0.0
        self.asked = 0
        self.taken: Counter[str] = Counter()
        self.texts: dict[str, str] = {}

    def receive(self, ref: str, text: str) -> str:
        self.asked += 1
        fate = self.dice.choices([*FATES], [*FATES.values()])[0] if self.faults else "taken"
        if fate in ("taken", "reply lost"):
            self.taken[ref] += 1
            self.texts[ref] = text
        return fate

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=default)
        ref = letter["Message-ID"].strip("<>").split("@")[0]
        fate = self.receive(ref, letter.get_body(("plain",)).get_content())
        await asyncio.sleep(self.delay)
        if fate in SMTP:
            return SMTP[fate]
        server.transport.abort()
        return "421 gone"


@contextmanager
def open_doors(provider: Provider) -> Iterator[dict[str, dict[str, str]]]:
    """The settings that lead through each of the two doors, by transport."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(ValueError, ConnectionError):  # the sender died while talking
                mail = json.loads(body)
                fate = provider.receive(mail["custom_args"]["ref"], mail["content"][0]["value"])
                time.sleep(provider.delay)
                self.close_connection = True
                if fate in HTTP:
                    self.send_response(HTTP[fate])
                    self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with listening(server) as http, smtp_door(provider) as smtp:
        yield {
            "sendgrid": {"SENDGRID_HOST": f"http://127.0.0.1:{http}"},
            "smtp": {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp, "SMTP_STARTTLS": False},
        }
