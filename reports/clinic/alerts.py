"""Alerts: seen, acknowledged by a signed-in person, closed with what was done."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from reports.clinic import audit, reach
from reports.clinic.forms import OutcomeForm
from reports.clinic.pages import UNACKNOWLEDGED, page
from reports.clinic.roles import open_to
from reports.wording import minutes
from surveys import wallclock
from surveys.actions import alert as verbs
from surveys.models import Alert

CLOSED_SHOWN_FOR = timedelta(days=30)
GRACE = timedelta(minutes=5)  # a notice later than this means that nothing sends


@open_to("clinician", "lead")
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert not closed, and those closed in the last 30 days."""
    now = wallclock.now()
    rows = _rows(request).order_by("raised_at")
    waiting = [row for row in rows if row.state != "closed"]
    closed = rows.filter(state="closed", closed_at__gt=now - CLOSED_SHOWN_FOR)
    closed = list(closed.order_by("-closed_at"))
    audit.list_viewed(request, (row.patient for row in [*waiting, *closed]), "alerts")
    return page(
        request, "alerts.html", here="alerts", waiting=[told(row, now) for row in waiting],
        closed=[told(row, now) for row in closed],
    )  # fmt: skip


@open_to("clinician", "lead")
@require_safe
def alert(request: HttpRequest, number: int) -> HttpResponse:
    return _one(request, get_object_or_404(_rows(request), pk=number), OutcomeForm())


@open_to("clinician", "lead")
@require_POST
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """Pressed, never followed: a link in a mail cannot acknowledge."""
    found = get_object_or_404(_rows(request), pk=number)
    verbs.acknowledge(found.pk, staff=request.user, now=wallclock.now())
    messages.success(request, "Acknowledged. Nobody else is told about it any more.")
    return redirect("alert", number=number)


@open_to("clinician", "lead")
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Records what was done; a second press finds it closed and says so."""
    found = get_object_or_404(_rows(request), pk=number)
    form = OutcomeForm(request.POST)
    if found.state == "acknowledged" and not form.is_valid():
        return _one(request, found, form, status=422)
    if found.state == "acknowledged":
        outcome = form.cleaned_data["outcome"]
        verbs.close(found.pk, staff=request.user, outcome=outcome, now=wallclock.now())
        messages.success(request, "Outcome recorded. The alert is closed.")
    return redirect("alerts")


def _rows(request: HttpRequest) -> Any:
    return reach.alerts(request.user).select_related(
        "patient__clinician", "response", "acknowledged_by"
    )


def _one(request: HttpRequest, found: Alert, form: OutcomeForm, status: int = 200) -> HttpResponse:
    audit.patient_viewed(request, found.patient, "alert")
    facts = told(found, wallclock.now())
    return page(request, "alert.html", here="alerts", status=status, form=form, **facts)


def told(row: Alert, now: datetime) -> dict[str, Any]:
    """One alert as the pages print it: what was answered, who was told, what is still to do."""
    waits = row.state in UNACKNOWLEDGED
    until = now if waits else row.acknowledged_at
    return {
        "alert": row,
        "patient": row.patient,
        "waits": waits,
        "took": minutes((until - row.raised_at).total_seconds()),
        "reasons": [concern["reason"] for concern in row.concerns],
        "notices": _people_told(row),
        "overdue": bool(waits and row.next_notice_at and row.next_notice_at < now - GRACE),
    }


def _people_told(row: Alert) -> list[str]:
    """Who was sent a notice, first told first; each name once."""
    sent = row.messages.exclude(accepted_at=None).select_related("staff").order_by("accepted_at")
    return list(dict.fromkeys(message.staff.name for message in sent if message.staff))
