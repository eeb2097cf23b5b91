"""Recording a session in two steps: say it, see it read back, record it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from reports.clinic import audit, reach
from reports.clinic.course import newest_course
from reports.clinic.forms import SessionForm
from reports.clinic.pages import page
from reports.clinic.roles import ROLES, open_to
from reports.wording import listed, moment
from surveys import clock, wallclock
from surveys.actions.treat import change_session, record_session
from surveys.models import Course, Patient, Session
from surveys.preview import changes_of

CLOSE_TOGETHER_HOURS = 20  # two sessions nearer than this are more often a slip than a plan


@open_to(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_session(request: HttpRequest, ref: UUID) -> HttpResponse:
    return _two_steps(request, _patient(request, ref), old=None)


@open_to(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_session(request: HttpRequest, ref: UUID, key: UUID) -> HttpResponse:
    """Moves, cancels or corrects a recorded session: a new version, the old one is kept."""
    patient = _patient(request, ref)
    current = Session.objects.filter(course__patient=patient, superseded_at=None)
    return _two_steps(request, patient, old=get_object_or_404(current, key=key))


def _patient(request: HttpRequest, ref: UUID) -> Patient:
    return get_object_or_404(reach.bookable(request.user), ref=ref)


def _two_steps(request: HttpRequest, patient: Patient, old: Session | None) -> HttpResponse:
    now = wallclock.now()
    typed = request.POST if request.method == "POST" else None
    shown = SessionForm.of(old) if old else None
    taken = _instants(patient, old)
    form = SessionForm(typed, zone=patient.timezone, now=now, taken=taken, initial=shown)
    if typed is None or not form.is_valid() or "change" in typed:
        return _show(request, patient, old, form, status=422 if form.errors else 200)
    course = newest_course(patient)
    if "record" not in typed:
        return _read_back(request, course, old, form, now)
    _record(course, old, form.facts(), by=audit.signature(request.user), now=now)
    messages.success(request, "Session recorded. What is sent next follows it.")
    return redirect("contact", ref=patient.ref)


def _instants(patient: Patient, old: Session | None) -> frozenset[datetime]:
    """When this patient's other sessions are; a new one at such an instant corrects that one."""
    if old is None:
        return frozenset()
    others = Session.objects.filter(course__patient=patient, superseded_at=None).exclude(pk=old.pk)
    return frozenset(others.values_list("at", flat=True))


@transaction.atomic
def _record(
    course: Course, old: Session | None, facts: dict[str, Any], *, by: str, now: datetime
) -> None:
    """Pressing twice records once: the same session at the same instant is found again."""
    if old and old.at != facts["at"]:
        change_session(old, at=facts["at"], status=facts["status"], by=by, now=now)
    record_session(course, **facts, by=by, now=now)


def _show(
    request: HttpRequest, patient: Patient, old: Session | None, form: SessionForm, status: int
) -> HttpResponse:
    audit.patient_viewed(request, patient, "session")
    return page(
        request, "session.html", here="front_desk", status=status, patient=patient, form=form,
        old=old,
    )  # fmt: skip


def _read_back(
    request: HttpRequest, course: Course, old: Session | None, form: SessionForm, now: datetime
) -> HttpResponse:
    patient = course.patient
    changes = changes_of(lambda: _record(course, old, form.facts(), by="preview", now=now), patient)
    audit.patient_viewed(request, patient, "session")
    return page(
        request, "session_check.html", here="front_desk", patient=patient, form=form, old=old,
        at=moment(form.cleaned_data["at"], patient.timezone),
        what=dict(form.fields["status"].choices)[form.cleaned_data["status"]],
        doubts=list(_doubts(course, old, form)), changes=changes,
    )  # fmt: skip


def _doubts(course: Course, old: Session | None, form: SessionForm) -> Any:
    """What a person should look at twice before pressing the button."""
    at, zone = form.cleaned_data["at"], course.patient.timezone
    local = at.astimezone(form.zone)
    if (local.date(), local.time()) != (form.cleaned_data["day"], form.cleaned_data["time"]):
        yield "Clocks change on this day and never show the time you typed; the time above is used."
    near = _near(course, old, at)
    if near:
        when = listed([moment(session.at, zone) for session in near])
        yield f"There is a session less than {CLOSE_TOGETHER_HOURS} hours away: {when}."


def _near(course: Course, old: Session | None, at: datetime) -> list[Session]:
    edges = clock.elapsed(at, -CLOSE_TOGETHER_HOURS), clock.elapsed(at, CLOSE_TOGETHER_HOURS)
    current = Session.objects.filter(course=course, superseded_at=None, at__range=edges)
    return list(current.exclude(key=old.key) if old else current.exclude(at=at))
