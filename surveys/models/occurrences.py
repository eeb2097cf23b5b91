"""Surveys that fall due."""

import uuid

from django.db import models
from django.db.models import Q

from surveys import states
from surveys.confirmation import CONFIRMATION, REASONS
from surveys.in_use import protocols_in_use
from surveys.models.courses import Course


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
        """The survey's, under the protocol that planned it; its id once that one's file is gone."""
        if self.survey in REASONS:
            return REASONS[self.survey].title
        protocol = protocols_in_use().get(self.protocol)
        return protocol.surveys[self.survey].title if protocol else self.survey


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
