"""Mails of which nobody knows whether they left: asked about, then decided by a person."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from surveys import events
from surveys.actions.hear import hear
from surveys.actions.held import held_message
from surveys.actions.moves import move_message
from surveys.actions.outcome import same_mail
from surveys.mail.activity import Ask, ask_sendgrid
from surveys.models import Message

ASKED_AT_ONCE = 20
ASKED_AFTER = timedelta(minutes=10)  # the provider's own list runs behind


def in_doubt() -> QuerySet[Message]:
    """To patients, and not yet left as they are by a person."""
    return Message.objects.filter(state="in_doubt", decision="", patient__isnull=False)


def undecided(*, now: datetime) -> QuerySet[Message]:
    """In doubt for so long that a person must decide."""
    return in_doubt().filter(handed_at__lte=now - timedelta(hours=settings.DOUBT_HOURS))


def ask_about_doubts(*, by: str, now: datetime) -> int:
    """Asks the provider, where its account allows it. Returns how many doubts that ended."""
    if settings.MAIL != "sendgrid" or not settings.SENDGRID_ACTIVITY:
        return 0
    waiting = in_doubt().filter(transport="sendgrid", handed_at__lte=now - ASKED_AFTER)
    refs = list(waiting.order_by("?").values_list("ref", flat=True)[:ASKED_AT_ONCE])
    ask = _ask()
    answers = [answer for ref in refs if (answer := ask(ref))]
    hear(answers, by="sendgrid", now=now)
    return len(answers)


def _ask() -> Ask:
    return ask_sendgrid(
        settings.SENDGRID_KEY, host=settings.SENDGRID_HOST, timeout=settings.MAIL_TIMEOUT_SECONDS
    )


@transaction.atomic
def decide(message_id: int, choice: str, *, by: str, now: datetime) -> str:
    """A person's word on a mail in doubt: "resend" queues a new one, "leave" ends the asking.

    Returns "resend" or "leave", or the state where the doubt has ended meanwhile.
    ValueError for another word.
    """
    if choice not in ("resend", "leave"):
        raise ValueError(f"{choice!r} is no decision: resend or leave")
    message = held_message(message_id)
    if message.state != "in_doubt" or message.decision:
        return message.decision or message.state
    Message.objects.filter(pk=message.pk).update(decision=choice)
    if choice == "resend":
        move_message(message, "not_accepted", now=now)
        _queue_again(message, now)
    subject = f"message:{message.pk}"
    events.record("decided on doubt", subject, by=by, now=now, choice=choice)
    return choice


def _queue_again(message: Message, now: datetime) -> None:
    """A new mail with a new link; whether it may leave is decided when it does."""
    Message.objects.create(
        key=f"{same_mail(message)}:after:{message.pk}",
        kind=message.kind,
        occurrence=message.occurrence,
        patient=message.patient,
        to_address=message.patient.email,
        state_at=now,
        queued_at=now,
    )
