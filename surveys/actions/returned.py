"""The bounce mailbox: every delivery report in it becomes what its letter's state says."""

import mailbox
from collections import Counter
from datetime import datetime
from pathlib import Path

from surveys.actions.hear import hear
from surveys.mail.returned import read_report
from surveys.models import Message


def read_bounces(folder: Path, *, by: str, now: datetime) -> Counter[str]:
    """Reads what is new in a Maildir and marks it as seen once it is stored.

    A report of a letter that is not ours, or to another recipient than its own, changes nothing.
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


def _take(raw: bytes, by: str, now: datetime) -> str:
    found = read_report(raw, now=now)
    if found is None:
        return "no report of ours"
    heard, recipient = found
    message = Message.objects.filter(ref=heard.ref, transport="smtp").first()
    if message is None or message.to_address.lower() != recipient:
        return "no report of ours"
    hear([heard], by=by, now=now)
    return heard.kind
