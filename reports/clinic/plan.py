"""What will be sent to one patient and why, what each edit changed, and another protocol."""

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from reports.clinic import audit, reach
from reports.clinic.course import newest_course
from reports.clinic.forms import ProtocolForm, UntilForm
from reports.clinic.pages import page
from reports.clinic.roles import ROLES, open_to
from surveys import wallclock
from surveys.actions.protocol import change_protocol
from surveys.in_use import protocols_in_use
from surveys.models import Course, Patient
from surveys.outlook import Line, Outlook, held_back
from surveys.preview import changes_of
from surveys.trail import told

PAST_SHOWN = 12


@open_to(*ROLES)
@require_safe
def plan(request: HttpRequest, ref: UUID) -> HttpResponse:
    """No answers and no scores: the front desk reads it, too."""
    patient = get_object_or_404(reach.bookable(request.user).select_related("clinician"), ref=ref)
    audit.patient_viewed(request, patient, "plan")
    form = UntilForm(request.GET or None)
    course, now = newest_course(patient), wallclock.now()
    treats = _treats(request, patient)
    outlook = Outlook(course, until=_until(form, patient), clinical=treats)
    coming = outlook.coming()
    return page(
        request, "plan.html", here="front_desk", patient=patient, course=course, form=form,
        protocol=protocols_in_use()[course.protocol], stopped=held_back(patient),
        coming=list(zip(coming, _said_once(coming), strict=True)),
        not_asked=outlook.not_asked(now), past=outlook.gone_by()[:PAST_SHOWN],
        edits=told(patient, clinical=treats), treats=treats, now=now,
    )  # fmt: skip


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def protocol(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Another protocol mid-course: choose it, see what changes in the plan, then record it."""
    patient = get_object_or_404(reach.treated(request.user), ref=ref)
    course, now = newest_course(patient), wallclock.now()
    form = ProtocolForm(request.POST if request.method == "POST" else None, course=course)
    if not form.is_bound or not form.is_valid() or "change" in request.POST:
        return _choose(request, course, form, status=422 if form.errors else 200)
    if "record" not in request.POST:
        return _read_back(request, course, form, now)
    change_protocol(
        course, form.cleaned_data["protocol"], reason=form.cleaned_data["reason"],
        by=audit.signature(request.user), now=now,
    )  # fmt: skip
    messages.success(request, "Protocol changed. What that changed in the plan stands below.")
    return redirect("plan", ref=patient.ref)


def _until(form: UntilForm, patient: Patient) -> datetime | None:
    """The end of that day where the patient lives; None where no day was asked for."""
    day = form.cleaned_data.get("until") if form.is_bound and form.is_valid() else None
    if day is None:
        return None
    return datetime.combine(day, time.max, ZoneInfo(patient.timezone)).astimezone(UTC)


def _said_once(lines: list[Line]) -> list[str]:
    """What each rule is for, at its first form only."""
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(line.purpose, line)
    return [line.purpose if first[line.purpose] is line else "" for line in lines]


def _treats(request: HttpRequest, patient: Patient) -> bool:
    return reach.treated(request.user).filter(pk=patient.pk).exists()


def _choose(
    request: HttpRequest, course: Course, form: ProtocolForm, *, status: int
) -> HttpResponse:
    audit.patient_viewed(request, course.patient, "protocol")
    return page(
        request, "protocol.html", here="patients", status=status, patient=course.patient,
        form=form, current=protocols_in_use()[course.protocol],
        summaries={name: one.summary for name, one in protocols_in_use().items()},
    )  # fmt: skip


def _read_back(
    request: HttpRequest, course: Course, form: ProtocolForm, now: datetime
) -> HttpResponse:
    patient, wanted = course.patient, form.cleaned_data["protocol"]
    audit.patient_viewed(request, patient, "protocol")
    changes = changes_of(
        lambda: change_protocol(course, wanted, reason="preview", by="preview", now=now), patient
    )
    return page(
        request, "protocol_check.html", here="patients", patient=patient, form=form,
        changes=changes, old=protocols_in_use()[course.protocol], new=protocols_in_use()[wanted],
        still_open=course.occurrences.filter(state="sent", closes_at__gt=now),
    )  # fmt: skip
