"""Other treatments and substances of one patient: what is recorded, what is not, and changes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from reports.beside import GROUPS, named, none_known, period
from reports.clinic import audit, reach
from reports.clinic.history_forms import NoneKnownForm, form_for, shown
from reports.clinic.pages import page
from reports.clinic.roles import open_to
from surveys import wallclock
from surveys.actions.history import correct_history, current, record_history, withdraw_history
from surveys.history import SUBSTANCE, TREATMENT, kinds
from surveys.models import HistoryEntry, Patient


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def history(request: HttpRequest, ref: UUID) -> HttpResponse:
    """GET lists what stands. POST records one more entry, or that there is none of several."""
    patient, now = _patient(request, ref), wallclock.now()
    forms = _forms(patient, now)
    if request.method != "POST":
        return _show(request, patient, forms)
    about = request.POST.get("about", "")
    if about not in forms:
        return _show(request, patient, forms, status=422)
    forms[about] = form = _form(about, patient, now, request.POST)
    if not form.is_valid():
        return _show(request, patient, forms, status=422)
    _record(patient, form, by=audit.signature(request.user), now=now)
    messages.success(request, "Recorded. The report shows it from now on.")
    return redirect("history", ref=ref)


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_history(request: HttpRequest, ref: UUID, key: UUID) -> HttpResponse:
    """Corrects, ends or takes back one entry; what was said before is kept."""
    patient, now = _patient(request, ref), wallclock.now()
    entry = get_object_or_404(current(patient), key=key)
    by, group = audit.signature(request.user), kinds()[entry.kind].group
    if request.method == "POST" and "withdraw" in request.POST:
        withdraw_history(patient, key, by=by, now=now)
        messages.success(request, "Taken back. What was recorded before is kept.")
        return redirect("history", ref=ref)
    typed = request.POST if request.method == "POST" else None
    form = form_for(group)(typed, today=_today(patient, now), initial=shown(entry.told))
    if typed is None or not form.is_valid():
        return _edit(request, patient, entry, form, status=422 if form.is_bound else 200)
    correct_history(patient, key, form.told(), by=by, now=now)
    messages.success(request, "Recorded. What was recorded before is kept.")
    return redirect("history", ref=ref)


def _patient(request: HttpRequest, ref: UUID) -> Patient:
    return get_object_or_404(reach.treated(request.user), ref=ref)


def _today(patient: Patient, now: datetime) -> date:
    return now.astimezone(ZoneInfo(patient.timezone)).date()


def _forms(patient: Patient, now: datetime) -> dict[str, Form]:
    return {about: _form(about, patient, now, None) for about in ("none", TREATMENT, SUBSTANCE)}


def _form(about: str, patient: Patient, now: datetime, typed: Any) -> Any:
    """Each form of the page has its own ids, because they stand beside each other."""
    ids = f"id_{about}_%s"
    if about == "none":
        return NoneKnownForm(typed, codes=_unsaid(patient), auto_id=ids)
    return form_for(about)(typed, today=_today(patient, now), auto_id=ids)


def _unsaid(patient: Patient) -> list[str]:
    """Kinds of which nothing is recorded: every treatment as one, each substance for itself."""
    said = {entry.kind for entry in current(patient)}
    treated = any(kinds()[code].group == TREATMENT for code in said)
    return [
        kind.code
        for kind in kinds().values()
        if (kind.asked and not treated)
        or (kind.group == SUBSTANCE and not kind.other and kind.code not in said)
    ]


@transaction.atomic
def _record(patient: Patient, form: Any, *, by: str, now: datetime) -> None:
    said = form.told()
    for told in said if isinstance(said, list) else [said]:
        record_history(patient, told, by=by, now=now)


def _show(
    request: HttpRequest, patient: Patient, forms: dict[str, Form], status: int = 200
) -> HttpResponse:
    audit.patient_viewed(request, patient, "history")
    rows = [_row(entry) for entry in current(patient)]
    return page(
        request, "history.html", here="patients", status=status, patient=patient, forms=forms,
        groups=[(title, [row for row in rows if row["group"] == group])
                for group, title in GROUPS.items()],
        unsaid=_unsaid(patient),
    )  # fmt: skip


def _row(entry: HistoryEntry) -> dict[str, Any]:
    told = entry.told
    words = none_known([], told.since) if told.none else period(told)
    return {
        "key": entry.key,
        "group": kinds()[entry.kind].group,
        "name": kinds()[entry.kind].title if told.none else named(told),
        "words": words[:1].upper() + words[1:],
        "recorded_at": entry.recorded_at,
    }


def _edit(
    request: HttpRequest, patient: Patient, entry: HistoryEntry, form: Form, status: int
) -> HttpResponse:
    audit.patient_viewed(request, patient, "history entry")
    return page(
        request, "history_entry.html", here="patients", status=status, patient=patient, form=form,
        row=_row(entry),
    )  # fmt: skip
