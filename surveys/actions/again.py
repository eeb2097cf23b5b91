"""One form more of a questionnaire, for a reason that an answered form gave."""

from datetime import datetime

from django.db import transaction

from surveys import events
from surveys.actions.asked import UNSENT
from surveys.actions.more import answered_since, asked_again
from surveys.actions.schedule import LEFT, PLANNED_AHEAD, explained_for, locked, replan
from surveys.actions.standing import short_to_follow, step_down_in_force
from surveys.confirmation import CONFIRMATION, FULL_FORM, REASONS, form_again, in_time
from surveys.in_use import instruments_to_ask
from surveys.models import Course, Occurrence, Response


@transaction.atomic
def ask_again(
    course: Course, form: Response, *, rule: str = CONFIRMATION, by: str, now: datetime
) -> bool:
    """Plans one form more after `form`; the same again changes nothing.

    False where it is not asked: another one is pending, this form was asked about before, the
    questionnaire was answered since, the days for it are over, it is switched off, the patient has
    left, or an ordinary form comes so close that it tells as much.
    """
    course = locked(course)
    if not _may_ask(course, form, rule, now):
        return False
    zone, until = course.patient.timezone, now + PLANNED_AHEAD
    more = form_again(rule, form.instrument, form.answered_at, str(form.pk), zone)
    extra = [*asked_again(course, now=now), more]
    if more.key not in {one.key for one in explained_for(course, until=until, extra=extra).forms}:
        return False
    subject = f"patient:{course.patient_id}"
    events.record("asked again", subject, by=by, now=now, rule=rule, response=form.pk)
    replan(course, by=by, now=now, extra=[more])
    return True


def _may_ask(course: Course, form: Response, rule: str, now: datetime) -> bool:
    mine = course.occurrences.filter(rule=rule)
    if course.ended_at or course.patient.status in LEFT or not in_time(rule, form.answered_at, now):
        return False
    if mine.filter(anchor=form.pk).exists() or mine.filter(state__in=[*UNSENT, "sent"]).exists():
        return False
    asks = REASONS[rule].instrument or form.instrument
    return _is_asked_of_patients(asks) and not answered_since(form, rule)


def _is_asked_of_patients(instrument: str) -> bool:
    known = instruments_to_ask().get(instrument)
    return known is not None and known.kind != "clinician-rated"


def follow_short_form(course: Course, *, by: str, now: datetime) -> None:
    """Plans the full form where the newest short one is positive or has a gap."""
    short = short_to_follow(course)
    if short is not None:
        ask_again(course, short, rule=FULL_FORM, by=by, now=now)


@transaction.atomic
def looked_at(course: Course, until: datetime, *, by: str, now: datetime) -> None:
    """Answers recorded up to `until` need no second look. A positive short form brings the full
    one, and where short forms are allowed the plan follows the answers, up or down."""
    follow_short_form(course, by=by, now=now)
    if step_down_in_force():
        replan(course, by=by, now=now)
    Course.objects.filter(pk=course.pk).update(looked_until=until)


def withdraw_settled(*, by: str, now: datetime) -> int:
    """Forms more that are of no use any more, since the questionnaire was answered meanwhile.

    Looks only at the few that are pending. Returns how many were withdrawn.
    """
    pending = Occurrence.objects.filter(rule__in=REASONS, state__in=UNSENT, messages=None)
    settled = [
        row for row in pending if answered_since(Response.objects.get(pk=row.anchor), row.rule)
    ]
    for row in settled:
        replan(row.course, by=by, now=now)
    return len(settled)
