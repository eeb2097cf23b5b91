"""SendGrid's event webhook: is it theirs, and what does it say."""

import json
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sendgrid.helpers.eventwebhook import EventWebhook

# The signature covers its own time and nothing stops a replay: old posts are refused, leniently,
# since SendGrid repeats a post for a day and more. What lies within is harmless: each event counts
# once. The events inside may be of any age.
OLDEST_POST = timedelta(days=3)
NEWEST_POST = timedelta(minutes=10)

KINDS = {
    "processed": "processed",
    "deferred": "deferred",
    "delivered": "delivered",
    "dropped": "dropped",
    "bounce": "bounced",
    "blocked": "blocked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
IGNORED = frozenset({"open", "click", "group_resubscribe"})


@dataclass(frozen=True)
class Heard:
    """One event about the message with this opaque id."""

    ref: UUID
    kind: str
    at: datetime


def is_public_key(key: str) -> bool:
    """Whether signatures can be checked with it. An empty one is for those who hear nothing."""
    try:
        EventWebhook(key)
    except ValueError:
        return False
    return True


def is_signed(body: bytes, signature: str, stamp: str, *, key: str, now: datetime) -> bool:
    """Whether SendGrid signed exactly these bytes, lately. Never raises on what a stranger sent.

    ValueError when `key` itself is no public key.
    """
    verifier = EventWebhook(key)
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
        genuine = verifier.verify_signature(body.decode(), signature, stamp)
    except (ValueError, OverflowError, OSError, NotBase64):
        return False
    return genuine and now - OLDEST_POST <= at <= now + NEWEST_POST


def read_batch(body: bytes) -> tuple[list[Heard], int]:
    """The events of one post, and how many of its elements could not be read.

    One bad element drops none of its neighbours. ValueError when the post is no list at all.
    """
    try:
        elements = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(elements, list):
        raise ValueError("not a list of events")
    wanted = [one for one in elements if not _is_ignored(one)]
    heard = [event for one in wanted if (event := _read(one))]
    return heard, len(wanted) - len(heard)


def _is_ignored(element: object) -> bool:
    return isinstance(element, dict) and str(element.get("event")) in IGNORED


def _read(element: object) -> Heard | None:
    if not isinstance(element, dict):
        return None
    try:
        kind = KINDS[element["event"]]
        if kind == "bounced" and element.get("type") == "blocked":
            kind = "blocked"
        at = datetime.fromtimestamp(int(element["timestamp"]), UTC)
        return Heard(UUID(element["ref"]), kind, at)
    except (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError):
        return None
