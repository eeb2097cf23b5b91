"""What the fate of a mail means for its survey, for the address, and for an alert that waits."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from surveys import delivery, events, states
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.unreachable import WAITING, come_back, has_news_of
from surveys.models import Alert, Message, Occurrence, Patient

STOP_RANK = {stop: rank for rank, (stop, _) in enumerate(Patient.MAIL_STOPS)}
# After so many rounds that reached nobody the ladder's own minutes go on.
ROUNDS_AT_ONCE = 3
ARRIVED_AFTER_ALL = "the one it was to replace arrived after all"


def settle(message: Message, *, by: str, now: datetime) -> str:
    """Moves a message to where all that was heard of it leads. Returns its state.

    Who is just handing it over settles it afterwards.
    """
    if message.state == "sending":
        return message.state
    kinds = set(message.heard.values_list("kind", flat=True))
    target = delivery.state_after(kinds)
    for state in delivery.steps(states.MESSAGE, message.state, target) if target else ():
        fields = {"accepted_at": now, "retry_at": None} if state == "accepted" else {}
        if not move_message(message, state, now=now, **fields):
            break
        undelivered = state in ("bounced", "dropped")
        reason = delivery.why_unreachable(kinds) if undelivered else ""
        follow(message, state, reason, now=now)
        events.record(f"mail {state}", f"message:{message.pk}", by=by, now=now, kind=message.kind)
    _say_why(message, kinds)
    return message.state


def _say_why(message: Message, kinds: Collection[str]) -> None:
    """The weightiest reason stands, in whatever order they were heard."""
    if reason := delivery.why_unreachable({*kinds, getattr(message.occurrence, "reason", "")}):
        rows = Occurrence.objects.filter(pk=message.occurrence_id, state="unreachable")
        rows.filter(reason__in=("blocked", "dropped")).update(reason=reason)


def follow(message: Message, state: str, reason: str, *, now: datetime) -> None:
    """What a message's new state means beyond itself; `reason` says why it did not arrive."""
    if message.alert_id and state in ("bounced", "dropped", "failed"):
        tell_somebody_else(message.alert_id, now)
    occurrence = message.occurrence
    if occurrence is None:
        return
    occurrence.refresh_from_db()
    if state in ("bounced", "dropped"):
        _not_reached(message, occurrence, reason, now)
    elsewhere = not delivery.same_address(message.to_address, occurrence.course.patient.email)
    if state == "accepted" and not elsewhere:
        _withdraw_copies(message, now)
    if message.kind != "invitation" or occurrence.state not in ("planned", "due"):
        return
    # where it was to be invited anew at another address, an older letter's fate is no news
    if state == "accepted" and not (elsewhere and _waiting(message).exists()):
        if occurrence.state == "planned":  # withdrawn, planned again, and had left after all
            move_occurrence(occurrence, "due", now=now)
        move_occurrence(occurrence, "sent", now=now, sent_at=now)
    if state == "failed" and occurrence.state == "due":
        move_occurrence(occurrence, "skipped", now=now, reason="mail refused")


def _not_reached(message: Message, occurrence: Occurrence, reason: str, now: datetime) -> None:
    """What is heard of an address that was corrected meanwhile brings the form back instead."""
    patient = occurrence.course.patient
    old = not delivery.same_address(message.to_address, patient.email)
    if occurrence.state not in ("due", "sent") or (old and has_news_of(occurrence, patient)):
        return
    move_occurrence(occurrence, "unreachable", now=now, reason=reason)
    if old:
        come_back(occurrence, patient, now=now)


def _withdraw_copies(message: Message, now: datetime) -> None:
    """It arrived after all: what was queued in its place is not needed."""
    for one in _waiting(message).order_by("pk"):
        if same_mail(one) == same_mail(message):
            move_message(one, "cancelled", now=now, error=ARRIVED_AFTER_ALL)


def same_mail(message: Message) -> str:
    """What the keys of a mail and of all that were queued in its place begin with: kind, survey,
    and which of the reminders."""
    return ":".join(message.key.split(":")[:3])


def _waiting(message: Message) -> QuerySet[Message]:
    """Others of its kind and survey, which take the patient's present address when they leave."""
    others = Message.objects.filter(occurrence=message.occurrence_id, state__in=WAITING)
    return others.filter(kind=message.kind).exclude(pk=message.pk)


def tell_somebody_else(alert_id: int, now: datetime) -> None:
    """This mail told nobody: the alert's next round is due at once."""
    waiting = Alert.objects.filter(pk=alert_id, acknowledged_at=None, notices__lt=ROUNDS_AT_ONCE)
    waiting.update(next_notice_at=now)


def stop_mail(
    message: Message, kinds_and_times: Iterable[tuple[str, datetime]], *, by: str, now: datetime
) -> None:
    """Marks the patient as not to be mailed, for what was heard of the address mailed now.

    What is older than the front desk's last "mail again", or of another address, stops nothing.
    """
    if not message.patient_id:
        return
    patient = Patient.objects.select_for_update(no_key=True).get(pk=message.patient_id)
    again = patient.mail_again_at
    lately = {kind for kind, at in kinds_and_times if again is None or at > again}
    stops = delivery.stops_after(lately)
    if not delivery.same_address(message.to_address, patient.email):
        stops &= delivery.OF_THE_PERSON
    _raise_stop(patient, stops, by=by, now=now)


def _raise_stop(patient: Patient, stops: Collection[str], *, by: str, now: datetime) -> None:
    worst = max(stops, key=STOP_RANK.__getitem__, default="")
    if not worst or STOP_RANK[worst] <= STOP_RANK.get(patient.mail_stop, -1):
        return
    Patient.objects.filter(pk=patient.pk).update(mail_stop=worst)
    events.record("stopped mail", f"patient:{patient.pk}", by=by, now=now, why=worst)
