"""Who may sign in, and for what."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from surveys import events
from surveys.models import Patient, Staff

CLINICAL = ("clinician", "lead")


class NobodyWouldRead(ValueError):
    """An account was to end whose patients would be left without anybody who reads about them."""


@transaction.atomic
def add_staff(
    email: str,
    password: str,
    *,
    name: str,
    role: str,
    timezone: str,
    on_call: bool = False,
    by: str,
    now: datetime,
) -> Staff:
    """A new member of staff. Raises ValidationError for a password that is too easy to guess."""
    validate_password(password)
    staff = Staff.objects.create_user(
        email, password, name=name, role=role, timezone=timezone, on_call=on_call
    )
    events.record("added staff", f"staff:{staff.pk}", by=by, now=now, role=role, on_call=on_call)
    return staff


@transaction.atomic
def set_password(staff: Staff, password: str, *, by: str, now: datetime) -> None:
    """A new password; every open sign-in ends. Raises ValidationError if too easy to guess."""
    validate_password(password, staff)
    staff.set_password(password)
    staff.save(update_fields=["password"])
    events.record("changed password", f"staff:{staff.pk}", by=by, now=now)


@transaction.atomic
def end_account(staff: Staff, successor: Staff | None, *, by: str, now: datetime) -> int:
    """They can no longer sign in; their patients are the successor's. Returns how many.

    Raises NobodyWouldRead where there are patients and no successor who works here and may
    read answers: weekly reports and escalated alerts would go to nobody.
    """
    mine = list(
        Patient.objects.select_for_update(no_key=True).filter(clinician=staff).order_by("pk")
    )
    if mine and not _may_follow(staff, successor):
        raise NobodyWouldRead
    for patient in mine:
        Patient.objects.filter(pk=patient.pk).update(clinician=successor)
        events.record(
            "changed contact", f"patient:{patient.pk}", by=by, now=now, fields=["clinician"]
        )
    _change(staff, by=by, now=now, is_active=False, on_call=False)
    return len(mine)


def _may_follow(staff: Staff, successor: Staff | None) -> bool:
    if successor is None or successor.pk == staff.pk:
        return False
    return successor.is_active and successor.role in CLINICAL


@transaction.atomic
def change_staff(staff: Staff, *, by: str, now: datetime, **fields: bool) -> None:
    """On or off call (`on_call`), or back (`is_active`). Nothing changed writes nothing.

    Raises ValueError for an account to be ended: `end_account` finds its patients a reader.
    """
    if fields.get("is_active") is False:
        raise ValueError("end_account ends an account")
    _change(staff, by=by, now=now, **fields)


def _change(staff: Staff, *, by: str, now: datetime, **fields: bool) -> None:
    changed = {name: value for name, value in fields.items() if getattr(staff, name) != value}
    for name, value in changed.items():
        setattr(staff, name, value)
    if changed:
        staff.save(update_fields=list(changed))
        events.record("changed staff", f"staff:{staff.pk}", by=by, now=now, **changed)
