"""After an outage: one mail a patient of all that it held up; the rest is left out, and counted.

The timetable's own passes say when sending last worked. Somebody who sends by hand once a day has
no outage every morning: such passes neither say so nor are judged by it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from surveys import events
from surveys.actions.backlog import drop_reminder, leave_out_overtaken, skip, unsent
from surveys.actions.line import line
from surveys.actions.send import due_reminders
from surveys.actions.unreachable import why_not
from surveys.confirmation import FULL_FORM
from surveys.models import MailLine, Occurrence

# The timetable sends every five minutes; six passes missed are no slow one (our judgement).
OUTAGE_FROM = timedelta(minutes=30)
HELD_UP = "held up, and a newer form was asked"


@dataclass(frozen=True)
class Waiting:
    """A mail that waits: the invitation to a survey, or a reminder of it."""

    survey: Occurrence
    invites: bool

    @property
    def worth(self) -> tuple[bool, bool, datetime]:
        """The newest form, rather than a reminder of one; above all the full form that a short
        one calls for."""
        return self.survey.rule == FULL_FORM, self.invites, self.survey.due_at


def catch_up(*, by: str, now: datetime) -> int:
    """To be called by every pass of the timetable before it sends. How many mails were left out.

    Stopped half-way, the next pass begins it again.
    """
    if not _was_held_up(now):
        return 0
    out = leave_out_overtaken(by=by, now=now)
    out += _keep_one_each(by=by, now=now)
    MailLine.objects.filter(pk=1).update(held_up=False)
    return out


@transaction.atomic
def _was_held_up(now: datetime) -> bool:
    row = line()
    before = row.last_pass_at
    held_up = row.held_up or (before is not None and now - before >= OUTAGE_FROM)
    MailLine.objects.filter(pk=1).update(last_pass_at=now, held_up=held_up)
    return held_up


@transaction.atomic
def _keep_one_each(*, by: str, now: datetime) -> int:
    out = 0
    for mails in _waiting(now).values():
        best = max(mails, key=lambda one: one.worth)
        out += sum(_leave_out(one, now) for one in mails if one is not best)
    if out:
        events.record("caught up", "mail", by=by, now=now, left_out=out)
    return out


def _waiting(now: datetime) -> dict[int, list[Waiting]]:
    """By patient who may be mailed; why others are not is found, and counted, as each is tried."""
    rows = unsent(now).select_related("course__patient").prefetch_related("messages")
    reminded = Occurrence.objects.filter(pk__in=due_reminders(now=now)).order_by("due_at")
    reminded = reminded.select_related("course__patient").prefetch_related("messages")
    mails = [*(Waiting(row, True) for row in rows), *(Waiting(row, False) for row in reminded)]
    found: dict[int, list[Waiting]] = defaultdict(list)
    for one in mails:
        if not why_not(one.survey.course.patient):
            found[one.survey.course.patient_id].append(one)
    return found


def _leave_out(mail: Waiting, now: datetime) -> bool:
    act = skip if mail.invites else drop_reminder
    return act(mail.survey, HELD_UP, now)
