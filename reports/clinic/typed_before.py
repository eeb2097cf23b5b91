"""What somebody typed for longer than the idle limit, shown again after they signed in.

Kept in the browser's own session on the server, for the same person and for a short time; no log
and no address holds it. It is only shown: whoever typed it sends it again or lets it go.
"""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_http_methods

from reports.clinic import audit, reach
from reports.clinic.pages import page
from reports.clinic.roles import ROLES, open_to
from surveys.models import Patient, Staff

KEY = "typed_before"
KEPT_FOR_SECONDS = 30 * 60
# what a form carries besides what somebody typed
OF_THE_FORM = ("csrfmiddlewaretoken",)


def keep(request: HttpRequest, staff_pk: int) -> None:
    """Called once the form's own protection has let it pass, in the session after signing out."""
    fields = {name: values for name, values in request.POST.lists() if name not in OF_THE_FORM}
    request.session.clear_expired()
    request.session[KEY] = {
        "staff": staff_pk, "path": request.path, "fields": fields, "at": time.time(),
    }  # fmt: skip
    request.session.set_expiry(KEPT_FOR_SECONDS)


def kept(request: HttpRequest, staff: Staff) -> dict[str, Any] | None:
    """What this person typed; what somebody else did, or too long ago, is not shown."""
    found = request.session.get(KEY)
    if not found or found["staff"] != staff.pk:
        return None
    return found if time.time() - found["at"] < KEPT_FOR_SECONDS else None


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


@open_to(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def typed_before(request: HttpRequest) -> HttpResponse:
    found = kept(request, request.user)
    if request.method == "POST" or found is None:
        forget(request)
        return redirect("home")
    patient = _about(request.user, found["path"])
    if patient:
        audit.patient_viewed(request, patient, "typed before")
    return page(
        request, "typed_before.html", here="", path=found["path"], fields=found["fields"],
        shown=list(_shown(found["fields"])), patient=patient,
    )  # fmt: skip


def _about(staff: Staff, path: str) -> Patient | None:
    """Whom the page was about, as far as this person may still know of them."""
    try:
        ref = resolve(path).kwargs.get("ref")
    except Resolver404:
        return None
    known = reach.readable(staff) | reach.bookable(staff)
    return known.filter(ref=ref).distinct().first() if ref else None


def _shown(fields: dict[str, list[str]]) -> Any:
    """What a person recognises as theirs; signed stamps and the buttons' own values are not."""
    for name, values in fields.items():
        words = [value for value in values if value.strip()]
        if words and name not in ("seen", "record", "change", "form", "pointed_out", "send"):
            yield name.replace("_", " ").capitalize(), ", ".join(words)
