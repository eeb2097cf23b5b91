"""Answers given in the clinic: on a tablet, read over the phone, typed from paper.

The form is the patient's own, with the same rules. The front desk may hand a tablet over; whoever
types sees the answers and must act on them, so that is for those who treat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.clinic import audit, reach
from reports.clinic.course import newest_course
from reports.clinic.forms import FilledInForm
from reports.clinic.pages import page
from reports.clinic.roles import ROLES, open_to
from surveys import clock, events, wallclock
from surveys.actions.answer import Submitted
from surveys.actions.collect import answerable, hand_over, submit_here, unplanned
from surveys.in_use import followed_here
from surveys.models import Course, Occurrence, Patient
from surveys.outlook import title_of
from surveys.patient import forms
from surveys.patient import tablet as tablet_door
from surveys.patient.pages import office_for
from surveys.patient.views import form_facts, read
from surveys.planned import UNPLANNED

OUTSIDE = "outside the plan"
MODES = {"phone": "Read over the phone", "paper": "Typed from paper"}


@dataclass(frozen=True)
class Choice:
    """One form that may be filled in now. `value` names it in an address; `ref` makes it one."""

    value: str
    title: str
    asks: str
    when: str
    before: datetime | None


@open_to(*ROLES)
@require_safe
def collect(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Which form, and how. Nothing is begun by looking."""
    patient = get_object_or_404(reach.bookable(request.user), ref=ref)
    audit.patient_viewed(request, patient, "answers")
    now = wallclock.now()
    return page(
        request, "collect.html", here="front_desk", patient=patient, modes=MODES,
        choices=list(_choices(newest_course(patient), now)),
        types=reach.treated(request.user).filter(pk=patient.pk).exists(),
    )  # fmt: skip


@open_to(*ROLES)
@require_POST
def tablet(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Hands the tablet over: whoever is signed in is signed out of it first."""
    patient = get_object_or_404(reach.bookable(request.user), ref=ref)
    course, now = newest_course(patient), wallclock.now()
    form = _form(course, request.POST.get("form", ""), now)
    by = audit.signature(request.user)
    occurrence = form if form.pk else None
    handed = hand_over(course, occurrence, form.survey, by=by, now=now)
    events.record("signed_out", by, by=by, now=now)
    logout(request)
    return tablet_door.begin(handed)


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def typed(request: HttpRequest, ref: UUID, mode: str, form: str) -> HttpResponse:
    """Somebody who treats types what the patient says or wrote."""
    patient = get_object_or_404(reach.treated(request.user), ref=ref)
    course, now = newest_course(patient), wallclock.now()
    if mode not in MODES:
        raise Http404
    asked = _form(course, form, now)
    dated = _dated(request, course, now) if mode == "paper" else None
    reading, trouble = forms.NOTHING, ""
    if request.method == "POST":
        reading = read(request, asked)
        trouble = forms.trouble(reading, pointed_out="pointed_out" in request.POST)
        if not trouble and (dated is None or dated.is_valid()):
            return _record(request, asked, reading, mode, _answered_at(dated, course, now), now)
    return _typed_page(request, asked, mode, dated, reading, trouble)


def _choices(course: Course, now: datetime) -> Iterator[Choice]:
    open_now = list(answerable(course, now=now))
    for row in open_now:
        yield _choice(str(row.ref), row.title, row, OUTSIDE if row.rule == UNPLANNED else "planned")
    taken = {row.survey for row in open_now if row.closes_at > now}
    for name, survey in followed_here(course.protocol, course.indication).surveys.items():
        if name not in taken:
            form = unplanned(course, name, ref=uuid4(), at=now)
            yield _choice(f"{name}.{form.ref}", survey.title, form, OUTSIDE)


def _choice(value: str, title: str, form: Occurrence, when: str) -> Choice:
    asks = ", ".join(title_of(name) for name in form.instruments)
    same = form.course.responses.filter(instrument__in=form.instruments)
    newest = same.order_by("-answered_at").values_list("answered_at", flat=True).first()
    return Choice(value, title, asks, when, newest)


def _form(course: Course, value: str, now: datetime) -> Occurrence:
    """The form an address or a button names: a planned one by its ref, another by survey and ref.

    Answered already, it is found again, so that pressing twice records once.
    """
    survey, _, ref = value.rpartition(".")
    try:
        number = UUID(ref)
    except ValueError:
        raise Http404 from None
    known = course.occurrences.filter(ref=number).first()
    if known:
        return known
    if survey not in followed_here(course.protocol, course.indication).surveys:
        raise Http404
    return unplanned(course, survey, ref=number, at=now)


def _dated(request: HttpRequest, course: Course, now: datetime) -> FilledInForm:
    zone = ZoneInfo(course.patient.timezone)
    first, last = (at.astimezone(zone).date() for at in (course.enrolled_at, now))
    return FilledInForm(request.POST if request.method == "POST" else None, first=first, last=last)


def _answered_at(dated: FilledInForm | None, course: Course, now: datetime) -> datetime:
    """Now, or noon of the day on the paper where the patient lives; never before the enrolment
    and never in the future."""
    if dated is None:
        return now
    on: date = dated.cleaned_data["on"]
    noon = clock.wall(on, time(12), course.patient.timezone)
    return min(max(noon, course.enrolled_at), now)


def _record(
    request: HttpRequest,
    asked: Occurrence,
    reading: forms.Reading,
    mode: str,
    answered_at: datetime,
    now: datetime,
) -> HttpResponse:
    by = audit.signature(request.user)
    done = submit_here(asked, reading.said, mode=mode, by=by, now=now, answered_at=answered_at)
    return _after(request, asked.course.patient, done)


def _after(request: HttpRequest, patient: Patient, done: Submitted) -> HttpResponse:
    """An alert comes before everything else: its page says what to do now."""
    if done.alert:
        return redirect("alert", number=done.alert.pk)
    told = (
        "These very answers are recorded already; nothing was added."
        if done.again
        else "Answers recorded."
    )
    messages.success(request, told)
    return redirect("patient", ref=patient.ref)


def _typed_page(
    request: HttpRequest,
    asked: Occurrence,
    mode: str,
    dated: FilledInForm | None,
    reading: forms.Reading,
    trouble: str,
) -> HttpResponse:
    patient = asked.course.patient
    audit.patient_viewed(request, patient, f"answers by {mode}")
    facts: dict[str, Any] = form_facts(
        asked, reading, trouble, pointed_out="pointed_out" in request.POST
    )
    wrong = bool(trouble) or bool(dated and dated.errors)
    return render(
        request, "clinic/typed.html",
        {
            # the words read aloud are in the language of whoever hears them
            **facts, "us": office_for(patient), "action": request.path, "patient": patient,
            "how": MODES[mode], "mode": mode, "dated": dated,
            "unasked": reading.unasked, "back": reverse("collect", kwargs={"ref": patient.ref}),
        },
        status=422 if wrong else 200,
    )  # fmt: skip
