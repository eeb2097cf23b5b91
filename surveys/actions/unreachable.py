"""Whom mail must not reach, and the open forms that come back once an address is corrected."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from surveys.actions.asked import has_left
from surveys.actions.moves import move_message, move_occurrence
from surveys.confirmation import CONFIRMATION
from surveys.delivery import same_address
from surveys.models import Message, Occurrence, Patient

WAITING = ("queued", "retry")
# One in doubt may have arrived: it is not sent again, and its reminder, a different mail, may go.
REACHED = ("accepted", "delivered", "in_doubt")


def why_not(patient: Patient) -> tuple[str, str] | None:
    """The state and reason an occurrence takes when this patient must not be mailed."""
    if patient.status in ("discharged", "deceased"):
        return "cancelled", patient.status
    if patient.status == "on_hold":
        return "skipped", "on hold"
    if patient.mail_stop:
        return "unreachable", patient.mail_stop
    if not patient.email:
        return "unreachable", "no address"
    if not patient.email_consent_on:
        return "skipped", "no e-mail consent"
    return None


def waiting_invitation() -> Exists:
    """Of the survey in question. One that has left before waits only for a corrected address."""
    mine = Message.objects.filter(occurrence=OuterRef("pk"), kind="invitation")
    return Exists(mine.filter(state__in=WAITING))


@transaction.atomic
def invite_anew(patient: Patient, *, now: datetime) -> list[Occurrence]:
    """Open forms that could not be delivered fall due again for the address of now, where the
    patient may be mailed. Returns them."""
    rows = _open_and_unreachable(now).filter(course__patient=patient)
    return [row for row in rows if come_back(row, patient, now=now)]


def come_back(row: Occurrence, patient: Patient, *, now: datetime) -> bool:
    """One such form, with one new invitation, under a key of its own, in place of what was sent.

    Whoever calls holds patient and survey.
    """
    still = _open_and_unreachable(now).filter(pk=row.pk).exists()
    if not still or why_not(patient) or _another_is_pending(row) or _has_arrived(row, patient):
        return False
    if not move_occurrence(row, "due", now=now):
        return False
    for reminder in row.messages.filter(kind="reminder", state__in=WAITING):
        # of a mail to the address before: who is invited anew is reminded anew
        move_message(reminder, "cancelled", now=now)
    if has_left(row):
        sent = row.messages.filter(kind="invitation").count()
        Message.objects.create(
            key=f"invitation:{row.pk}:0:anew:{sent}", kind="invitation", occurrence=row,
            patient=patient, to_address=patient.email, state_at=now, queued_at=now,
        )  # fmt: skip
    return True


def _open_and_unreachable(now: datetime) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(state="unreachable", due_at__lte=now, closes_at__gt=now)
    return rows.filter(course__ended_at=None).order_by("-due_at")


def _another_is_pending(row: Occurrence) -> bool:
    """A form is confirmed once at a time: one planned since takes the place of this one."""
    pending = Q(rule=CONFIRMATION, state__in=["planned", "due", "sent"])
    return row.rule == CONFIRMATION and row.course.occurrences.filter(pending).exists()


def _has_arrived(row: Occurrence, patient: Patient) -> bool:
    """Whether an invitation reached this very address, or may have: then it is not sent there a
    second time, though a later mail came back and an address in between was wrong."""
    mine = row.messages.filter(kind="invitation", state__in=REACHED)
    return any(same_address(to, patient.email) for to in mine.values_list("to_address", flat=True))


def has_news_of(row: Occurrence, patient: Patient) -> bool:
    """Whether an invitation to the patient's present address has left or waits to: then what is
    heard of an older address says nothing of the survey."""
    mine = row.messages.filter(kind="invitation").exclude(state="cancelled")
    return any(same_address(to, patient.email) for to in mine.values_list("to_address", flat=True))
