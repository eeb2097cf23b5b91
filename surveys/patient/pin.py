"""The page that asks for the PIN, and the cookie of a browser that gave the right one."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from surveys import wallclock
from surveys.actions import answer
from surveys.actions.pin import is_asked, is_locked, try_pin
from surveys.models import Occurrence
from surveys.pace import count
from surveys.patient import link
from surveys.patient.pages import bare, office_for, see, shown
from surveys.patient.slowed import slowed, unless_too_many

COOKIE = "pin"


def is_missing(request: HttpRequest, occurrence: Occurrence | None) -> bool:
    """Whether this browser must still be asked."""
    if occurrence is None or not is_asked(occurrence.course.patient):
        return False
    return str(occurrence.ref) not in link.all_kept(request, kind=COOKIE)


def keep_open(
    request: HttpRequest, occurrence: Occurrence | None, response: HttpResponse
) -> HttpResponse:
    """While a form is in use its PIN is not asked again in the middle of it."""
    if occurrence and str(occurrence.ref) in link.all_kept(request, kind=COOKIE):
        return link.add(request, response, str(occurrence.ref), kind=COOKIE)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    secret = link.meant(request)
    occurrence = answer.occurrence_for(secret, now=wallclock.now())
    if occurrence is None:
        return unless_too_many(request, bare(request, "dead.html", 404))
    if not is_missing(request, occurrence):
        return see("form")
    if request.method != "POST":
        return _ask(request, occurrence, "")
    if request.POST.get("form") != str(occurrence.ref):
        return bare(request, "other_link.html", 409, office_for(occurrence.course.patient))
    return _tried(request, occurrence, secret)


def _tried(request: HttpRequest, occurrence: Occurrence, secret: str) -> HttpResponse:
    typed = request.POST.get("pin", "")
    found = try_pin(occurrence.course.patient, typed, now=wallclock.now())
    if found == "right":
        response = link.add(request, see("form"), secret)
        return link.add(request, response, str(occurrence.ref), kind=COOKIE)
    # six digits are tried however much was posted before them: five wrong ones lock
    if found == "unread" and (seconds := count("link", str(occurrence.ref))):
        return slowed(request, seconds, office_for(occurrence.course.patient))
    return _ask(request, occurrence, found)


def _ask(request: HttpRequest, occurrence: Occurrence, trouble: str) -> HttpResponse:
    patient = occurrence.course.patient
    us = office_for(patient)
    if trouble == "locked" or is_locked(patient):
        return bare(request, "pin_locked.html", 403, us)
    status = 422 if trouble else 200
    return shown(request, "pin.html", us, status, ref=occurrence.ref, trouble=trouble)
