"""What a clinician judges on an instrument made for that, such as CGI-I. No patient is asked it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from reports.clinic import audit, reach, seen
from reports.clinic.course import newest_course
from reports.clinic.pages import page
from reports.clinic.roles import open_to
from surveys import wallclock
from surveys.actions.answer import rate
from surveys.in_use import instruments_to_ask
from surveys.instrument import Instrument
from surveys.models import Course
from surveys.patient import forms


def ratable() -> Iterator[Instrument]:
    """What clinicians of this clinic may rate."""
    return (one for one in instruments_to_ask().values() if one.kind == "clinician-rated")


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def rating(request: HttpRequest, ref: UUID, instrument: str) -> HttpResponse:
    """GET shows the question as published. POST records the judgement of whoever treats."""
    patient = get_object_or_404(reach.treated(request.user), ref=ref)
    asked = next((one for one in ratable() if one.id == instrument), None)
    if asked is None:
        raise Http404
    course, now = newest_course(patient), wallclock.now()
    if request.method != "POST":
        return _show(request, course, asked, forms.NOTHING, now)
    reading = forms.read([asked], request.POST)
    if reading.blank or reading.unreadable:
        return _show(request, course, asked, reading, now, status=422)
    rate(
        course, asked.id, reading.answers[asked.id], since=seen.stamped(request, course, now),
        by=audit.signature(request.user), now=now,
    )  # fmt: skip
    messages.success(request, f"{asked.short_title} recorded under your name.")
    return redirect("patient", ref=ref)


def _show(
    request: HttpRequest,
    course: Course,
    asked: Instrument,
    reading: forms.Reading,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    audit.patient_viewed(request, course.patient, f"rating {asked.id}")
    (part,) = forms.parts([asked], reading)
    before = course.responses.filter(instrument=asked.id).order_by("-answered_at")
    return page(
        request, "rating.html", here="patients", status=status, patient=course.patient,
        instrument=asked, questions=part.questions, terms=forms.licences([asked]),
        seen=seen.stamp(course, now), before=before.first(),
    )  # fmt: skip
