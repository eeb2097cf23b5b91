"""What an act would change in what will be sent, found by doing it and taking it back."""

from collections.abc import Callable

from django.db import transaction

from surveys.models import Patient
from surveys.trail import told


def changes_of(act: Callable[[], object], patient: Patient) -> tuple[str, ...]:
    """The changes in words. Nothing of the act stays, the audit trail included."""
    with transaction.atomic():
        known = len(told(patient))
        act()
        new = told(patient)
        transaction.set_rollback(True)
    return new[0].changes if len(new) > known else ()
