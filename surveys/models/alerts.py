"""Concerns that a signed-in person must acknowledge."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from surveys import states
from surveys.models.occurrences import Occurrence
from surveys.models.people import Patient, Staff
from surveys.models.responses import Response


class Alert(models.Model):
    """A concern that a signed-in person must acknowledge. Its number is its primary key."""

    LEVELS = [("urgent", "urgent"), ("standard", "standard")]

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="alerts")
    response = models.OneToOneField(
        Response, null=True, blank=True, on_delete=models.PROTECT, related_name="alert"
    )
    # instead of a response: the survey of answers that are in no stored form, such as a draft's;
    # one alert more for each time they are worse than what was told of it before
    unsent = models.ForeignKey(
        Occurrence, null=True, blank=True, on_delete=models.PROTECT, related_name="unsent_alerts"
    )
    unsent_answers = models.TextField(blank=True, default="")  # which, such as "phq9.9=3"
    level = models.CharField(max_length=20, choices=LEVELS)
    concerns = models.JSONField()  # as triage found them: `surveys.triage.Concern`, field by field
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
            ),
            models.UniqueConstraint(
                fields=["unsent", "unsent_answers"], name="unsent_answers_told_once"
            ),
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
