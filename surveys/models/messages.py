"""Mail: what left, in which state, what was heard of it, and the links in it."""

import uuid

from django.db import models

from surveys import delivery, states
from surveys.models.alerts import Alert
from surveys.models.occurrences import Occurrence
from surveys.models.people import Patient, Staff


class Message(models.Model):
    """One mail to one address. `key` makes a second copy of the same mail impossible."""

    KINDS = [(word, word) for word in ("invitation", "reminder", "alert", "weekly", "operator")]

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=KINDS)
    occurrence = models.ForeignKey(
        Occurrence, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    staff = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    alert = models.ForeignKey(
        Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    to_address = models.EmailField()
    counts = models.JSONField(default=dict)  # what a mail to staff or operator may print; no names
    state = models.CharField(
        max_length=20, default="queued", choices=[(s, s) for s in states.MESSAGE]
    )
    state_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True, blank=True)  # when it last left our hands
    accepted_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    transport = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=300, blank=True)
    # what a person decided about a mail in doubt: "resend" or "leave"
    decision = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ["queued_at"]
        indexes = [models.Index(fields=["state", "kind"])]


class MailEvent(models.Model):
    """What a provider or a mail server said of one message, once, however often it was said.

    Told apart by message, kind and the teller's own time: the id that SendGrid gives an event
    differs between copies of the same one.
    """

    KINDS = [(word, word) for word in delivery.KINDS]

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="heard")
    kind = models.CharField(max_length=20, choices=KINDS)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["received_at"])]
        constraints = [
            models.UniqueConstraint(fields=["message", "kind", "at"], name="one_mail_event")
        ]


class MailLine(models.Model):
    """The single row that says whether mail may leave at all; see `surveys.actions.line`."""

    closed_until = models.DateTimeField(null=True, blank=True)
    closed_since = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=60, blank=True, default="")
    # since when nobody could be reached who takes mail
    out_of_reach_since = models.DateTimeField(null=True, blank=True)
    # when the timetable last sent; and, while what it could not send is to be sorted, when before
    last_pass_at = models.DateTimeField(null=True, blank=True)
    held_up_since = models.DateTimeField(null=True, blank=True)
    # since when an IMAP bounce mailbox could not be read
    bounces_unread_since = models.DateTimeField(null=True, blank=True)


class ClockWatch(models.Model):
    """The single row that says when clock and machine last agreed; see `surveys.clock_watch`."""

    wall = models.DateTimeField()
    boot = models.CharField(max_length=60)
    since_boot = models.FloatField()
    wrong_since = models.DateTimeField(null=True, blank=True)
    jump_seconds = models.FloatField(default=0)


class Token(models.Model):
    """The hash of a link's secret. The secret itself is only ever in the mail."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="tokens")
    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    minted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
