"""Other treatments and substances of a patient, as the clinic recorded them."""

import uuid

from django.db import models
from django.db.models import Q

from surveys import history
from surveys.models.people import Patient


class HistoryEntry(models.Model):
    """One version of one entry; the newest version of a key is the current one.

    What was entered by mistake ends in a version that is `withdrawn`. Dates are a day, a month or a
    year, as far as known (`surveys.partial_dates`).
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="history")
    key = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=history.NAME_LENGTH, blank=True, default="")
    dose = models.CharField(max_length=history.DOSE_LENGTH, blank=True, default="")
    use = models.CharField(max_length=10, blank=True, default="")
    since = models.CharField(max_length=history.DATE_LENGTH, blank=True, default="")
    until = models.CharField(max_length=history.DATE_LENGTH, blank=True, default="")
    withdrawn = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="one_history_version"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(superseded_at=None), name="one_current_history_version"
            ),
        ]

    @property
    def told(self) -> history.HistoryStatement:
        return history.HistoryStatement(
            self.kind, self.name, self.dose, self.use, self.since, self.until
        )
