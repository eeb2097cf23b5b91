"""Invitations and reminders, decided at the moment of sending from the state of that moment."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from surveys.actions.answer import instruments_of
from surveys.actions.line import LONGEST_PAUSE
from surveys.actions.mail import hand_over
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.pause import waits_for
from surveys.actions.unreachable import REACHED, WAITING, why_not
from surveys.delivery import same_address
from surveys.in_use import reminders_after
from surveys.models import MailLine, Message, Occurrence, Patient


def due_invitations(*, now: datetime) -> list[int]:
    """Occurrences to invite for now, at most one per patient, those that close first before all."""
    rows = (
        Occurrence.objects.filter(state="due", due_at__lte=now, closes_at__gt=now)
        .exclude(Exists(_invited(now)), ~Exists(_to_try(now)))
        .order_by("-closes_at", "due_at", "pk")
        .values_list("course__patient_id", "pk")
    )
    first_to_close = dict(rows)  # the last row of each patient stays
    found = [pk for patient, pk in reversed(rows) if first_to_close[patient] == pk]
    # a closed line is tried by one letter: not for ever by the one that may itself be the trouble
    return sorted(found, key=_closed_the_line().__contains__)


def _closed_the_line() -> set[int | None]:
    """Surveys whose invitation was refused in the words for which the line is closed now."""
    why = MailLine.objects.exclude(why="").values_list("why", flat=True).first()
    refused = Message.objects.filter(kind="invitation", state="retry", error__startswith=why or "")
    return set(refused.values_list("occurrence_id", flat=True)) if why else set()


# Of these nobody has heard, or a new one stands in their place.
WITHDRAWN = ("cancelled", "not_accepted")


def _invited(now: datetime) -> QuerySet[Message]:
    """Invitations to the survey in question that left, may have, or wait for their next try."""
    mine = Message.objects.filter(occurrence=OuterRef("pk"), kind="invitation")
    return mine.exclude(state__in=["queued", *WITHDRAWN]).exclude(~_pausing(now), state="retry")


def _to_try(now: datetime) -> QuerySet[Message]:
    """Invitations that may be tried now: the first, or one to an address that was corrected."""
    mine = Message.objects.filter(occurrence=OuterRef("pk"), kind="invitation", state__in=WAITING)
    return mine.exclude(_pausing(now), state="retry")


def _pausing(now: datetime) -> Q:
    return Q(retry_at__gt=now, retry_at__lte=now + LONGEST_PAUSE)


def invite(occurrence_id: int, *, by: str, now: datetime) -> str:
    """Sends the invitation unless something forbids it. Returns the state or what it waits for."""
    hour = Occurrence.objects.values_list("due_at", flat=True).get(pk=occurrence_id)
    return _send(occurrence_id, "invitation", 0, hour, by=by, now=now)


def due_reminders(*, now: datetime) -> list[int]:
    """Unanswered occurrences whose next reminder's hour has come."""
    rows = (
        Occurrence.objects.filter(state__in=["sent", "due"], closes_at__gt=now)
        .filter(messages__kind="invitation", messages__state__in=REACHED)
        .select_related("course")
        .prefetch_related("messages")
    )
    return [row.pk for row in rows if _reminder_due(row, now)]


def _reminder_due(row: Occurrence, now: datetime) -> bool:
    if any(one.kind == "invitation" and one.state in WAITING for one in row.messages.all()):
        return False  # to an address that was corrected: it comes first
    reminders, _ = _reminders(row)
    if any(one.state in WAITING for one in reminders):
        return True
    return stage(row, now) > max((_ordinal(one) for one in reminders), default=0)


def stage(row: Occurrence, now: datetime) -> int:
    """How many of the protocol's reminders have had their hour since the mail that arrived."""
    return sum(now >= hour for hour in _hours(row))


def hour_of(row: Occurrence, ordinal: int) -> datetime:
    """When the reminder of this number should leave: 1 is the first."""
    return _hours(row)[ordinal - 1]


def _hours(row: Occurrence) -> list[datetime]:
    since = _left_at(_arrived(row))
    return [since + timedelta(hours=hours) for hours in reminders_after(row.protocol)]


def _left_at(mail: Message) -> datetime:
    return mail.handed_at or mail.queued_at


def _arrived(row: Occurrence) -> Message:
    """The newest invitation that reached the patient, or may have."""
    mails = (one for one in row.messages.all() if one.kind == "invitation" and one.state in REACHED)
    return max(mails, key=_left_at)


def _reminders(row: Occurrence) -> tuple[list[Message], list[Message]]:
    """Those of the invitation that arrived; and those from before it, to an address that was wrong:
    whoever is invited anew is reminded anew."""
    came = _arrived(row)
    found: tuple[list[Message], list[Message]] = ([], [])
    for one in row.messages.all():
        if one.kind == "reminder":
            older = one.queued_at < came.queued_at
            found[older and not same_address(one.to_address, came.to_address)].append(one)
    return found


