"""The clinician's Monday mail: counts and a link, once a week."""

from datetime import date, datetime

from django.db import transaction

from surveys import events
from surveys.models import Message, Staff


@transaction.atomic
def queue_weekly(
    staff: Staff, counts: dict[str, int], *, week: date, by: str, now: datetime
) -> Message:
    """The one weekly mail of this person for the week beginning on Monday `week`.

    It names the head of the audit chain, and with it leaves the house: whoever shortens the log
    afterwards is found out.
    """
    seq, signature = events.head()
    message, created = Message.objects.get_or_create(
        key=f"weekly:{staff.pk}:{week}",
        defaults={
            "kind": "weekly",
            "staff": staff,
            "to_address": staff.email,
            "counts": {**counts, "audit_seq": seq, "audit_head": signature},
            "state_at": now,
            "queued_at": now,
        },
    )
    if created:
        events.record("queued weekly mail", f"staff:{staff.pk}", by=by, now=now, week=str(week))
    return message
