"""A clinician's week, gathered from stored reports: its list, and one PDF with all of them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.text import slugify

from reports.actions import build_report, read_page
from reports.models import Packet, Report
from reports.packet import PacketIndex, packet_index, place
from reports.render import render_packet_html, render_packet_pdf
from reports.sheet import Setting
from surveys import events
from surveys.models import Course, Staff


def weekly_packet(
    staff: Staff, courses: Iterable[Course], *, week: date, by: str, now: datetime
) -> Packet:
    """This person's packet of the week: the one there is, or else gathered now.

    Reports that are stored already stay as they are, so a run that was broken off goes on where it
    stopped. Who is enrolled after the packet was gathered comes into the next one.
    """
    found = Packet.objects.filter(staff=staff, week=week).first()
    if found:
        return found
    when = {"as_of": now, "known_at": now}
    reports = [build_report(course, **when, by=by, now=now) for course in courses]
    reports.sort(key=lambda report: place(report.page))
    html = render_packet_html(index_of(staff, reports, week))
    pdf = combined(staff, reports, week)
    digest = hashlib.sha256(pdf).hexdigest()
    packet = _store(staff, reports, week=week, html=html, digest=digest, by=by, now=now)
    packet.pdf = pdf if packet.digest == digest else None
    return packet


@transaction.atomic
def _store(
    staff: Staff, reports: Sequence[Report], *, week: date, by: str, now: datetime, **made: str
) -> Packet:
    found, created = Packet.objects.get_or_create(
        staff=staff,
        week=week,
        defaults={"gathered_at": now, "reports": [one.pk for one in reports], **made},
    )
    if created:
        events.record(
            "gathered packet", f"staff:{staff.pk}", by=by, now=now,
            week=str(week), reports=len(reports), digest=found.digest,
        )  # fmt: skip
    return found


def reports_of(packet: Packet) -> list[Report]:
    """Its reports in the order of the list."""
    found = Report.objects.select_related("course__patient").in_bulk(packet.reports)
    return [found[number] for number in packet.reports]


def index_of(staff: Staff, reports: Sequence[Report], week: date) -> PacketIndex:
    pages = [(report.week, report.page) for report in reports]
    return packet_index(staff.name, week, pages, f"{stem_of(staff)}.pdf")


def combined(staff: Staff, reports: Sequence[Report], week: date) -> bytes:
    """All sheets as one document. Each is read again as it was known when it was built, and set as
    it was found to fit then."""
    sheets = [
        (
            read_page(one.course, as_of=one.as_of, known_at=one.known_at, number=one.number)[1],
            Setting(**one.setting),
        )
        for one in reports
    ]
    newest = max(report.known_at for report in reports)
    return render_packet_pdf(index_of(staff, reports, week), sheets, newest)


def stem_of(staff: Staff) -> str:
    """What a packet's files are called; the number keeps two of one name apart."""
    return f"packet-{slugify(staff.name)}-{staff.pk}"