def reminder_key(row: Occurrence, ordinal: int) -> str:
    """One of a number for each address that was invited; `ordinal` 1 is the first."""
    _, before = _reminders(row)
    return f"reminder:{row.pk}:{ordinal}" + (f":anew:{_arrived(row).pk}" if before else "")


NEWER_REMINDER = "a newer reminder leaves in its place"
# After the last reminder nobody is mailed about this form again: a day later somebody calls.
CALLED_AFTER = timedelta(hours=24)


def reminded_in_vain(patient: Patient, *, now: datetime) -> Occurrence | None:
    """The oldest open form whose last reminder went out a day ago and is unanswered."""
    rows = (
        Occurrence.objects.filter(course__patient=patient, state="sent", closes_at__gt=now)
        .filter(messages__kind="reminder", messages__handed_at__lte=now - CALLED_AFTER)
        .filter(messages__kind="invitation", messages__state__in=REACHED)
        .prefetch_related("messages")
        .distinct()
    )
    return next((row for row in rows if _all_reminded(row, now - CALLED_AFTER)), None)


def _all_reminded(row: Occurrence, before: datetime) -> bool:
    hours = reminders_after(row.protocol)
    mine, _ = _reminders(row)
    out = [_ordinal(one) for one in mine if one.state in REACHED and _left_at(one) <= before]
    return bool(hours) and max(out, default=0) >= len(hours)


def _ordinal(reminder: Message) -> int:
    """Which of the protocol's reminders; the one sent in place of a doubtful one counts as it."""
    number = reminder.key.split(":")[2]
    return int(number) if number.isdigit() else 0


def remind(occurrence_id: int, *, by: str, now: datetime) -> str:
    """Sends the newest reminder whose hour has come, unless something forbids it.

    One whose hour passed while nothing could be sent is left out, not sent on top.
    """
    row = Occurrence.objects.prefetch_related("messages").get(pk=occurrence_id)
    if not any(one.kind == "invitation" and one.state in REACHED for one in row.messages.all()):
        return "not invited"
    number = stage(row, now)
    return _send(occurrence_id, "reminder", number, hour_of(row, number), by=by, now=now)


def _send(
    occurrence_id: int, kind: str, ordinal: int, hour: datetime, *, by: str, now: datetime
) -> str:
    message, waiting = _queue(occurrence_id, kind, ordinal, hour, now)
    return hand_over(message.pk, by=by, now=now) if message else waiting


@transaction.atomic
def _queue(
    occurrence_id: int, kind: str, ordinal: int, hour: datetime, now: datetime
) -> tuple[Message | None, str]:
    row = Occurrence.objects.select_related("course__patient").get(pk=occurrence_id)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=row.course.patient_id)
    if row.state not in ("due", "sent") or not row.due_at <= now < row.closes_at:
        return None, f"occurrence is {row.state}"
    if forbidden := why_not(patient):
        return None, _refuse(row, *forbidden, now=now)
    if not instruments_of(row):
        return None, _refuse(row, "skipped", "switched off", now=now)
    if wait := waits_for(patient, hour=hour, now=now):
        return None, wait
    _withdraw_older_reminders(row, ordinal, now)
    message = row.messages.filter(kind=kind, state__in=["queued", "retry"]).first()
    if message is None:
        message, _ = Message.objects.get_or_create(
            key=_key(row, kind, ordinal),
            defaults={
                "kind": kind,
                "occurrence": row,
                "patient": patient,
                "to_address": patient.email,
                "state_at": now,
                "queued_at": now,
            },
        )
    if message.to_address != patient.email and message.state in ("queued", "retry"):
        message.to_address = patient.email
        message.save(update_fields=["to_address"])
    return message, ""


def _withdraw_older_reminders(row: Occurrence, ordinal: int, now: datetime) -> None:
    """One that waited for its next try until the hour of a newer one: it would leave on top."""
    for one in row.messages.filter(kind="reminder", state__in=["queued", "retry"]):
        if 0 < _ordinal(one) < ordinal:
            move_message(one, "cancelled", now=now, error=NEWER_REMINDER)


def _key(row: Occurrence, kind: str, ordinal: int) -> str:
    """One mail of a kind and number. A survey that was cancelled and came back is invited anew."""
    if kind == "reminder":
        return reminder_key(row, ordinal)
    withdrawn = row.messages.filter(kind="invitation", state="cancelled").count()
    return f"invitation:{row.pk}:{ordinal}" + (f":again:{withdrawn}" if withdrawn else "")


def _refuse(row: Occurrence, state: str, reason: str, *, now: datetime) -> str:
    # a survey that was sent stays sent: its link may still be answered; so does one whose mail is
    # leaving at this moment: what becomes of that settles it
    leaving = row.messages.filter(kind="invitation", state="sending").exists()
    if row.state == "due" and not leaving:
        move_occurrence(row, state, now=now, reason=reason)
    for message in row.messages.filter(state__in=["queued", "retry"]):
        move_message(message, "cancelled", now=now)
    return reason
