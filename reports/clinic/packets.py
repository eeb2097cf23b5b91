"""A clinician's own packets: the newest week's list, and all of its reports as one PDF."""

from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from reports.clinic import audit, reach
from reports.clinic.pages import page
from reports.clinic.patient import pdf_answer
from reports.clinic.roles import open_to
from reports.models import Packet, Report
from reports.packet import PacketIndex, packet_rules
from reports.packets import combined, index_of, reports_of, stem_of
from surveys import wallclock
from surveys.models import Staff


@open_to("clinician", "lead")
@require_safe
def packet(request: HttpRequest) -> HttpResponse:
    """The newest packet; a patient who is no longer this person's is off the list."""
    found = Packet.objects.filter(staff=request.user).last()
    reports = _readable(request.user, found) if found else []
    audit.list_viewed(request, [report.course.patient for report in reports], "packet")
    week = found.week if found else date.min
    index = index_of(request.user, reports, week)
    return page(
        request, "packet.html", here="week", index=index, links=_links(index, reports),
        packet=found, old=_old(found, wallclock.now()) if found else "",
    )  # fmt: skip


@open_to("clinician", "lead")
@require_safe
def packet_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """The same sheets as one document, without those of patients who are no longer theirs."""
    found = get_object_or_404(Packet, pk=number, staff=request.user)
    reports = _readable(request.user, found)
    if not reports:
        raise Http404
    audit.list_viewed(request, [report.course.patient for report in reports], "packet pdf")
    return pdf_answer(combined(request.user, reports, found.week), f"{stem_of(request.user)}.pdf")


def _readable(staff: Staff, packet: Packet) -> list[Report]:
    mine = set(reach.readable(staff).values_list("pk", flat=True))
    return [report for report in reports_of(packet) if report.course.patient_id in mine]


def _links(index: PacketIndex, reports: list[Report]) -> list[tuple[str, str]]:
    """Page and paper of each row of the list."""
    refs = {report.course.patient.code: report.course.patient.ref for report in reports}
    numbers = [(refs[row.patient], row.number) for row in index.rows]
    return [(reverse("report", args=one), reverse("report_pdf", args=one)) for one in numbers]


def _old(packet: Packet, now: datetime) -> str:
    """Said in red once the next packet should be there and is not."""
    age, limit = (now - packet.gathered_at).days, packet_rules()["stale_after_days"]
    if age <= limit:
        return ""
    return f"Stale: gathered {age} days ago; a new one is due every 7 days."
