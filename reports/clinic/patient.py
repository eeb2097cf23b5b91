"""One patient: the live page with the decision form, and the reports stored before it."""

import hashlib
import re
from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from reports.actions import build_report, read_page, record_decision
from reports.clinic import audit, rating, reach, seen
from reports.clinic.alerts import told
from reports.clinic.course import live_page, newest_course
from reports.clinic.forms import DecisionForm
from reports.clinic.pages import page
from reports.clinic.roles import open_to
from reports.models import Decision, Report
from reports.render import report_context
from surveys import wallclock
from surveys.models import Course, Patient, Response

INLINE_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@open_to("clinician", "lead")
@require_http_methods(["GET", "HEAD", "POST"])
def patient(request: HttpRequest, ref: UUID) -> HttpResponse:
    """GET shows the page as it stands now. POST records the decision of whoever treats."""
    decides = request.method == "POST"
    mine = reach.treated(request.user) if decides else reach.readable(request.user)
    found = get_object_or_404(mine.select_related("clinician"), ref=ref)
    course, now = newest_course(found), wallclock.now()
    if not decides:
        return _show(request, course, DecisionForm(today=_today(found, now)), now)
    form = DecisionForm(request.POST, today=_today(found, now))
    opened_at = seen.stamped(request, course, now)
    if not form.is_valid():
        return _show(request, course, form, now, status=422)
    if _came_since(course, opened_at):
        form.add_error(None, "New answers came in after you opened this page. They are shown now: "
                             "look again, then record.")  # fmt: skip
        return _show(request, course, form, now, status=409)
    _decide(request, course, form.cleaned_data, opened_at, now)
    messages.success(request, "Decision recorded, with the evidence as you saw it.")
    return redirect("patient", ref=ref)


@open_to("clinician", "lead")
@require_safe
def report(request: HttpRequest, ref: UUID, number: int) -> HttpResponse:
    """A stored report, byte for byte; its own style is let through by its hash."""
    found = _stored(request, ref, number)
    audit.patient_viewed(request, found.course.patient, f"report {number}")
    allowed = [f"'sha256-{_sha256(style)}'" for style in INLINE_STYLE.findall(found.html)]
    document: HttpResponse = csp_update({"style-src": allowed})(lambda _: HttpResponse(found.html))(
        request
    )
    return document


@open_to("clinician", "lead")
@require_safe
def report_pdf(request: HttpRequest, ref: UUID, number: int) -> HttpResponse:
    found = _stored(request, ref, number)
    audit.patient_viewed(request, found.course.patient, f"report {number} pdf")
    return pdf_answer(bytes(found.pdf), f"{found.course.patient.code}-report-{number}.pdf")


def _show(
    request: HttpRequest, course: Course, form: DecisionForm, now: datetime, status: int = 200
) -> HttpResponse:
    whose = course.patient
    audit.patient_viewed(request, whose, "patient")
    _, shown = live_page(course, now)
    stored = Report.objects.filter(course=course).order_by("-number")
    waiting = reach.alerts(request.user).filter(patient=whose).exclude(state="closed")
    return page(
        request, "patient.html", here="patients", status=status, patient=whose, form=form,
        decides=reach.treated(request.user).filter(pk=whose.pk).exists(),
        seen=seen.stamp(course, now),
        reports=stored.only("number", "as_of"), waiting=[told(row, now) for row in waiting],
        ratable=list(rating.ratable()),
        decisions=Decision.objects.filter(course=course).select_related("decided_by", "report"),
        **report_context(shown),
    )  # fmt: skip


def _came_since(course: Course, opened_at: datetime) -> bool:
    return Response.objects.filter(course=course, recorded_at__gt=opened_at).exists()


def _decide(
    request: HttpRequest, course: Course, chosen: dict[str, Any], opened_at: datetime, now: datetime
) -> None:
    """Pressing twice records once: the same choice after the same look is already there."""
    again = Decision.objects.filter(
        course=course, decided_by=request.user, decided_at__gte=opened_at, **chosen
    )
    if again.exists():
        return
    by = audit.signature(request.user)
    of_the_week = build_report(course, as_of=now, known_at=now, by=by, now=now)
    _, shown = read_page(course, as_of=opened_at, known_at=opened_at)
    record_decision(of_the_week, staff=request.user, now=now, shown=shown, **chosen)


def _stored(request: HttpRequest, ref: UUID, number: int) -> Report:
    mine = Report.objects.filter(course__patient__in=reach.readable(request.user))
    newest = mine.filter(course__patient__ref=ref, number=number).order_by("-course")
    return get_object_or_404(newest.select_related("course__patient")[:1])


def _today(whose: Patient, now: datetime) -> Any:
    return now.astimezone(ZoneInfo(whose.timezone)).date()


def _sha256(style: str) -> str:
    return b64encode(hashlib.sha256(style.encode()).digest()).decode()


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
