"""Who may sign in, and for what."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from surveys import events
from surveys.models import Staff


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
def change_staff(staff: Staff, *, by: str, now: datetime, **fields: bool) -> None:
    """On or off call (`on_call`), gone or back (`is_active`). Nothing changed writes nothing."""
    changed = {name: value for name, value in fields.items() if getattr(staff, name) != value}
    for name, value in changed.items():
        setattr(staff, name, value)
    if changed:
        staff.save(update_fields=list(changed))
        events.record("changed staff", f"staff:{staff.pk}", by=by, now=now, **changed)
