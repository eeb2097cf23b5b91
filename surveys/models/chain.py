"""The audit chain's lines; see `surveys.events`."""

from django.db import models


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
