"""What is heard of mail that left: stored once, and its meaning drawn at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from surveys.actions.held import held_message
from surveys.actions.outcome import settle, stop_mail
from surveys.mail.heard import Heard
from surveys.models import MailEvent, Message


def hear(heard: Iterable[Heard], *, by: str, now: datetime) -> Counter[str]:
    """Takes in events in whatever order and number of copies. Counts new, known, unknown.

    Each message is a transaction of its own: one that fails raises after the rest are stored.
    """
    told: dict[UUID, set[Heard]] = defaultdict(set)
    for one in heard:
        told[one.ref].add(one)
    counts: Counter[str] = Counter()
    trouble: Exception | None = None
    for ref, events_of in sorted(told.items()):
        try:
            counts += _hear_of(ref, events_of, by=by, now=now)
        except Exception as fault:
            trouble = fault
    if trouble:
        raise trouble
    return counts


@transaction.atomic
def _hear_of(ref: UUID, told: set[Heard], *, by: str, now: datetime) -> Counter[str]:
    known_as = Message.objects.filter(ref=ref).values_list("pk", flat=True).first()
    if known_as is None:
        return Counter(unknown=len(told))
    message = held_message(known_as)
    known = set(message.heard.values_list("kind", "at"))
    new = sorted({(one.kind, one.at) for one in told} - known)
    MailEvent.objects.bulk_create(
        MailEvent(message=message, kind=kind, at=at, received_at=now) for kind, at in new
    )
    if new:
        stop_mail(message, new, by=by, now=now)
        settle(message, by=by, now=now)
    return Counter(new=len(new), known=len(told) - len(new))
