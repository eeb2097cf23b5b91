"""What came back: forms sent, forms begun, their scores."""

import uuid

from django.db import models
from django.db.models import Q

from surveys.models.courses import Course
from surveys.models.occurrences import Occurrence
from surveys.models.people import Patient


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

    Without an occurrence it is for a form outside the plan of which nothing is kept yet.
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
    # answers about death or self-harm in it, as triage found them: a file may be gone tomorrow
    concerns = models.JSONField(default=list)
    # since when it holds such an answer that is worse than any alert of this survey told
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
