"""A mailbox read over IMAP: what nobody has seen, marked as seen once the caller is done with it.

Always over TLS, with the server's certificate checked. Nothing is ever deleted or moved.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

# A delivery report says what matters at its beginning; the rest is the letter it is about.
FIRST_BYTES = 256 * 1024
AT_ONCE = 200


class Unreadable(ConnectionError):
    """The mailbox cannot be read now. The text names the cause, never a password or a mail."""


@dataclass(frozen=True)
class Place:
    """Where the mailbox is. `port` expects TLS from the first byte on, as 993 does."""

    host: str
    port: int
    user: str
    password: str


class Mailbox:
    """A mailbox that was opened. Each step raises Unreadable where the server does not keep up."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server

    def unseen(self) -> Iterator[tuple[bytes, bytes]]:
        """Number and beginning of each mail that nobody has seen, two hundred at most."""
        numbers = b" ".join(self._ask("SEARCH", None, "UNSEEN"))
        for uid in numbers.split()[:AT_ONCE]:
            parts = self._ask("FETCH", uid, f"(BODY.PEEK[]<0.{FIRST_BYTES}>)")
            yield uid, next((part[1] for part in parts if isinstance(part, tuple)), b"")

    def mark_seen(self, uid: bytes) -> None:
        self._ask("STORE", uid, "+FLAGS", r"(\Seen)")

    def _ask(self, command: str, *words: bytes | str | None) -> list:
        with _faults():
            kind, answer = self.server.uid(command, *words)  # type: ignore[arg-type]
            if kind != "OK":
                raise Unreadable(f"{command} refused")
            return [part for part in answer if part is not None]


@contextmanager
def opened(place: Place, *, timeout: float) -> Iterator[Mailbox]:
    """Signs in and opens the inbox. Raises Unreadable where it cannot be reached or opened."""
    with _faults():
        server = imaplib.IMAP4_SSL(
            place.host, place.port, ssl_context=ssl.create_default_context(), timeout=timeout
        )
    try:
        with _faults():
            server.login(place.user, place.password)
            if server.select("INBOX")[0] != "OK":
                raise Unreadable("no inbox")
        yield Mailbox(server)
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except Unreadable:
        raise
    except imaplib.IMAP4.abort:
        raise Unreadable("the server hung up") from None
    except imaplib.IMAP4.error:
        raise Unreadable("the server refused: user or password") from None
    except UnicodeError:
        raise Unreadable(
            "host, user or password cannot be told to a server: only plain letters can"
        ) from None
    except OSError as fault:
        raise Unreadable(type(fault).__name__) from None
