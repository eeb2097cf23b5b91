"""Delivery reports of mail servers (RFC 3464): which letter, and what became of it. Pure."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from uuid import UUID

from surveys.mail.heard import Heard

ACTIONS = {"delivered": "delivered", "relayed": "processed", "expanded": "processed",
           "delayed": "deferred"}  # fmt: skip
REF = re.compile(r"\+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


def read_report(raw: bytes, *, now: datetime) -> tuple[Heard, str] | None:
    """What it says, and of which recipient; None for whatever is no delivery report of ours.

    The letter is known by the address the report came back to: nobody but the servers on the way
    and the recipient ever saw that ref.
    """
    report = message_from_bytes(raw, policy=policy.default)
    ref = next(filter(None, (REF.search(told) for told in _came_to(report))), None)
    status = next((part for part in report.walk() if _is_status(part)), None)
    if ref is None or status is None or report.get_param("report-type") != "delivery-status":
        return None
    blocks = [block for block in status.get_payload() if isinstance(block, Message)]
    for block in blocks:
        kind = _kind(str(block.get("Action", "")), str(block.get("Status", "")))
        recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
        if kind and recipient:
            address = recipient.partition(";")[2].strip().lower()
            return Heard(UUID(ref[1]), kind, _sent_at(report, now)), address
    return None


def _came_to(report: EmailMessage) -> list[str]:
    names = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
    return [str(value) for name in names for value in report.get_all(name, [])]


def _is_status(part: EmailMessage) -> bool:
    return part.get_content_type() == "message/delivery-status" and part.is_multipart()


def _kind(action: str, status: str) -> str | None:
    """A failure that the servers call lasting is a bounce; one they gave up on is turned away."""
    word = action.strip().lower()
    if word == "failed":
        return "bounced" if re.match(r"\s*5\.[12]\.", status) else "blocked"
    return ACTIONS.get(word)


def _sent_at(report: EmailMessage, now: datetime) -> datetime:
    """The report's own date, so that a second copy is the same event; ours where it has none."""
    try:
        at = report["Date"].datetime
        return min(now, at.astimezone(UTC))
    except (AttributeError, TypeError, ValueError, OverflowError):
        return now
