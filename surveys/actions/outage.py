"""After an outage: one mail a patient of all that it held up; the rest is left out, and counted.

The timetable's own passes say when sending last worked, and the line, how long a key was refused or
nobody was there to take mail.
Somebody who sends by hand once a day has no outage every morning: such passes neither say so nor
are judged by it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from surveys import events
from surveys.actions.answer import instruments_of
from surveys.actions.backlog import drop_reminder, leave_out_overtaken, skip, unsent
from surveys.actions.line import line
from surveys.actions.pause import left_or_leaving
from surveys.actions.send import due_reminders, hour_of, stage
from surveys.actions.unreachable import WAITING, why_not
from surveys.confirmation import FULL_FORM
from surveys.models import MailLine, Occurrence, Patient
from surveys.overtaken import APART, kept_from_leaving, leaves_at

# In a shorter one no two mails to one patient could have left: nothing piled up.
OUTAGE_FROM = APART
HELD_UP = "held up, and a newer form was asked"


@dataclass(frozen=True)
class Waiting:
    """A mail that waits: the invitation to a survey, or a reminder of it.

    `hour`: when it should have left. `in_time`: it can leave before the survey closes.
    """

    survey: Occurrence
    invites: bool
    hour: datetime
    in_time: bool

    @property
    def worth(self) -> tuple[bool, bool, bool, datetime]:
        """Of those that can still leave: the newest form, rather than a reminder of one; above all
        the full form that a short one calls for."""
        return self.in_time, self.survey.rule == FULL_FORM, self.invites, self.survey.due_at


def catch_up(*, by: str, now: datetime) -> int:
    """To be called by every pass of the timetable before it sends. How many mails were left out.

    Stopped half-way, the next pass begins it again.
    """
    since = _held_up_since(now)
    if since is None:
        return 0
    out = leave_out_overtaken(by=by, now=now)
    out += _keep_one_each(since, by=by, now=now)
    # until it is over the newest form that waits takes the place of the one kept before
    flows = MailLine.objects.filter(pk=1, closed_since=None, out_of_reach_since=None)
    flows.update(held_up_since=None)
    return out


@transaction.atomic
def _held_up_since(now: datetime) -> datetime | None:
    """Since when nothing could leave, where that is an outage; kept until mail flows."""
    row = line()
    stopped = min(filter(None, (row.closed_since, row.out_of_reach_since)), default=None)
    since = row.held_up_since or stopped or row.last_pass_at
    long = since is not None and now - since >= OUTAGE_FROM
    kept = since if long or stopped else None
    MailLine.objects.filter(pk=1).update(last_pass_at=now, held_up_since=kept)
    return since if long else None


@transaction.atomic
def _keep_one_each(since: datetime, *, by: str, now: datetime) -> int:
    more = [one for patient in _with_mail_waiting(now) for one in _keep_one(patient, since, now)]
    # held by their number, as everybody holds several surveys
    out = sum(_leave_out(one, now) for one in sorted(more, key=lambda one: one.survey.pk))
    if out:
        events.record("caught up", "mail", by=by, now=now, left_out=out)
    return out


def _with_mail_waiting(now: datetime) -> Iterable[list[tuple[Occurrence, bool]]]:
    """By patient who may be mailed: the surveys, and whether their invitation is what waits. Why
    others are not mailed is found, and counted, as each is tried."""
    rows = unsent(now).select_related("course__patient")
    rows = rows.prefetch_related("messages", "versions")
    reminded = Occurrence.objects.filter(pk__in=due_reminders(now=now)).order_by("due_at")
    reminded = reminded.select_related("course__patient").prefetch_related("messages")
    found: dict[int, list[tuple[Occurrence, bool]]] = defaultdict(list)
    for row, invites in [*((row, True) for row in rows), *((row, False) for row in reminded)]:
        if not why_not(row.course.patient):
            found[row.course.patient_id].append((row, invites))
    return found.values()


def _keep_one(
    surveys: list[tuple[Occurrence, bool]], since: datetime, now: datetime
) -> list[Waiting]:
    """All but the one to keep, where two or more would have left meanwhile."""
    patient = surveys[0][0].course.patient
    last, zone = _last_mail(patient), ZoneInfo(patient.timezone)
    mails = [_waiting(row, invites, last, zone, now) for row, invites in surveys]
    hours = [one.hour for one in mails]
    if kept_from_leaving(hours, since=since, last=last, zone=zone, now=now) < 2:
        return []
    best = max(mails, key=lambda one: one.worth)
    return [one for one in mails if one is not best]


def _last_mail(patient: Patient) -> datetime | None:
    return left_or_leaving(patient).aggregate(at=Max("state_at"))["at"]


def _waiting(
    row: Occurrence, invites: bool, last: datetime | None, zone: ZoneInfo, now: datetime
) -> Waiting:
    hour = _could_leave_from(row) if invites else hour_of(row, stage(row, now))
    leaves = leaves_at(hour, since=now, last=last, zone=zone)
    return Waiting(row, invites, hour, leaves < row.closes_at and bool(instruments_of(row)))


def _could_leave_from(row: Occurrence) -> datetime:
    """When its invitation fell due; later for one that came back with a corrected address, and for
    one that a person sent again in place of one in doubt."""
    known = list(row.versions.all())
    came_back = (
        new.known_from
        for old, new in pairwise(known)
        if (old.state, new.state) == ("unreachable", "due")
    )
    mails = [one for one in row.messages.all() if one.kind == "invitation"]
    sent_before = any(one.state not in (*WAITING, "cancelled") for one in mails)
    again = (one.queued_at for one in mails if sent_before and one.state in WAITING)
    return max([row.due_at, *came_back, *again])


def _leave_out(mail: Waiting, now: datetime) -> bool:
    act = skip if mail.invites else drop_reminder
    return act(mail.survey, HELD_UP, now)
