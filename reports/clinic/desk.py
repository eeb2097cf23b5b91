"""The front desk: who to reach, enrolment, contact, status, what is sent when. No answers here."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.clinic import audit, reach
from reports.clinic.course import newest_course
from reports.clinic.forms import ContactForm, DoubtForm, MailAgainForm, StatusForm, number_taken
from reports.clinic.pages import page
from reports.clinic.pin import PinForm
from reports.clinic.roles import ROLES, open_to
from reports.clinic.to_reach import to_reach
from surveys import wallclock
from surveys.actions import leave
from surveys.actions.doubt import decide, undecided
from surveys.actions.enrol import AlreadyEnrolled, enrol, enrol_new, set_status
from surveys.actions.pin import is_locked
from surveys.in_use import protocol_title
from surveys.models import Occurrence, Patient, Session

PAST_SHOWN = 8


@open_to(*ROLES)
@require_safe
def front_desk(request: HttpRequest) -> HttpResponse:
    """Everybody this person books for, and whom to call."""
    patients = list(reach.bookable(request.user).select_related("clinician").order_by("code"))
    audit.list_viewed(request, patients, "front-desk")
    return page(
        request, "front_desk.html", here="front_desk", calls=to_reach(patients),
        rows=[_row(patient) for patient in patients],
    )  # fmt: skip


def _row(patient: Patient) -> dict[str, Any]:
    current = Session.objects.filter(course__patient=patient, superseded_at=None)
    return {
        "patient": patient,
        "last": current.filter(status="done").order_by("at").last(),
        "next": current.filter(status="planned").order_by("at").first(),
        "form": _unsent(patient).first(),
    }


def _unsent(patient: Patient) -> Any:
    """What will be sent, soonest first; nothing for somebody who is not to be asked."""
    rows = Occurrence.objects.filter(course__patient=patient, state__in=["planned", "due"])
    return rows.order_by("due_at") if patient.status == "active" else rows.none()


@open_to("front_desk", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def enrolment(request: HttpRequest) -> HttpResponse:
    """A new patient. Sending it twice finds the number taken and enrols nobody twice."""
    typed = request.POST if request.method == "POST" else None
    form = ContactForm(typed, initial={"timezone": settings.CLINIC_TIMEZONE})
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return page(request, "enrol.html", here="front_desk", status=status, form=form)
    try:
        course = enrol_new(form.row(), by=audit.signature(request.user), now=wallclock.now())
    except AlreadyEnrolled as since:  # somebody else gave the number in the same moment
        form.add_error("code", number_taken(since.patient))
        return page(request, "enrol.html", here="front_desk", status=422, form=form)
    if twins := ", ".join(one.code for one in _alike(course.patient)):
        messages.warning(request, f"Look twice: perhaps the same person as {twins}. {ALIKE}")
    messages.success(request, "Enrolled. What will be sent is listed below.")
    return redirect("contact", ref=course.patient.ref)


ALIKE = "Name and birth date, or the e-mail address, are the same."


def _alike(patient: Patient) -> QuerySet[Patient]:
    """Others with the same name and birth date, or the same address."""
    same = Q(pk=None)
    if patient.birth_date:
        same |= Q(
            given_name__iexact=patient.given_name, family_name__iexact=patient.family_name,
            birth_date=patient.birth_date,
        )  # fmt: skip
    if patient.email:
        same |= Q(email__iexact=patient.email)
    return Patient.objects.filter(same).exclude(pk=patient.pk).order_by("code")


@open_to(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One patient's contact, sessions and plan; POST corrects the contact."""
    patient = _patient(request, ref)
    typed = request.POST if request.method == "POST" else None
    form = ContactForm(typed, patient=patient, initial=ContactForm.of(patient))
    if typed is None or not form.is_valid():
        return _contact(request, patient, form=form, status=422 if form.is_bound else 200)
    enrol(form.row(), by=audit.signature(request.user), now=wallclock.now())
    return _back(request, patient, "Contact recorded.")


@open_to(*ROLES)
@require_POST
def status(request: HttpRequest, ref: UUID) -> HttpResponse:
    patient = _patient(request, ref)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _contact(request, patient, status_form=form, status=422)
    wanted = form.cleaned_data["status"]
    if wanted != patient.status:
        set_status(patient, wanted, by=audit.signature(request.user), now=wallclock.now())
    return _back(request, patient, "Status recorded.")


@open_to(*ROLES)
@require_POST
def mail_again(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Ends a stop of mail after somebody has spoken with the patient."""
    patient = _patient(request, ref)
    form = MailAgainForm(request.POST)
    if not form.is_valid():
        return _contact(request, patient, mail_form=form, status=422)
    leave.mail_again(patient, by=audit.signature(request.user), now=wallclock.now())
    return _back(request, patient, "Mail may be sent again.")


@open_to(*ROLES)
@require_POST
def doubt(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What a person decides about a mail of which nobody knows whether it left."""
    patient = _patient(request, ref)
    form = DoubtForm(request.POST)
    if not form.is_valid():
        return _contact(request, patient, doubt_form=form, status=422)
    mail = get_object_or_404(patient.messages, ref=form.cleaned_data["mail"])
    by, choice = audit.signature(request.user), form.cleaned_data["choice"]
    done = decide(mail.pk, choice, by=by, now=wallclock.now())
    return _back(request, patient, DECIDED.get(done, "That mail is no longer in doubt."))


DECIDED = {"resend": "The mail is sent again.", "leave": "The mail is left as it is."}


def _patient(request: HttpRequest, ref: UUID) -> Patient:
    found = reach.bookable(request.user).select_related("clinician")
    return get_object_or_404(found, ref=ref)


def _back(request: HttpRequest, patient: Patient, told: str) -> HttpResponse:
    messages.success(request, told)
    return redirect("contact", ref=patient.ref)


def _contact(request: HttpRequest, patient: Patient, *, status: int, **forms: Any) -> HttpResponse:
    audit.patient_viewed(request, patient, "contact")
    course = newest_course(patient)
    current = Session.objects.filter(course=course, superseded_at=None)
    asked = course.occurrences.exclude(state__in=["planned", "due", "superseded"])
    shown = {
        "form": ContactForm(patient=patient, initial=ContactForm.of(patient)),
        "status_form": StatusForm(),
        "mail_form": MailAgainForm(),
        "doubt_form": DoubtForm(),
        "pin_form": PinForm() if settings.PIN else None,
        "pin_locked": settings.PIN and is_locked(patient),
        "doubt": undecided(now=wallclock.now()).filter(patient=patient).first(),
    }
    return page(
        request, "contact.html", here="front_desk", status=status, patient=patient, course=course,
        protocol_title=protocol_title(course.protocol), sessions=current.order_by("-at"),
        coming=_unsent(patient), asked=asked.order_by("-due_at")[:PAST_SHOWN],
        now=wallclock.now(), opened=[name for name in forms if forms[name].is_bound],
        **(shown | forms),
    )  # fmt: skip
