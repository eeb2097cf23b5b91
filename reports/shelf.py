"""Stored reports as files, for the chart and for whoever wants paper.

The database holds the same bytes; a file that is missing or was changed is written again.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from reports.models import Packet, Report
from reports.packet import file_stem
from reports.packets import combined, reports_of, stem_of


def put_on_shelf(reports: Iterable[Report], folder: Path) -> list[Path]:
    """<folder>/<week>/<patient's id>-report-<number>.html, .pdf and .json, readable by us alone.

    The .json says of each sentence which answers, questionnaires and rule it comes from; the
    answers stand under "read", by the number that the sentence gives.
    """
    return [path for report in reports for path in _each(report, folder)]


def put_packet_on_shelf(packet: Packet, folder: Path) -> list[Path]:
    """The packet's reports, and beside them its list and the one PDF with all of them.

    <folder>/<week>/packet-<clinician>-<number>.html and .pdf.
    """
    reports = reports_of(packet)
    written = put_on_shelf(reports, folder)
    stem = folder / packet.week.isoformat() / stem_of(packet.staff)
    stem.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    page, pdf = (stem.with_name(f"{stem.name}.{kind}") for kind in ("html", "pdf"))
    if not _is(pdf, packet.digest):
        _write(pdf, packet.pdf or combined(packet.staff, reports, packet.week))
    # the list last: whoever finds it finds everything it links to
    return [*written, pdf, _write(page, packet.html.encode())]


def _is(path: Path, digest: str) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _each(report: Report, folder: Path) -> Iterable[Path]:
    week = folder / report.week.isoformat()
    week.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = week / file_stem(report.course.patient.code, report.number)
    yield _write(stem.with_name(f"{stem.name}.html"), report.html.encode())
    yield _write(stem.with_name(f"{stem.name}.pdf"), bytes(report.pdf))
    yield _write(stem.with_name(f"{stem.name}.json"), _trace(report))


def _trace(report: Report) -> bytes:
    told = {
        "patient": report.course.patient.code,
        "report": report.number,
        "as_of": report.as_of.isoformat(),
        "known_at": report.known_at.isoformat(),
        "digest": report.digest,
        "versions": report.versions,
        "sentences": report.page["traced"],
        # each set of answers by the number that sentences name it by
        "read": report.page["read"],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _write(path: Path, content: bytes) -> Path:
    if not path.exists() or path.read_bytes() != content:
        draft = path.with_name(f".{path.name}.draft")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.replace(path)
    return path
