"""A patient's course: its protocol, its sessions, and what was known of them when."""

import uuid

from django.db import models
from django.db.models import Q

from surveys.models.people import Patient, Staff


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
    # how far occurrences exist; upkeep plans on before it is reached
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
