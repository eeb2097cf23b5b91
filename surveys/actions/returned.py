"""The bounce mailbox: every delivery report in it becomes what its letter's state says."""

import mailbox
from collections import Counter
from datetime import datetime
from pathlib import Path

from django.db import transaction

from surveys.actions.hear import hear
from surveys.actions.line import line
from surveys.delivery import same_address
from surveys.mail.imap import Place, Unreadable, opened
from surveys.mail.returned import read_report
from surveys.models import MailLine, Message

UNREAD = "bounce mailbox not read"
FAILED = ("bounced", "blocked")


def read_bounces(folder: Path, *, by: str, now: datetime) -> Counter[str]:
    """Reads what is new in a Maildir and marks it as seen once it is stored.

    A report of a letter that is not ours changes nothing, nor does good news of another recipient.
    """
    box = mailbox.Maildir(folder, create=False)
    counts: Counter[str] = Counter()
    for key, entry in box.items():
        if "S" in entry.get_flags():
            continue
        counts[_take(box.get_bytes(key), by, now)] += 1
        entry.set_subdir("cur")
        entry.add_flag("S")
        box[key] = entry
    return counts


def read_bounces_by_imap(place: Place, *, timeout: float, by: str, now: datetime) -> Counter[str]:
    """The same from an IMAP mailbox. Where it breaks off the rest is read at the next pass.

    That it cannot be read is kept, so that it alarms: unread bounces look like mail that arrives.
    """
    counts: Counter[str] = Counter()
    try:
        with opened(place, timeout=timeout) as box:
            for uid, raw in box.unseen():
                counts[_take(raw, by, now)] += 1
                box.mark_seen(uid)
    except Unreadable:
        counts[UNREAD] += 1
    _keep_unread(bool(counts[UNREAD]), now)
    return counts


@transaction.atomic
def _keep_unread(unread: bool, now: datetime) -> None:
    since = line().bounces_unread_since
    if unread != bool(since):
        MailLine.objects.filter(pk=1).update(bounces_unread_since=now if unread else None)


def _take(raw: bytes, by: str, now: datetime) -> str:
    try:
        found = read_report(raw, now=now)
    except Exception:  # the standard parser stumbles over some of what strangers write
        found = None
    if found is None:
        return "no report of ours"
    heard, recipient = found
    message = Message.objects.filter(ref=heard.ref, transport="smtp").first()
    if message is None or not _is_news(heard.kind, message, recipient):
        return "no report of ours"
    hear([heard], by=by, now=now)
    return heard.kind


def _is_news(kind: str, message: Message, recipient: str) -> bool:
    """A letter goes to one recipient, so whatever failed is its own failure: beyond a forward the
    report names an address that we never knew."""
    return kind in FAILED or same_address(message.to_address, recipient)
