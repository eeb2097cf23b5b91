"""The records. Clinical rows are append-only: a correction is a new row, never an edit."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from surveys import delivery, states
from surveys.confirmation import CONFIRMATION, REASONS
from surveys.in_use import protocols_in_use


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        """A member of staff who can sign in once a password is set."""
        staff = self.model(email=email.strip().lower(), **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """Somebody who works at the clinic. The role decides which pages open."""

    ROLES = [("clinician", "Clinician"), ("lead", "Clinical lead"), ("front_desk", "Front desk")]

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=ROLES)
    timezone = models.CharField(max_length=64)
    on_call = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = StaffManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role", "timezone"]

    def __str__(self) -> str:
        return self.name


class Patient(models.Model):
    STATUSES = [
        (word, word.replace("_", " ")) for word in ("active", "on_hold", "discharged", "deceased")
    ]
    # the later in this list, the more it says: a bounce never covers up a "not me"
    MAIL_STOPS = [
        ("dropped", "mail withheld by the provider"),
        ("blocked", "mail turned away"),
        ("bounced", "mail bounced"),
        ("complained", "reported our mail as spam"),
        ("stopped", "asked to stop"),
        ("not_me", "not me"),
    ]

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40, unique=True)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=64)
    clinician = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="patients")
    email_consent_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=STATUSES, default="active")
    # Why mail no longer reaches this person; cleared when the front desk corrects the address.
    mail_stop = models.CharField(max_length=20, choices=MAIL_STOPS, blank=True, default="")
    # what was heard of mail from before this instant no longer stops any
    mail_again_at = models.DateTimeField(null=True, blank=True)

    # the hash of the PIN agreed in the clinic; empty where none was
    pin = models.CharField(max_length=128, blank=True, default="")
    pin_failures = models.PositiveSmallIntegerField(default=0)
    pin_locked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}.{self.family_name[:1]}."


class Course(models.Model):
    """One patient's run of sessions under one protocol for one indication."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    protocol = models.CharField(max_length=60)
    protocol_version = models.PositiveIntegerField()
    # since when this protocol decides: nothing of it is asked whose time was over before
    protocol_since = models.DateTimeField()
    indication = models.CharField(max_length=60)
    enrolled_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # how far occurrences exist; `roll_on` plans on before it is reached
    planned_until = models.DateTimeField(null=True, blank=True)
    # answers recorded up to here have been looked at for a form to ask again
    looked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_at=None), name="one_open_course"
            )
        ]


class ProtocolChange(models.Model):
    """Another protocol from an instant on, and why. Append-only: what a course followed when."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="protocol_changes")
    before = models.CharField(max_length=60)
    before_version = models.PositiveIntegerField()
    after = models.CharField(max_length=60)
    after_version = models.PositiveIntegerField()
    reason = models.TextField()
    changed_by = models.CharField(max_length=120)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["changed_at"]


class StepDown(models.Model):
    """From when to when the clinic's lead allows the short form for stable patients."""

    in_force = models.BooleanField(default=True)
    turned_on_at = models.DateTimeField()
    turned_on_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    turned_off_at = models.DateTimeField(null=True, blank=True)
    turned_off_by = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["turned_on_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["in_force"], condition=Q(in_force=True), name="one_step_down_in_force"
            )
        ]


