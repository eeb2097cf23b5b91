"""Moving rows along their state tables by conditional update: one changed row means it is ours."""

from datetime import datetime
from typing import Any

from django.db import transaction

from surveys import states
from surveys.actions.versions import keep_occurrences
from surveys.models import Alert, Message, Occurrence


@transaction.atomic
def move_occurrence(
    occurrence: Occurrence, state: str, *, now: datetime, reason: str = "", **fields: Any
) -> bool:
    """False when somebody else moved it first; raises IllegalMove for a move never allowed."""
    states.check_move(states.OCCURRENCE, occurrence.state, state)
    changed = Occurrence.objects.filter(pk=occurrence.pk, state=occurrence.state).update(
        state=state, reason=reason, state_at=now, **fields
    )
    if changed:
        occurrence.state, occurrence.reason, occurrence.state_at = state, reason, now
        keep_occurrences([occurrence.pk], now=now)
    return bool(changed)


def move_message(message: Message, state: str, *, now: datetime, **fields: Any) -> bool:
    """False when somebody else moved it first; raises IllegalMove for a move never allowed."""
    states.check_move(states.MESSAGE, message.state, state)
    changed = Message.objects.filter(pk=message.pk, state=message.state).update(
        state=state, state_at=now, **fields
    )
    if changed:
        message.state, message.state_at = state, now
    return bool(changed)


def move_alert(alert: Alert, state: str, **fields: Any) -> bool:
    """False when somebody else moved it first; raises IllegalMove for a move never allowed."""
    states.check_move(states.ALERT, alert.state, state)
    changed = Alert.objects.filter(pk=alert.pk, state=alert.state).update(state=state, **fields)
    if changed:
        alert.refresh_from_db()
    return bool(changed)
