"""Asks SendGrid what it knows of one message, by our opaque id (its Email Activity API)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPException
from uuid import UUID

from python_http_client.exceptions import HTTPError as SendGridError
from sendgrid import SendGridAPIClient

from surveys.mail.heard import Heard

# What it calls a message's status. "Not delivered" covers bounced, blocked and dropped.
STATUSES = {"processed": "processed", "delivered": "delivered", "not_delivered": "dropped"}

Ask = Callable[[UUID], Heard | None]


def ask_sendgrid(key: str, *, host: str, timeout: float) -> Ask:
    """Each question answers with what SendGrid says, or None where it says nothing usable.

    Nothing found proves nothing: the feed runs behind and keeps thirty days at most.
    """
    client = SendGridAPIClient(key, host=host)
    client.client.timeout = timeout

    def ask(ref: UUID) -> Heard | None:
        wanted = {"query": f"(unique_args['ref']=\"{ref}\")", "limit": 1}
        try:
            answer = client.client.messages.get(query_params=wanted)
            return _read(ref, json.loads(answer.body))
        except (SendGridError, HTTPException, OSError, ValueError):
            return None

    return ask


def _read(ref: UUID, answer: object) -> Heard | None:
    try:
        (one,) = answer["messages"]  # type: ignore[index]
        at = datetime.fromisoformat(one["last_event_time"]).astimezone(UTC)
        return Heard(ref, STATUSES[one["status"]], at)
    except (KeyError, TypeError, ValueError):
        return None
