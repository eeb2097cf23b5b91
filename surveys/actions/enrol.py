"""Who is asked: enrolment, address, status."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from surveys import events
from surveys.actions.asked import UNSENT
from surveys.actions.held import hold_patient
from surveys.actions.leave import revoke_links
from surveys.actions.moves import move_occurrence
from surveys.actions.schedule import LEFT, replan
from surveys.actions.unreachable import invite_anew
from surveys.actions.versions import keep_course
from surveys.delivery import OF_THE_PERSON, same_address
from surveys.in_use import protocols_in_use
from surveys.models import Course, Occurrence, Patient, Staff


@dataclass(frozen=True)
class PatientRow:
    """One enrolment as the front desk writes it."""

    code: str
    given_name: str
    family_name: str
    email: str
    birth_date: date | None
    language: str
    timezone: str
    clinician: Staff
    indication: str
    protocol: str
    email_consent_on: date | None
    status: str = "active"


CONTACT = (
    "given_name",
    "family_name",
    "birth_date",
    "language",
    "timezone",
    "clinician",
    "email_consent_on",
)


class AlreadyEnrolled(ValueError):
    """The number is somebody's by now."""

    def __init__(self, patient: Patient) -> None:
        super().__init__(f"{patient.code} is enrolled")
        self.patient = patient


@transaction.atomic
def enrol_new(row: PatientRow, *, by: str, now: datetime, plan_now: bool = True) -> Course:
    """Enrols somebody new and overwrites nobody: of two people at once the second raises
    AlreadyEnrolled. Capitals make no other number."""
    try:
        with transaction.atomic():
            return _first_course(row, by=by, now=now, plan_now=plan_now)
    except IntegrityError:  # the records hold a number once
        raise AlreadyEnrolled(Patient.objects.get(code__iexact=row.code)) from None


@transaction.atomic
def enrol(row: PatientRow, *, by: str, now: datetime, plan_now: bool = True) -> Course:
    """Enrols a new patient or updates a known one, who keeps the number as it was first written.
    The same row again changes nothing. Raises AlreadyEnrolled as `enrol_new` does."""
    held = Patient.objects.select_for_update(no_key=True)
    patient = held.filter(code__iexact=row.code).first()
    if patient is None:
        return enrol_new(row, by=by, now=now, plan_now=plan_now)
    hold_patient(patient)
    _update(patient, row, by=by, now=now)
    return patient.courses.get(ended_at=None)


def _first_course(row: PatientRow, *, by: str, now: datetime, plan_now: bool) -> Course:
    contact = {name: getattr(row, name) for name in CONTACT}
    patient = Patient.objects.create(code=row.code, email=row.email, status=row.status, **contact)
    course = Course.objects.create(
        patient=patient,
        protocol=row.protocol,
        indication=row.indication,
        enrolled_at=now,
        protocol_since=now,
        protocol_version=protocols_in_use()[row.protocol].version,
    )
    keep_course(course, now=now)
    events.record("enrolled", f"patient:{patient.pk}", by=by, now=now, course=course.pk)
    if plan_now:
        replan(course, by=by, now=now)
    return course


def _update(patient: Patient, row: PatientRow, *, by: str, now: datetime) -> None:
    changed = [name for name in CONTACT if getattr(patient, name) != getattr(row, name)]
    for name in changed:
        setattr(patient, name, getattr(row, name))
    if changed:
        patient.save(update_fields=changed)
        for course in patient.courses.select_related("patient"):
            keep_course(course, now=now)
        events.record("changed contact", f"patient:{patient.pk}", by=by, now=now, fields=changed)
    if not same_address(row.email, patient.email):
        set_address(patient, row.email, by=by, now=now)
    if row.status != patient.status:
        set_status(patient, row.status, by=by, now=now)
    if "timezone" in changed:
        replan(patient.courses.get(ended_at=None), by=by, now=now)


@transaction.atomic
def set_address(patient: Patient, email: str, *, by: str, now: datetime) -> None:
    """A new address: links sent to the old one die, and a bounce or "not me" of it is over. Forms
    still open that could not be delivered are invited to anew, once.

    Somebody who asked to stop, or complained, stays stopped: that was about the mails, not about
    the address.
    """
    hold_patient(patient)
    if patient.mail_stop not in OF_THE_PERSON:
        patient.mail_stop = ""
    patient.email = email
    patient.save(update_fields=["email", "mail_stop"])
    again = invite_anew(patient, now=now)
    revoke_links(patient.pk, now)
    events.record("changed address", f"patient:{patient.pk}", by=by, now=now, again=len(again))
    for course in {row.course for row in again}:
        # a session may have moved while the form was out of reach
        if course.protocol in protocols_in_use():
            replan(course, by=by, now=now)


@transaction.atomic
def set_status(patient: Patient, status: str, *, by: str, now: datetime) -> None:
    """Discharged or deceased ends all asking at once; on hold is re-checked at every send."""
    hold_patient(patient)
    Patient.objects.filter(pk=patient.pk).update(status=status)
    patient.status = status
    withdrawn = _ask_no_more(patient, status, now) if status in LEFT else []
    events.record(
        "changed status", f"patient:{patient.pk}", by=by, now=now, status=status,
        withdrawn=withdrawn,
    )  # fmt: skip
    if status == "active":
        replan(patient.courses.get(ended_at=None), by=by, now=now)


def _ask_no_more(patient: Patient, status: str, now: datetime) -> list[tuple[int, str, str]]:
    """What was cancelled: number, when it was due, why."""
    revoke_links(patient.pk, now)
    rows = Occurrence.objects.filter(course__patient=patient, state__in=[*UNSENT, "sent"])
    cancelled = [row for row in rows if move_occurrence(row, "cancelled", now=now, reason=status)]
    return [(row.pk, row.due_at.isoformat(), status) for row in cancelled]
