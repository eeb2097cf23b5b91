"""Reports and decisions. Both are written once: a later view of the same week is a later report."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from reports.evidence.rules import OPTIONS
from surveys.models import Course, Staff


class WrittenOnce(models.Model):
    """A row that is never edited: what was shown and what was decided must stay as it was."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError(f"a stored {self._meta.verbose_name} is never changed")
        super().save(*args, **kwargs)


class Report(WrittenOnce):
    """One course as shown in one week, with the very pages that were shown."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    week = models.DateField()  # the Monday, in the patient's zone, of the week of `as_of`
    as_of = models.DateTimeField()
    known_at = models.DateTimeField()
    built_at = models.DateTimeField()
    built_by = models.CharField(max_length=120)
    page = models.JSONField()
    shown = models.JSONField()  # totals and doses it rested on, to find later corrections
    versions = models.JSONField()
    html = models.TextField()
    pdf = models.BinaryField()
    setting = models.JSONField()  # how close the sheet is set, found by trying (`sheet.Setting`)
    digest = models.CharField(max_length=64)  # SHA-256 of the HTML, then the PDF

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="one_report_number"),
            models.UniqueConstraint(fields=["course", "week"], name="one_report_a_week"),
        ]

    def __str__(self) -> str:
        return f"report {self.number}"


class Packet(WrittenOnce):
    """One clinician's week, gathered once: its list, and which reports were on it."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="packets")
    week = models.DateField()  # the Monday, in the clinic's zone
    gathered_at = models.DateTimeField()
    reports = models.JSONField()  # ids, in the order of the list
    html = models.TextField()
    digest = models.CharField(max_length=64)  # SHA-256 of the PDF with all of them
    # that PDF while it has only just been made: it is kept as a file, not as a row
    pdf: bytes | None = None

    class Meta:
        ordering = ["week"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "week"], name="one_packet_a_week"),
        ]

    def __str__(self) -> str:
        return f"packet of {self.week}"


class PooledWander(WrittenOnce):
    """How far levels wander on one instrument, pooled over the clinic once a week (`Wander`)."""

    instrument = models.CharField(max_length=60)
    week = models.DateField()  # the Monday, in the clinic's zone
    pooled_at = models.DateTimeField()
    daily = models.FloatField()  # points² a day
    pairs = models.PositiveIntegerField()
    patients = models.PositiveIntegerField()

    class Meta:
        ordering = ["pooled_at"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "week"], name="one_pooling_a_week"),
        ]


class Decision(WrittenOnce):
    """What a clinician chose and why; `evidence` is what the report showed at that moment."""

    OPTIONS = [(word, word) for word in (*OPTIONS, "other")]

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="decisions")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="decisions")
    option = models.CharField(max_length=20, choices=OPTIONS)
    interval_days = models.PositiveIntegerField(null=True, blank=True)
    reason = models.TextField()
    review_on = models.DateField(null=True, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="decisions")
    evidence = models.JSONField()

    class Meta:
        ordering = ["decided_at"]
