"""What the records hold about the people in an import, read once for all its rows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from surveys.models import Course, Patient, Response, Session

# One query takes a limited number of values; SQLite's own limit was 999 for long.
_AT_ONCE = 400


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
    """Of these numbers, and of those that differ from one of them in capitals alone.

    Compared here and not by the database: SQLite folds plain letters alone, PostgreSQL what its
    locale says, and a clinic may go from one to the other.
    """
    folded = {code.casefold() for code in codes}
    known = Patient.objects.values_list("code", flat=True)
    found = Recorded({}, {}, {}, {})
    for some in _portions(sorted(code for code in known if code.casefold() in folded)):
        _read(found, some)
    return found


def _read(into: Recorded, codes: Collection[str]) -> None:
    patients = Patient.objects.select_related("clinician").filter(code__in=codes)
    people = {patient.pk: patient for patient in patients}
    into.patients.update({patient.code: patient for patient in people.values()})
    courses = Course.objects.filter(ended_at=None, patient__in=people)
    for course in courses.select_related("patient"):
        into.courses[course.patient.code] = course
    sessions = Session.objects.filter(superseded_at=None, course__patient__in=people)
    for session in sessions.select_related("course__patient"):
        into.sessions[session.course.patient.code, session.at] = session
    for form in Response.objects.filter(patient__in=people).select_related("patient", "score"):
        into.responses[form.patient.code, form.instrument, form.answered_at] = form


def _portions(codes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(codes), _AT_ONCE):
        yield codes[start : start + _AT_ONCE]
