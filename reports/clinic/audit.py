"""Every look at patient data is one event, written before the page is."""

from collections.abc import Iterable

from django.http import HttpRequest

from surveys import events, wallclock
from surveys.models import Event, Patient, Staff


def signature(staff: Staff) -> str:
    """How this person signs events and records."""
    return f"staff:{staff.pk}"


def patient_viewed(request: HttpRequest, patient: Patient, page: str) -> Event:
    return _viewed(request, f"patient:{patient.pk}", page=page)


def list_viewed(request: HttpRequest, patients: Iterable[Patient], page: str) -> Event:
    """One event for a whole list; it names every row on it."""
    return _viewed(request, f"list:{page}", patients=sorted({patient.pk for patient in patients}))


def _viewed(request: HttpRequest, subject: str, **detail: object) -> Event:
    by = signature(request.user)
    return events.record("viewed", subject, by=by, now=wallclock.now(), **detail)
