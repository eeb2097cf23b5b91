"""Three ways out: a folder, SMTP, SendGrid. Each answers with what is known, never more.

`in_doubt` means that the letter may have been accepted: it is never sent again blindly.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formataddr
from http.client import HTTPException, InvalidURL
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError, URLError

from python_http_client.exceptions import HTTPError as SendGridError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    Ganalytics,
    Header,
    Mail,
    OpenTracking,
    SubscriptionTracking,
    TrackingSettings,
)

from surveys.mail.address import why_not_taken
from surveys.mail.connection import MailSend, NoConnection
from surveys.mail.letter import Letter

Kind = Literal[
    "accepted", "address_refused", "refused", "later", "out_of_reach", "stopped", "in_doubt"
]


@dataclass(frozen=True)
class Outcome:
    """What became of a letter.

    address_refused: this address takes no mail. refused: this letter never will be taken.
    later: not taken now, try again. out_of_reach: so would be any letter, nobody takes one.
    stopped: our own sign-in is wrong, try nothing more.
    `detail` holds codes and causes only, never an address or text of the letter.
    """

    kind: Kind
    detail: str = ""
    # nothing more is taken before this instant, in the provider's time
    until: datetime | None = None


Transport = Callable[[Letter], Outcome]
Headers = Mapping[str, str] | Message


def to_folder(folder: Path) -> Transport:
    """Writes <ref>.eml, which any mail program opens. The same letter twice is one file."""

    def deliver(letter: Letter) -> Outcome:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{letter.ref}.eml"
        draft = path.with_suffix(".draft")
        draft.write_bytes(as_mime(letter).as_bytes())
        draft.rename(path)
        return Outcome("accepted")

    return deliver


# Servers hang up on a silent line after minutes; after these seconds we open a new one.
KEPT_SECONDS = 20.0
DOT = re.compile(rb"^\.", re.MULTILINE)  # RFC 5321 §4.5.2: a lone dot would end the text
BEFORE_THE_TEXT = "broke off before the text"


def to_smtp(
    host: str,
    port: int,
    *,
    user: str,
    password: str,
    starttls: bool,
    timeout: float,
    bounces_to: str = "",
) -> Transport:
    """One conversation for many letters; a fault after the text has left is in doubt.

    `bounces_to` is the mailbox that delivery reports come back to, each with the letter's ref.
    """

    def connect() -> smtplib.SMTP | Outcome:
        try:
            server = smtplib.SMTP(host, port, timeout=timeout)
        except (smtplib.SMTPException, OSError, UnicodeError) as fault:
            return Outcome("out_of_reach", f"no connection: {type(fault).__name__}")
        if refused := _greet(server, user, password, starttls):
            _hang_up(server)
            return refused
        return server

    return _SmtpLine(connect, bounces_to)


class _SmtpLine:
    """Kept open while letters follow each other; one broken off before a text is begun anew."""

    def __init__(self, connect: Callable[[], smtplib.SMTP | Outcome], bounces_to: str) -> None:
        self.connect, self.bounces_to = connect, bounces_to
        self.server: smtplib.SMTP | None = None
        self.used = 0.0

    def __call__(self, letter: Letter) -> Outcome:
        # known beforehand: found out half-way through an envelope it would cost the next letter
        if unfit := _unfit(letter, return_path(letter, self.bounces_to)):
            return unfit
        kept = self.server is not None and time.monotonic() - self.used < KEPT_SECONDS
        outcome = self._say(letter) if kept else self._begin(letter)
        # the server had left between two letters: nothing of this one is with it
        if kept and outcome.detail.startswith(BEFORE_THE_TEXT):
            outcome = self._begin(letter)
        self.used = time.monotonic()
        return outcome

    def _begin(self, letter: Letter) -> Outcome:
        self._leave()
        found = self.connect()
        if isinstance(found, Outcome):
            return found
        self.server = found
        return self._say(letter)

    def _say(self, letter: Letter) -> Outcome:
        assert self.server is not None
        outcome = _converse(self.server, letter, return_path(letter, self.bounces_to))
        if outcome.kind == "address_refused":
            with suppress(smtplib.SMTPException, OSError):
                self.server.rset()
        elif outcome.kind != "accepted":
            self._leave()
        return outcome

    def _leave(self) -> None:
        if self.server is not None:
            _hang_up(self.server)
            self.server = None


def _unfit(letter: Letter, sender: str) -> Outcome | None:
    """An address that SMTP has no signs for: nothing is said of the letter to any server."""
    if why_not_taken(sender) or why_not_taken(letter.sender):
        return Outcome("stopped", "our own address holds letters beyond ASCII")
    if why_not_taken(letter.to):
        return Outcome("address_refused", "the address holds letters beyond ASCII")
    return None


def _hang_up(server: smtplib.SMTP) -> None:
    # whatever the goodbye brings, it changes nothing about any letter
    with suppress(smtplib.SMTPException, OSError):
        server.quit()


def return_path(letter: Letter, bounces_to: str) -> str:
    """Where a delivery report goes: the bounce mailbox, with the letter's opaque ref in it."""
    if not bounces_to:
        return letter.sender
    mailbox, _, domain = bounces_to.rpartition("@")
    return f"{mailbox}+{letter.ref}@{domain}"


