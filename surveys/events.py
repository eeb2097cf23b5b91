"""The audit chain: each line carries the signature of the one before it.

A signature is HMAC-SHA256 under the installation's key over the previous signature and the line.
Editing, deleting, reordering or inserting a line breaks every signature after it. Cutting the
tail is seen only against a head kept elsewhere, which is why `head()` is published in weekly mail.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from surveys.models import ChainHead, Event


def record(verb: str, subject: str, *, by: str, now: datetime, **detail: Any) -> Event:
    """Append one event in the caller's transaction. `detail` holds opaque ids and counts only."""
    with transaction.atomic():
        head, _ = ChainHead.objects.select_for_update().get_or_create(pk=1)
        event = Event(
            seq=head.seq + 1,
            at=now.astimezone(UTC),
            by=by,
            verb=verb,
            subject=subject,
            detail=detail,
            previous=head.signature,
        )
        event.signature = sign(event)
        event.save(force_insert=True)
        ChainHead.objects.filter(pk=1).update(seq=event.seq, signature=event.signature)
    return event


def sign(event: Event) -> str:
    at = event.at.astimezone(UTC).isoformat()
    line = [event.previous, event.seq, at, event.by, event.verb, event.subject]
    text = json.dumps([*line, event.detail], sort_keys=True, separators=(",", ":"))
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def first_broken() -> int | None:
    """The sequence number of the first line that does not follow from the one before it."""
    previous, seq = "", 0
    for event in Event.objects.order_by("seq").iterator():
        seq += 1
        if event.seq != seq or event.previous != previous or sign(event) != event.signature:
            return seq
        previous = event.signature
    return seq + 1 if head() != (seq, previous) else None


def head() -> tuple[int, str]:
    row = ChainHead.objects.filter(pk=1).first()
    return (row.seq, row.signature) if row else (0, "")