class CourseVersion(models.Model):
    """What a report's head said of a course from `known_from` on; the newest one holds now."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="versions")
    known_from = models.DateTimeField()
    protocol = models.CharField(max_length=60)
    protocol_version = models.PositiveIntegerField()
    protocol_title = models.CharField(max_length=200)
    indication = models.CharField(max_length=60)
    initials = models.CharField(max_length=8)
    timezone = models.CharField(max_length=64)

    class Meta:
        ordering = ["known_from", "pk"]


class Session(models.Model):
    """One version of one treatment session; the newest version of a key is the current one."""

    STATUSES = [(word, word) for word in ("planned", "done", "cancelled", "missed")]

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    key = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=STATUSES)
    route = models.CharField(max_length=40, blank=True)
    dose_mg_per_kg = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="one_session_version"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(superseded_at=None), name="one_current_session_version"
            ),
            models.UniqueConstraint(
                fields=["course", "at"],
                condition=Q(superseded_at=None),
                name="one_session_at_an_instant",
            ),
        ]


class Occurrence(models.Model):
    """One survey falling due for one patient. It always ends in a counted state."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="occurrences")
    protocol = models.CharField(max_length=60)
    protocol_version = models.PositiveIntegerField()
    rule = models.CharField(max_length=60)
    anchor = models.CharField(max_length=40, blank=True)
    ordinal = models.PositiveIntegerField()
    survey = models.CharField(max_length=60)
    # what is asked, settled when planned: a later protocol leaves a form that went out as it was
    instruments = models.JSONField(default=list)
    carries = models.JSONField(default=list)  # [rule, anchor, ordinal] of each form within this one
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(
        max_length=20, default="planned", choices=[(s, s) for s in states.OCCURRENCE]
    )
    reason = models.CharField(max_length=60, blank=True, default="")
    state_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        indexes = [models.Index(fields=["state", "due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "protocol", "protocol_version", "rule", "anchor", "ordinal"],
                name="one_occurrence",
            ),
            # under whatever protocol: a form is confirmed once, and one at a time
            models.UniqueConstraint(
                fields=["course", "rule", "anchor"],
                condition=Q(rule__in=sorted(REASONS)),
                name="one_more_of_a_form",
            ),
            models.UniqueConstraint(
                fields=["course"],
                condition=Q(rule=CONFIRMATION, state__in=["planned", "due", "sent"]),
                name="one_confirmation_pending",
            ),
        ]

    @property
    def title(self) -> str:
        """The survey's, under the protocol that planned it."""
        if self.survey in REASONS:
            return REASONS[self.survey].title
        return protocols_in_use()[self.protocol].surveys[self.survey].title


class OccurrenceVersion(models.Model):
    """An occurrence as known from `known_from` on. That a planned one is due, the clock says."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="versions")
    known_from = models.DateTimeField()
    survey = models.CharField(max_length=60)
    instruments = models.JSONField(default=list)
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=20)
    reason = models.CharField(max_length=60, blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["known_from", "pk"]


class Response(models.Model):
    """One submitted form of one instrument. Append-only."""

    MODES = [
        (word, word)
        for word in ("web", "kiosk", "phone", "paper", "rated", "import", "import_total")
    ]

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="responses")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="responses")
    occurrence = models.ForeignKey(
        Occurrence, null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    instrument = models.CharField(max_length=60)
    instrument_version = models.PositiveIntegerField()
    # the fingerprint of its words and scoring then (`surveys.edition`); empty in old records
    edition = models.CharField(max_length=16, blank=True, default="")
    # of the words the questions were read in; empty where nobody knows, as in old records
    language = models.CharField(max_length=10, blank=True, default="")
    # item code -> number chosen, "declined", or null where the question was left open
    answers = models.JSONField(default=dict)
    answered_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    entered_by = models.CharField(max_length=120)
    mode = models.CharField(max_length=20, choices=MODES)
    late = models.BooleanField(default=False)
    # days it asks about that the form before it asked about too, as far as known when it was
    # stored; null where there was none before or it looks back on no particular time
    overlap_days = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["answered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "instrument"],
                condition=Q(occurrence__isnull=False),
                name="one_response_per_occurrence_and_instrument",
            ),
            models.UniqueConstraint(
                fields=["patient", "instrument", "answered_at"], name="one_response_at_an_instant"
            ),
        ]


class Handover(models.Model):
    """A tablet in the clinic given to one patient for one form; it ends with the form or by time.

    Without an occurrence it is for a form outside the plan.
    """

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="handovers")
    occurrence = models.ForeignKey(
        Occurrence, null=True, blank=True, on_delete=models.PROTECT, related_name="handovers"
    )
    survey = models.CharField(max_length=60)
    started_by = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)


class Draft(models.Model):
    """Answers begun and not sent: no response. See `surveys.actions.draft`."""

    occurrence = models.OneToOneField(Occurrence, on_delete=models.PROTECT, related_name="draft")
    answers = models.JSONField(default=dict)  # instrument -> item code -> answer
    saved_at = models.DateTimeField()
    # since when it holds an answer about death or self-harm
    alarming_since = models.DateTimeField(null=True, blank=True)


class Score(models.Model):
    """What the answers came to under the instrument's version at the time."""

    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="score")
    total = models.IntegerField(null=True)
    total_exact = models.CharField(max_length=20, blank=True)  # a fraction, such as "45/4"
    prorated = models.BooleanField(default=False)
    missing = models.JSONField(default=list)
    band = models.CharField(max_length=60, blank=True)
    subscores = models.JSONField(default=dict)
    flags = models.JSONField(default=dict)


class Alert(models.Model):
    """A concern that a signed-in person must acknowledge. Its number is its primary key."""

    LEVELS = [("urgent", "urgent"), ("standard", "standard")]

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="alerts")
    response = models.OneToOneField(
        Response, null=True, blank=True, on_delete=models.PROTECT, related_name="alert"
    )
    # instead of a response: the survey whose answers were begun and never sent
    unsent = models.OneToOneField(
        Occurrence, null=True, blank=True, on_delete=models.PROTECT, related_name="unsent_alert"
    )
    level = models.CharField(max_length=20, choices=LEVELS)
    concerns = models.JSONField()  # [{"code", "item", "level", "reason"}], as triage found them
    state = models.CharField(max_length=20, default="open", choices=[(s, s) for s in states.ALERT])
    raised_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True, blank=True)
    next_notice_at = models.DateTimeField(null=True, blank=True)
    notices = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledged_alerts"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ["raised_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(response=None, unsent__isnull=False)
                | Q(response__isnull=False, unsent=None),
                name="an_alert_has_one_cause",
            )
        ]

    @property
    def number(self) -> str:
        return f"Alert {self.pk}"

    @property
    def answered_at(self) -> datetime:
        """When the form was sent; for answers never sent, when the alert was raised."""
        return self.response.answered_at if self.response else self.raised_at

    @property
    def mode(self) -> str:
        """How the form came in; empty for answers never sent."""
        return self.response.mode if self.response else ""


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
    last_pass_at = models.DateTimeField(null=True, blank=True)  # of the invitations


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


class Event(models.Model):
    """One signed line of the audit chain; see `surveys.events`."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=120)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        indexes = [models.Index(fields=["subject"])]


class ChainHead(models.Model):
    """The single row that every writer locks, so that the chain cannot fork."""

    seq = models.PositiveBigIntegerField(default=0)
    signature = models.CharField(max_length=64, default="")