def _greet(server: smtplib.SMTP, user: str, password: str, starttls: bool) -> Outcome | None:
    try:
        if starttls:
            server.starttls(context=ssl.create_default_context())
        if user:
            server.login(user, password)
    except smtplib.SMTPAuthenticationError as fault:
        return Outcome("stopped", f"SMTP {fault.smtp_code}: sign-in refused")
    except smtplib.SMTPNotSupportedError:
        return Outcome("stopped", "the mail server offers no TLS, or no sign-in")
    except ssl.SSLCertVerificationError:
        return Outcome("stopped", "the mail server's certificate is not trusted")
    except UnicodeError:  # nothing of the user or password was said, nor can be
        return Outcome("stopped", "the SMTP user or password holds letters beyond ASCII")
    except (smtplib.SMTPException, OSError) as fault:
        return Outcome("out_of_reach", f"no sign-in: {type(fault).__name__}")
    return None


def _converse(server: smtplib.SMTP, letter: Letter, sender: str) -> Outcome:
    try:
        text = as_mime(letter).as_bytes(policy=SMTP)
        if refused := _envelope(server, letter, sender) or _announce(server):
            return refused
    except UnicodeError:
        return Outcome("stopped", "the office's name, phone or address cannot be written in a mail")
    except (smtplib.SMTPException, OSError) as fault:
        return Outcome("later", f"{BEFORE_THE_TEXT}: {type(fault).__name__}")
    try:
        server.send(DOT.sub(b"..", text) + b".\r\n")
        code, _ = server.getreply()
    except (smtplib.SMTPException, OSError) as fault:
        return Outcome("in_doubt", f"no answer after the text: {type(fault).__name__}")
    if _is(code, 2):
        return Outcome("accepted")
    # what is no answer at all (-1) says as little as none
    kind: Kind = "refused" if _is(code, 5) else "later" if _is(code, 4) else "in_doubt"
    return Outcome(kind, f"SMTP {code}")


def _announce(server: smtplib.SMTP) -> Outcome | None:
    """A server that breaks off here has not got the text: hence not smtplib's own `data`."""
    code, _ = server.docmd("DATA")
    if code == 354:
        return None
    return Outcome("refused" if _is(code, 5) else "later", f"SMTP {code}: text not wanted")


def _is(code: int, hundreds: int) -> bool:
    return code // 100 == hundreds


def _envelope(server: smtplib.SMTP, letter: Letter, sender: str) -> Outcome | None:
    """None when sender and recipient are taken. A refused sender is our fault."""
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail(sender)
    if not _is(code, 2):
        return Outcome("stopped" if _is(code, 5) else "later", f"SMTP {code}: sender refused")
    code, answer = server.rcpt(letter.to)
    if _is(code, 5):
        if _blames_the_address(code, answer.replace(letter.to.encode(), b"")):
            return Outcome("address_refused", f"SMTP {code}")
        return Outcome("stopped", f"SMTP {code}: we may not send")
    return None if _is(code, 2) else Outcome("later", f"SMTP {code}")


