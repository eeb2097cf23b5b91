"""The PIN of a patient's links: set, or opened again, with the patient there or on the line."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from reports.clinic import audit, reach
from reports.clinic.roles import ROLES, open_to
from surveys import wallclock
from surveys.actions.pin import EasyPin, is_locked, set_pin, unlock


class PinForm(forms.Form):
    pin = forms.CharField(
        required=False, max_length=12, label="PIN, six digits the patient chooses",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text="It cannot be read back, only set anew.",
    )  # fmt: skip


@open_to(*ROLES)
@require_POST
def pin(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Sets a PIN. Left empty it opens links that five wrong tries have locked."""
    patient = get_object_or_404(reach.bookable(request.user), ref=ref)
    by, now, typed = audit.signature(request.user), wallclock.now(), request.POST.get("pin", "")
    if not typed.strip() and is_locked(patient):
        unlock(patient, by=by, now=now)
        messages.success(request, "The links open again; the PIN is the same.")
        return redirect("contact", ref=ref)
    try:
        set_pin(patient, typed, by=by, now=now)
        messages.success(request, "PIN recorded.")
    except EasyPin as refused:
        messages.error(request, f"No PIN recorded. {refused}")
    return redirect("contact", ref=ref)
