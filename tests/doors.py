"""What a reader of mail holds, and what a test may look at afterwards."""

import email
import email.policy
import re
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.test import Client

from surveys.actions import send
from surveys.instrument import Instrument
from surveys.models import Occurrence


def invited(occurrence: Occurrence, mailbox: Path, *, now: datetime) -> str:
    """Mails the invitation and returns the secret of the link in it."""
    before = set(mailbox.rglob("*.eml"))
    assert send.invite(occurrence.pk, by="test", now=now) == "accepted"
    (letter,) = set(mailbox.rglob("*.eml")) - before
    text = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    found = re.search(r"/s/([\w-]+)$", text.get_body(("plain",)).get_content(), re.MULTILINE)
    return found[1]


def opened(secret: str, page: str = "") -> Client:
    """A browser that came in by the mailed link."""
    browser = Client()
    browser.get(f"/s/{secret}{page}")
    return browser


def filled(occurrence: Occurrence, instruments: tuple[Instrument, ...], choice: int) -> dict:
    """The form of this occurrence with the same place on the list chosen everywhere."""
    answers = {
        f"{instrument.id}.{item.code}": str(item.options[choice].value)
        for instrument in instruments
        for item in instrument.items
    }
    return {"form": str(occurrence.ref), **answers}


def every_row() -> dict[str, list[dict]]:
    """All tables, row by row: what must be equal where nothing may have changed."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
    }
