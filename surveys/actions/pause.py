"""What a mail to a patient waits for: the morning, and its distance from the one before."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from surveys.actions.unreachable import REACHED
from surveys.clock import outside_quiet_hours
from surveys.clock_watch import MOST_FORWARD
from surveys.models import Message, Patient
from surveys.overtaken import apart


def waits_for(patient: Patient, *, hour: datetime, now: datetime) -> str:
    """What keeps a mail that should have left at `hour`; empty where it may leave."""
    if outside_quiet_hours(now, ZoneInfo(patient.timezone)) != now:
        return "waits for the morning"
    since, ahead = now - apart(hour, now=now), now + MOST_FORWARD
    # one that seems to lie further ahead was dated by a clock that was wrong
    recent = left_or_leaving(patient).filter(state_at__gt=since, state_at__lte=ahead)
    return "waits: another mail went out just now" if recent.exists() else ""


def left_or_leaving(patient: Patient) -> QuerySet[Message]:
    """The patient's mails that another one keeps its distance from."""
    return Message.objects.filter(patient=patient, state__in=["sending", *REACHED])
