"""Alerts: raised with the answers, mailed to staff until a signed-in person acknowledges."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Q, QuerySet

from surveys import events
from surveys.actions.mail import hand_over
from surveys.actions.moves import move_alert
from surveys.actions.outcome import tell_somebody_else
from surveys.models import Alert, Message, Occurrence, Response, Staff
from surveys.triage import Concern, from_kept, untold

# Minutes from one notice to the next; the last number goes on for ever.
# Defaults for the clinic's medical director to set; opinion, no trial behind them.
LADDER_MINUTES = {"urgent": (15, 15, 30), "standard": (30, 60, 120)}


def raise_alert(
    response: Response, found: Sequence[Concern], *, page: bool, by: str, now: datetime
) -> Alert:
    """One alert for one response, in the caller's transaction, with its first mails queued.

    `page=False` is for old records: the alert stands and is counted every week, without mails.
    """
    urgent = any(concern.level == "urgent" for concern in found)
    alert = Alert.objects.create(
        patient_id=response.patient_id,
        response=response,
        raised_at=now,
        level="urgent" if urgent and page else "standard",
        concerns=[asdict(concern) for concern in found],
        next_notice_at=now if page else None,
    )
    return _tell(alert, page=page, by=by, now=now)


def raise_unsent(
    occurrence: Occurrence,
    found: Iterable[Concern],
    *,
    how: str = "begun, not sent",
    by: str,
    now: datetime,
) -> Alert | None:
    """The lower alert for answers that are in no stored form, in the caller's transaction, which
    holds the survey's row.

    None where earlier alerts of the survey told as much, whatever became of them.
    """
    anew = untold_of(occurrence, found)
    if not anew:
        return None
    alert = Alert.objects.create(
        patient_id=occurrence.course.patient_id,
        unsent=occurrence,
        unsent_answers=" ".join(sorted(f"{one.instrument}.{one.item}={one.value}" for one in anew)),
        raised_at=now,
        level="standard",
        concerns=[asdict(replace(one, reason=f"{how}: {one.reason}")) for one in anew],
        next_notice_at=now,
    )
    return _tell(alert, page=True, by=by, now=now)


def untold_of(occurrence: Occurrence, found: Iterable[Concern]) -> tuple[Concern, ...]:
    """Those that say more than every alert of this survey, of stored forms and of others."""
    told = (from_kept(kept) for kept in alerts_told(occurrence).values_list("concerns", flat=True))
    return untold(found, chain.from_iterable(told))


def alerts_told(occurrence: Occurrence) -> QuerySet[Alert]:
    """The alerts of this survey that ring somebody, or that somebody has seen. One of a form typed
    from old paper rings nobody: what is said today is news beside it."""
    alerts = Alert.objects.filter(Q(response__occurrence=occurrence) | Q(unsent=occurrence))
    return alerts.exclude(next_notice_at=None, notices=0, acknowledged_at=None)


def _tell(alert: Alert, *, page: bool, by: str, now: datetime) -> Alert:
    events.record("raised alert", f"alert:{alert.pk}", by=by, now=now, paged=page)
    if page:
        _queue_round(alert, 0, now)
    return alert


def due_alerts(*, now: datetime) -> list[int]:
    """Alerts whose next notice is due or whose last one still waits to leave."""
    unacknowledged = Alert.objects.filter(state__in=["open", "notified", "escalated"])
    due = unacknowledged.filter(_is_due(now)).values_list("pk", flat=True)
    waiting = unacknowledged.filter(messages__state__in=["queued", "retry"])
    return sorted({*due, *waiting.values_list("pk", flat=True)})


def _is_due(now: datetime) -> Q:
    """A notice further ahead than any step of the ladder was set by a clock that was wrong."""
    due = Q(next_notice_at__lte=now)
    for level, steps in LADDER_MINUTES.items():
        due |= Q(level=level, next_notice_at__gt=now + timedelta(minutes=max(steps)))
    return due


def notify(alert_id: int, *, by: str, now: datetime) -> int:
    """Queues the round that is due, hands over what waits. Returns how many mails were accepted."""
    _begin_round(alert_id, by=by, now=now)
    waiting = Message.objects.filter(alert_id=alert_id, state__in=["queued", "retry"])
    ids = list(waiting.values_list("pk", flat=True))
    accepted = [pk for pk in ids if hand_over(pk, by=by, now=now) in ("accepted", "delivered")]
    if accepted:
        _mark_notified(alert_id, now)
    elif ids and not waiting.exists():
        tell_somebody_else(alert_id, now)
    return len(accepted)


@transaction.atomic
def _begin_round(alert_id: int, *, by: str, now: datetime) -> None:
    alert = Alert.objects.select_for_update(no_key=True).filter(_is_due(now), pk=alert_id).first()
    if alert is None or alert.acknowledged_at:
        return
    _queue_round(alert, alert.notices, now)
    ladder = LADDER_MINUTES[alert.level]
    wait = timedelta(minutes=ladder[min(alert.notices, len(ladder) - 1)])
    Alert.objects.filter(pk=alert.pk).update(notices=alert.notices + 1, next_notice_at=now + wait)
    if alert.notices and alert.state in ("open", "notified"):
        move_alert(alert, "escalated")
        events.record("escalated alert", f"alert:{alert.pk}", by=by, now=now, round=alert.notices)


def _queue_round(alert: Alert, round_: int, now: datetime) -> None:
    for staff in recipients(alert, round_):
        Message.objects.get_or_create(
            key=f"alert:{alert.pk}:{staff.pk}:{round_}",
            defaults={
                "kind": "alert",
                "alert": alert,
                "staff": staff,
                "to_address": staff.email,
                "counts": {"round": round_},
                "state_at": now,
                "queued_at": now,
            },
        )


def recipients(alert: Alert, round_: int) -> list[Staff]:
    """First whoever is on call; then the patient's clinician and the leads; then every clinician.

    With nobody on call the first round already goes to everybody.
    """
    clinical = Staff.objects.filter(is_active=True, role__in=["clinician", "lead"])
    on_call = list(clinical.filter(on_call=True))
    if round_ == 0 and on_call:
        return on_call
    if round_ == 1 and on_call:
        own = clinical.filter(pk=alert.patient.clinician_id)
        return sorted({*on_call, *own, *clinical.filter(role="lead")}, key=lambda one: one.pk)
    return list(clinical.order_by("pk"))


def _mark_notified(alert_id: int, now: datetime) -> None:
    alert = Alert.objects.get(pk=alert_id)
    if alert.state == "open":
        move_alert(alert, "notified")
    Alert.objects.filter(pk=alert_id, notified_at=None).update(notified_at=now)


@transaction.atomic
def acknowledge(alert_id: int, *, staff: Staff, now: datetime) -> Alert:
    """A signed-in clinician takes the alert on. Twice is harmless: the first one stays named."""
    alert = Alert.objects.select_for_update(no_key=True).get(pk=alert_id)
    if alert.acknowledged_at:
        return alert
    move_alert(
        alert, "acknowledged", acknowledged_at=now, acknowledged_by=staff, next_notice_at=None
    )
    Message.objects.filter(alert=alert, state__in=["queued", "retry"]).update(
        state="cancelled", state_at=now
    )
    events.record("acknowledged alert", f"alert:{alert.pk}", by=f"staff:{staff.pk}", now=now)
    return alert


@transaction.atomic
def close(alert_id: int, *, staff: Staff, outcome: str, now: datetime) -> Alert:
    """Records what was done. Needs words and an acknowledgement first."""
    alert = Alert.objects.select_for_update(no_key=True).get(pk=alert_id)
    if not outcome.strip():
        raise ValueError("Say in a few words what was done.")
    move_alert(alert, "closed", closed_at=now, outcome=outcome.strip())
    events.record("closed alert", f"alert:{alert.pk}", by=f"staff:{staff.pk}", now=now)
    return alert
