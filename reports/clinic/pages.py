"""One frame around every page: the way through the clinic, and what must not be overlooked."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reports import wording
from reports.clinic import reach
from surveys import wallclock
from surveys.actions.watch import alarms
from surveys.models import Staff

UNACKNOWLEDGED = ("open", "notified", "escalated")


def page(
    request: HttpRequest, template: str, *, here: str, status: int = 200, **facts: Any
) -> HttpResponse:
    """Render a page of the clinic; `here` is the name of the page in the top row it belongs to."""
    frame = {
        "here": here,
        "pages": list(_pages(request.user)),
        "warnings": list(_warnings()),
        "zone": request.user.timezone,
        "words": wording,
    }
    return render(request, f"clinic/{template}", frame | facts, status=status)


def _pages(staff: Staff) -> Iterator[tuple[str, str]]:
    if staff.role != "front_desk":
        yield "week", "This week"
        yield "patients", "Patients"
        yield "alerts", _alerts_title(staff)
        yield "cohort", "Cohort"
    yield "front_desk", "Front desk"


def _alerts_title(staff: Staff) -> str:
    waiting = reach.alerts(staff).exclude(state="closed").count()
    return f"Alerts, {waiting} open" if waiting else "Alerts"


def _warnings() -> Iterator[dict[str, str]]:
    clinical = Staff.objects.filter(is_active=True, role__in=["clinician", "lead"])
    if not clinical.filter(on_call=True).exists():
        yield {
            "what": "Nobody is on call.",
            "so": "Each new alert goes to every clinician at once. Ask the lead to name somebody.",
        }
    for alarm in alarms(now=wallclock.now()):
        yield {"what": alarm.what, "so": alarm.so}
