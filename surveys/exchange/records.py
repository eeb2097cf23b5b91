"""What the records hold about the people in an import, read once for all its rows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from surveys.models import Course, Patient, Response, Session

# One query takes a limited number of values; SQLite's own limit was 999 for long.
_AT_ONCE = 500


@dataclass(frozen=True)
class Recorded:
    """Everything by patient id: `courses` the open one, `sessions` the current versions."""

    patients: dict[str, Patient]
    courses: dict[str, Course]
    sessions: dict[tuple[str, datetime], Session]
    responses: dict[tuple[str, str, datetime], Response]

    def zones(self) -> dict[str, ZoneInfo]:
        return {code: ZoneInfo(patient.timezone) for code, patient in self.patients.items()}


def about(codes: Collection[str]) -> Recorded:
    found = Recorded({}, {}, {}, {})
    for some in _portions(sorted(codes)):
        _read(found, {"code__in": some})
    return found


def _read(into: Recorded, which: dict[str, Any]) -> None:
    for patient in Patient.objects.filter(**which).select_related("clinician"):
        into.patients[patient.code] = patient
    of_patient = {f"patient__{name}": value for name, value in which.items()}
    for course in Course.objects.filter(ended_at=None, **of_patient).select_related("patient"):
        into.courses[course.patient.code] = course
    of_course = {f"course__{name}": value for name, value in of_patient.items()}
    sessions = Session.objects.filter(superseded_at=None, **of_course)
    for session in sessions.select_related("course__patient"):
        into.sessions[session.course.patient.code, session.at] = session
    for form in Response.objects.filter(**of_patient).select_related("patient", "score"):
        into.responses[form.patient.code, form.instrument, form.answered_at] = form


def _portions(codes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(codes), _AT_ONCE):
        yield codes[start : start + _AT_ONCE]
