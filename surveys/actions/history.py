"""Other treatments and substances. Each change is a new version; nothing said is overwritten."""

from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from surveys import events
from surveys.history import HistoryStatement, problems
from surveys.models import HistoryEntry, Patient


class HistoryError(ValueError):
    """What cannot be recorded; `problems` says what to do, by field."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in found.items()))
        self.problems = found


@transaction.atomic
def record_history(
    patient: Patient, told: HistoryStatement, *, by: str, now: datetime
) -> HistoryEntry:
    """Records an entry; the very same, still standing, is found again. Raises HistoryError.

    Where there is none and no day was given, it was asked today.
    """
    _hold(patient)
    told = _checked(patient, told, now)
    same = current(patient).filter(**asdict(told)).first()
    return same or _write(patient, None, told, by=by, now=now)


@transaction.atomic
def correct_history(
    patient: Patient, key: UUID, told: HistoryStatement, *, by: str, now: datetime
) -> HistoryEntry:
    """Corrects or ends an entry: a new version under the same key. Raises HistoryError, and
    HistoryEntry.DoesNotExist where there is none or it was withdrawn."""
    _hold(patient)
    old, told = current(patient).get(key=key), _checked(patient, told, now)
    return old if old.told == told else _write(patient, old, told, by=by, now=now)


@transaction.atomic
def withdraw_history(patient: Patient, key: UUID, *, by: str, now: datetime) -> None:
    """Takes back what was entered by mistake; the versions before stay. Again is a no-op."""
    _hold(patient)
    old = current(patient).filter(key=key).first()
    if old:
        _write(patient, old, old.told, by=by, now=now, withdrawn=True)


def current(patient: Patient) -> QuerySet[HistoryEntry]:
    """What stands now, in the order in which it was first said."""
    return HistoryEntry.objects.filter(patient=patient, superseded_at=None, withdrawn=False)


def _hold(patient: Patient) -> None:
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk).values_list("pk"))


def _checked(patient: Patient, told: HistoryStatement, now: datetime) -> HistoryStatement:
    today = now.astimezone(ZoneInfo(patient.timezone)).date()
    found = problems(told, today)
    if found:
        raise HistoryError(found)
    return replace(told, since=told.since or today.isoformat()) if told.none else told


def _write(
    patient: Patient,
    old: HistoryEntry | None,
    told: HistoryStatement,
    *,
    by: str,
    now: datetime,
    withdrawn: bool = False,
) -> HistoryEntry:
    identity = {}
    if old:
        HistoryEntry.objects.filter(pk=old.pk).update(superseded_at=now)
        identity = {"key": old.key, "version": old.version + 1}
    entry = HistoryEntry.objects.create(
        patient=patient, recorded_at=now, recorded_by=by, withdrawn=withdrawn,
        **identity, **asdict(told),
    )  # fmt: skip
    verb = "withdrew history" if withdrawn else "corrected history" if old else "recorded history"
    events.record(
        verb, f"patient:{patient.pk}", by=by, now=now, entry=str(entry.key), version=entry.version
    )
    return entry
