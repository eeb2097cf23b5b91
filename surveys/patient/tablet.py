"""A tablet of the clinic in one patient's hands: one form, no way to any other page.

Whoever handed it over is signed out of it; a cookie holds only the number of this one handover.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from surveys import wallclock
from surveys.actions.answer import (
    SWITCHED_OFF,
    TOO_LATE,
    alarming,
    instruments_of,
    instruments_to_heed,
)
from surveys.actions.collect import TABLET_FOR, begun, form_over, handed_form, submit_handed
from surveys.actions.draft import save_draft
from surveys.actions.once_more import differs, heed
from surveys.models import Handover, Occurrence
from surveys.patient import forms, link
from surveys.patient.pages import Office, bare, office_for, office_for_reader, see, shown
from surveys.patient.slowed import retry_after, unless_too_many
from surveys.patient.thanks import first_stand, others_came, told_of
from surveys.patient.views import form_facts, read, too_many

COOKIE = "tablet"
# How long the last page may say that somebody is told: the tablet soon lies on the desk again.
PERSONAL_FOR = timedelta(minutes=2)


def begin(handed: Handover) -> HttpResponse:
    """The tablet as it is given to the patient; nothing the staff saw is one press of back away."""
    response = link.keep(see("tablet"), str(handed.ref), kind=COOKIE)
    response["Clear-Site-Data"] = '"cache"'
    return link.forget(response)


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    now = wallclock.now()
    found = handed_form(_ref(request), now=now)
    if found is None:
        return _ended(request)
    handed, asked = found
    if request.POST.get("form", str(asked.ref)) != str(asked.ref):
        return _closed(request)  # from another tab, of whoever had the tablet before
    if not instruments_of(asked):
        return _nothing_asked(request, handed, asked, now)
    reading, trouble = forms.NOTHING, ""
    if request.method == "POST":
        reading = read(request, asked)
        trouble = forms.trouble(reading, pointed_out="pointed_out" in request.POST)
        if not trouble:
            return _submit(handed, asked, reading, now)
        _keep_what_must_be_told(handed, asked, reading, now)
        if seconds := too_many(request, asked, reading, complete=False):
            page = _page(request, asked, forms.as_filled_in(reading), "slowed")
            page.status_code = 429
            return retry_after(page, seconds)
    return _page(request, asked, reading, trouble)


def _keep_what_must_be_told(
    handed: Handover, asked: Occurrence, reading: forms.Reading, now: datetime
) -> None:
    """Sent with a question open and then given back: thoughts of death or self-harm are told after
    a quarter of an hour, as on the patient's own phone. Nothing else is kept."""
    if alarming(asked, reading.said):
        by = f"patient:{handed.course.patient_id}"
        save_draft(begun(handed, asked, now=now), reading.said, by=by, now=now)


def _nothing_asked(
    request: HttpRequest, handed: Handover, asked: Occurrence, now: datetime
) -> HttpResponse:
    """All of it was switched off while the tablet was in use: no form is made of what comes in, and
    what it says of death or self-harm is told at once."""
    said = read(request, asked).said
    if not alarming(asked, said):
        return _closed(request)
    row, by = begun(handed, asked, now=now), f"patient:{handed.course.patient_id}"
    heed(row, said, how=SWITCHED_OFF, by=by, now=now)
    return _closed(request, office_for(handed.course.patient), told=True)


def _page(
    request: HttpRequest, asked: Occurrence, reading: forms.Reading, trouble: str
) -> HttpResponse:
    pointed_out = "pointed_out" in request.POST
    facts = form_facts(asked, reading, trouble, pointed_out=pointed_out)
    facts["action"] = reverse("patient-tablet")
    response = shown(request, "form.html", office_for(asked.course.patient), **facts)
    # left lying, the page goes by itself, and with it what was ticked and not sent
    response["Refresh"] = f"{int(TABLET_FOR.total_seconds())};url={reverse('patient-tablet')}"
    return response


def _submit(
    handed: Handover, asked: Occurrence, reading: forms.Reading, now: datetime
) -> HttpResponse:
    submit_handed(handed, asked, reading.said, now=now)
    return see("tablet-done")


def _ended(request: HttpRequest) -> HttpResponse:
    """Pressed twice: thanks again. Otherwise say plainly whether anything was sent."""
    row = _answered(_ref(request))
    if row:
        return _sent_before(request, row)
    if request.method == "POST":
        _tell_what_came_late(request)
    return unless_too_many(request, _closed(request))


def _tell_what_came_late(request: HttpRequest) -> None:
    """Sent when the half hour was over: no form is made of it, and what it says of death or
    self-harm is told at once. Not what a page of another handover says."""
    found = form_over(_ref(request))
    if found is None or request.POST.get("form") != str(found[1].ref):
        return
    (handed, asked), now = found, wallclock.now()
    said = read(request, asked).said
    if alarming(asked, said):
        row, by = begun(handed, asked, now=now), f"patient:{handed.course.patient_id}"
        heed(row, said, how=TOO_LATE, by=by, now=now)


def _closed(request: HttpRequest, us: Office | None = None, *, told: bool = False) -> HttpResponse:
    sent = request.method == "POST"
    return bare(request, "tablet_over.html", 404, us, sent=sent, told=told)


def _sent_before(request: HttpRequest, row: Occurrence) -> HttpResponse:
    """As on the patient's own phone: the first answers stand, and what must be told is told."""
    asked = instruments_to_heed(row, row.instruments)
    answers = forms.read(asked, request.POST).answers
    heed(row, answers, by=f"patient:{row.course.patient_id}", now=wallclock.now())
    return first_stand(see("tablet-done"), str(row.ref), others_came=differs(row, answers))


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    row = _answered(_ref(request))
    fresh = row is not None and wallclock.now() - row.state_at < PERSONAL_FOR
    told = told_of(row) if row and fresh else ""
    us = office_for(row.course.patient) if row else office_for_reader(request)
    others = row is not None and others_came(request, row)
    response = shown(request, "tablet_done.html", us, told=told, others_came=others)
    if told:
        response["Refresh"] = str(int(PERSONAL_FOR.total_seconds()))
    return response


def _ref(request: HttpRequest) -> str:
    return link.kept(request, kind=COOKIE) or "00000000-0000-0000-0000-000000000000"


def _answered(ref: str) -> Occurrence | None:
    handed = Handover.objects.filter(ref=ref).select_related("occurrence").first()
    if handed is None:
        return None
    row = handed.occurrence or Occurrence.objects.filter(ref=handed.ref).first()
    return row if row and row.state == "answered" else None
