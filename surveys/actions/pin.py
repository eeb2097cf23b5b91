"""The PIN agreed in the clinic, where the clinic asks for one: tries are counted, then locked."""

import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from surveys import events
from surveys.models import Patient

# One chance in 200,000 of guessing six digits (our judgement). A right PIN starts anew.
MOST_FAILURES = 5
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_EASY = {"123456", "654321", "012345", "543210", *(digit * 6 for digit in "0123456789")}


class EasyPin(ValueError):
    """Not six digits, or the first ones anybody would try."""


def is_asked(patient: Patient) -> bool:
    """Whoever has no PIN yet is not kept from answering: the front desk is told to agree one."""
    return bool(settings.PIN and patient.pin)


def is_locked(patient: Patient) -> bool:
    return patient.pin_failures >= MOST_FAILURES


def as_typed(text: str) -> str:
    """The six digits, spaces left out; empty where it is anything else."""
    digits = "".join(text.split())
    return digits if _SIX_DIGITS.fullmatch(digits) else ""


def try_pin(patient: Patient, text: str, *, now: datetime) -> str:
    """ "right", "wrong", "locked", or "unread" for what is no six digits and is not counted:
    programs that check mail press buttons on empty fields and must not lock anybody out.

    A try is counted before it is looked at, so that of many at once only five are.
    """
    digits = as_typed(text)
    if not digits:
        return "locked" if is_locked(patient) else "unread"
    counted = Patient.objects.filter(pk=patient.pk, pin_failures__lt=MOST_FAILURES)
    if not counted.update(pin_failures=F("pin_failures") + 1):
        return "locked"
    if check_password(digits, patient.pin):
        Patient.objects.filter(pk=patient.pk, pin_locked_at=None).update(pin_failures=0)
        return "right"
    return _wrong(patient, now)


@transaction.atomic
def _wrong(patient: Patient, now: datetime) -> str:
    events.record("wrong pin", f"patient:{patient.pk}", by="link", now=now)
    over = Patient.objects.filter(pk=patient.pk, pin_failures__gte=MOST_FAILURES)
    if over.filter(pin_locked_at=None).update(pin_locked_at=now):
        events.record("locked by pin", f"patient:{patient.pk}", by="link", now=now)
    return "locked" if over.exists() else "wrong"


@transaction.atomic
def set_pin(patient: Patient, text: str, *, by: str, now: datetime) -> None:
    """Keeps only its hash, and opens locked links again. Raises EasyPin."""
    digits = as_typed(text)
    if not digits or digits in _EASY:
        raise EasyPin("Write six digits that are not all the same or in a row.")
    _open(patient, pin=make_password(digits))
    events.record("set pin", f"patient:{patient.pk}", by=by, now=now)


@transaction.atomic
def unlock(patient: Patient, *, by: str, now: datetime) -> None:
    """Five new tries with the same PIN: somebody has spoken with the patient."""
    _open(patient)
    events.record("unlocked pin", f"patient:{patient.pk}", by=by, now=now)


def _open(patient: Patient, **fields: str) -> None:
    Patient.objects.filter(pk=patient.pk).update(pin_failures=0, pin_locked_at=None, **fields)