# RFC 3463, wherever in the answer it stands; four numbers are an IP address.
ENHANCED = re.compile(rb"(?<![\d.])5\.(\d{1,3})\.\d{1,3}(?!\.?\d)")
# What servers without those codes say of the sender: it has not signed in, or is not let through.
ABOUT_US = re.compile(rb"relay|prohibit|denied|rcpthosts|authenti|block ?list|black ?list", re.I)


def _blames_the_address(code: int, answer: bytes) -> bool:
    """Enhanced codes 5.1.x and 5.2.x speak of the mailbox (RFC 3463); without one, 550/551/553 do
    where their words are not about us.

    "Relaying denied" (5.7.x) is: taking it for a bounce would silence a whole clinic.
    """
    if enhanced := ENHANCED.search(answer):
        return enhanced[1] in (b"1", b"2")
    return code in (550, 551, 553) and not ABOUT_US.search(answer)


def to_sendgrid(key: str, *, host: str, timeout: float) -> Transport:
    """202 is queued, not delivered. Tracking is switched off in every request."""
    headers = SendGridAPIClient(key, host=host).client.request_headers
    client = MailSend(host, headers, timeout=timeout)

    def deliver(letter: Letter) -> Outcome:
        try:
            status = client.post(request_body=sendgrid_mail(letter).get()).status_code
        except SendGridError as fault:
            return _refusal(fault.status_code, fault.headers)
        except HTTPError as fault:
            return _refusal(fault.code, fault.headers)
        except URLError as fault:
            return _unreached(fault.reason)
        except OSError as fault:
            return Outcome("in_doubt", f"no answer: {type(fault).__name__}")
        except (UnicodeError, InvalidURL):
            # a request is written down before its connection is begun
            return Outcome("stopped", "the key or the host holds signs that fit no request")
        except (ValueError, HTTPException) as fault:
            return Outcome("in_doubt", f"unreadable answer: {type(fault).__name__}")
        if status == 202:
            return Outcome("accepted")
        return Outcome("in_doubt", f"HTTP {status}")

    return deliver


def _unreached(reason: object) -> Outcome:
    """Only what fails before a connection stands is known not to have been taken."""
    if isinstance(reason, NoConnection):
        return Outcome("out_of_reach", f"no connection: {reason}")
    return Outcome("in_doubt", type(reason).__name__)


def _refusal(status: int, headers: Headers) -> Outcome:
    if status in (401, 403):
        return Outcome("stopped", f"HTTP {status}: key refused")
    if status == 429:
        return Outcome("later", "HTTP 429: too fast", _reset(headers))
    if status < 400 or status in (502, 504):
        # sent elsewhere, or by a broken server: whether the letter was taken before is not said
        return Outcome("in_doubt", f"HTTP {status}")
    return Outcome("out_of_reach" if status >= 500 else "refused", f"HTTP {status}")


def _reset(headers: Headers) -> datetime | None:
    """When SendGrid takes mail again, where it says so readably."""
    try:
        return datetime.fromtimestamp(int(headers["X-RateLimit-Reset"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def sendgrid_mail(letter: Letter) -> Mail:
    """One recipient, one opaque id, all tracking off."""
    mail = Mail(
        from_email=(letter.sender, letter.sender_name),
        to_emails=letter.to,
        subject=letter.subject,
    )
    mail.content = [Content("text/plain", letter.text), Content("text/html", letter.html)]
    mail.custom_arg = CustomArg("ref", letter.ref)
    for name, value in letter.headers.items():
        mail.header = Header(name, value)
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )
    return mail


def as_mime(letter: Letter) -> EmailMessage:
    """Multipart text and HTML; the Message-ID is the opaque ref."""
    mail = EmailMessage()
    mail["From"] = formataddr((letter.sender_name, letter.sender))
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Message-ID"] = f"<{letter.ref}@{letter.sender.split('@')[-1]}>"
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        mail[name] = value
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail
