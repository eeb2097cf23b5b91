"""A reader turns mail away, and the front desk, having spoken with the patient, lets it flow."""

from datetime import datetime

from django.db import transaction

from surveys import events
from surveys.actions.held import hold_patient
from surveys.models import Occurrence, Patient, Token

# What each may replace: a known wrong address stays marked as such.
_RANKED = [stop for stop, _ in Patient.MAIL_STOPS]
UNDER_STOPPED = ("", *_RANKED[: _RANKED.index("stopped")])
UNDER_NOT_ME = (*UNDER_STOPPED, "stopped")


def not_me(occurrence: Occurrence, *, now: datetime) -> None:
    """Somebody else reads this address: no more mail to it, and no link sent to it opens."""
    _leave(occurrence, "not_me", over=UNDER_NOT_ME, by="link", now=now)


def stop_mails(occurrence: Occurrence, *, now: datetime) -> None:
    """The patient wants no more of these mails. A known wrong address stays marked as such."""
    by = f"patient:{occurrence.course.patient_id}"
    _leave(occurrence, "stopped", over=UNDER_STOPPED, by=by, now=now)


@transaction.atomic
def _leave(
    occurrence: Occurrence, stop: str, *, over: tuple[str, ...], by: str, now: datetime
) -> None:
    patient_id = occurrence.course.patient_id
    hold_patient(occurrence.course.patient)
    changed = Patient.objects.filter(pk=patient_id, mail_stop__in=over).update(mail_stop=stop)
    revoke_links(patient_id, now)
    if changed:
        verb = {"not_me": "said not me", "stopped": "stopped mails"}[stop]
        events.record(verb, f"patient:{patient_id}", by=by, now=now, occurrence=occurrence.pk)


@transaction.atomic
def mail_again(patient: Patient, *, by: str, now: datetime) -> None:
    """Ends any stop: somebody has asked, the address is right and the patient agrees."""
    stopped = Patient.objects.filter(pk=patient.pk).exclude(mail_stop="")
    if stopped.update(mail_stop="", mail_again_at=now):
        patient.mail_stop = ""
        events.record("resumed mails", f"patient:{patient.pk}", by=by, now=now)


def revoke_links(patient_id: int, now: datetime) -> None:
    """No link of this patient's opens a form any more."""
    Token.objects.filter(occurrence__course__patient=patient_id, revoked_at=None).update(
        revoked_at=now
    )
