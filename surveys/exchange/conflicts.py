"""Rows that are sound in themselves and contradict the records. Importing never overwrites."""

from collections.abc import Iterable, Iterator, Sequence

from surveys.exchange.batch import Rows
from surveys.exchange.patients import PatientLine
from surveys.exchange.records import Recorded
from surveys.exchange.responses import Answers, ResponseLine
from surveys.exchange.sessions import SessionLine, crowded
from surveys.exchange.table import Problem, shown
from surveys.models import Response

# A file sorted in one column only pairs people with each other's addresses, and mail would tell
# strangers about each other. A few corrections at a time are normal, a wave is not (our judgement).
NORMAL_ADDRESS_CHANGES = 3
NORMAL_ADDRESS_SHARE = 0.2


def conflicts(rows: Rows, recorded: Recorded, *, addresses_changed: bool) -> Iterator[Problem]:
    """`addresses_changed`: the caller vouches for many new addresses at once."""
    yield from _differ_in_capitals(rows.patients, recorded)
    for patient in rows.patients:
        yield from _course_differs(patient, recorded)
        yield from _returned_from_death(patient, recorded)
    if not addresses_changed:
        yield from _wave_of_addresses(rows.patients, recorded)
    yield from _without_course(rows, recorded)
    held = ((code, at, session.status) for (code, at), session in recorded.sessions.items())
    yield from crowded(rows.sessions, held)
    for form in rows.responses:
        yield from _answered_otherwise(form, recorded)


def _differ_in_capitals(rows: Sequence[PatientLine], recorded: Recorded) -> Iterator[Problem]:
    written = {code.casefold(): code for code in recorded.patients}
    for row in rows:
        known = written.get(row.patient_id.casefold(), row.patient_id)
        if row.patient_id not in recorded.patients and known != row.patient_id:
            yield row.line.problem(
                "patient_id",
                f"{shown(row.patient_id)} differs from {shown(known)} in the records in capitals"
                " alone",
                f"Write {known} if that is who is meant; if not, give this patient another number.",
            )


def enrolled_meanwhile(rows: Iterable[PatientLine], code: str) -> Iterator[Problem]:
    """`code` is free when a file is checked and somebody's when its row is written."""
    for row in rows:
        if row.patient_id.casefold() == code.casefold():
            yield row.line.problem(
                "patient_id",
                f"{shown(code)} was enrolled by somebody else while this import ran",
                "Look whether it is the same person; then import again.",
            )


def _course_differs(row: PatientLine, recorded: Recorded) -> Iterator[Problem]:
    course = recorded.courses.get(row.patient_id)
    if course is None:
        return
    for column in ("protocol", "indication"):
        stored, stated = getattr(course, column), getattr(row, column)
        if stored != stated:
            yield row.line.problem(
                column,
                f"the open course of {shown(row.patient_id)} has the {column} {shown(stored)},"
                f" not {shown(stated)}",
                f"Write {stored}: an import does not change a course that has begun.",
            )


def _returned_from_death(row: PatientLine, recorded: Recorded) -> Iterator[Problem]:
    patient = recorded.patients.get(row.patient_id)
    if patient and patient.status == "deceased" and row.status not in ("", "deceased"):
        yield row.line.problem(
            "status",
            f"{shown(row.patient_id)} is recorded as deceased, the file says {row.status}",
            "Write deceased. If the record is wrong, correct it there, not by an import.",
        )


def _wave_of_addresses(rows: Sequence[PatientLine], recorded: Recorded) -> Iterator[Problem]:
    stored = {code: patient.email for code, patient in recorded.patients.items() if patient.email}
    known = [row for row in rows if row.patient_id in stored]
    moved = [row for row in known if row.email != stored[row.patient_id]]
    if len(moved) > max(NORMAL_ADDRESS_CHANGES, NORMAL_ADDRESS_SHARE * len(known)):
        yield Problem(
            moved[0].line.file,
            0,
            "email",
            f"{len(moved)} of {len(known)} known patients would get another address",
            "A file sorted in one column only looks like this. If all of them really changed, "
            "import again with --addresses-changed.",
        )


def _without_course(rows: Rows, recorded: Recorded) -> Iterator[Problem]:
    ended = recorded.patients.keys() - recorded.courses.keys()
    everything: Iterable[PatientLine | SessionLine | ResponseLine]
    everything = (*rows.patients, *rows.sessions, *rows.responses)
    for row in everything:
        if row.patient_id in ended:
            yield row.line.problem(
                "patient_id",
                f"the course of {shown(row.patient_id)} has ended",
                "Leave the row out: an import adds to open courses only.",
            )


def _answered_otherwise(row: ResponseLine, recorded: Recorded) -> Iterator[Problem]:
    form = recorded.responses.get((row.patient_id, row.instrument, row.answered_at))
    if form and not same_answers(row, form):
        yield row.line.problem(
            "answered_at",
            "a form with other answers is already stored for this moment",
            "If it is another form of that day, write its time, like 2026-03-14T09:30; if not,"
            " leave the row out: stored answers are never overwritten.",
        )


def same_answers(row: ResponseLine, form: Response) -> bool:
    if row.answers is None:
        return bool(form.mode == "import_total" and form.score.total == row.total)
    return bool(form.mode != "import_total" and _given(row.answers) == _given(form.answers))


def _given(answers: Answers) -> Answers:
    return {item: value for item, value in answers.items() if value is not None}
