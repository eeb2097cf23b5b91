"""Another protocol for a course that is under way."""

from datetime import datetime

from django.db import transaction

from surveys import events
from surveys.actions.asked import UNSENT
from surveys.actions.moves import move_message, move_occurrence
from surveys.actions.schedule import locked, replan
from surveys.actions.versions import keep_course
from surveys.confirmation import REASONS
from surveys.in_use import protocols_in_use
from surveys.models import Course, Message, Occurrence, ProtocolChange

NOT_YET_LEFT = ("queued", "retry", "cancelled")


@transaction.atomic
def change_protocol(course: Course, protocol: str, *, reason: str, by: str, now: datetime) -> bool:
    """Follows `protocol` from now on. False where that is the one already followed.

    What has gone out stays as it was asked and may still be answered; what has not is superseded,
    and the new protocol asks nothing again too soon. A form more that one answer called for is of
    no protocol and stays while the new one leaves it room. Raises KeyError for an unknown protocol.
    """
    course = locked(course)
    before = (course.protocol, course.protocol_version)
    after = (protocol, protocols_in_use()[protocol].version)
    if before == after:
        return False
    withdrawn = []
    for row in _not_gone_out(course):
        withdrawn.append((row.pk, row.due_at.isoformat(), "protocol changed"))
        for message in row.messages.filter(state__in=["queued", "retry"]):
            move_message(message, "cancelled", now=now)
        move_occurrence(row, "superseded", now=now, reason="protocol changed")
    course.protocol, course.protocol_version = after
    course.protocol_since = now
    course.save(update_fields=["protocol", "protocol_version", "protocol_since"])
    keep_course(course, now=now)
    change = ProtocolChange.objects.create(
        course=course, before=before[0], before_version=before[1], after=after[0],
        after_version=after[1], reason=reason, changed_by=by, changed_at=now,
    )  # fmt: skip
    subject = f"patient:{course.patient_id}"
    events.record(
        "changed protocol", subject, by=by, now=now, change=change.pk, withdrawn=withdrawn
    )
    replan(course, by=by, now=now)
    return True


def _not_gone_out(course: Course) -> list[Occurrence]:
    gone = Message.objects.filter(occurrence__course=course).exclude(state__in=NOT_YET_LEFT)
    rows = course.occurrences.select_for_update(no_key=True).filter(state__in=UNSENT)
    rows = rows.exclude(rule__in=REASONS)
    return list(rows.exclude(pk__in=gone.values("occurrence")))
