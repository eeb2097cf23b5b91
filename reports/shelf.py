"""Stored reports as files, for the chart and for whoever wants paper.

The database holds the same bytes; a file that is missing or was changed is written again.
"""

from collections.abc import Iterable
from pathlib import Path

from reports.models import Report


def put_on_shelf(reports: Iterable[Report], folder: Path) -> list[Path]:
    """<folder>/<week>/<patient's id>-report-<number>.html and .pdf, readable by us alone."""
    return [path for report in reports for path in _both(report, folder)]


def _both(report: Report, folder: Path) -> Iterable[Path]:
    week = folder / report.week.isoformat()
    week.mkdir(parents=True, exist_ok=True, mode=0o700)
    # a clinic's own ids may hold a slash; a file's name may not
    patient = report.course.patient.code.replace("/", "_")
    stem = week / f"{patient}-report-{report.number}"
    yield _write(stem.with_name(f"{stem.name}.html"), report.html.encode())
    yield _write(stem.with_name(f"{stem.name}.pdf"), bytes(report.pdf))


def _write(path: Path, content: bytes) -> Path:
    if not path.exists() or path.read_bytes() != content:
        draft = path.with_name(f".{path.name}.draft")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.replace(path)
    return path
