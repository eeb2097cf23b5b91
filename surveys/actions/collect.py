"""Answers given in the clinic: on a tablet, over the phone, on paper; planned or not."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet

from surveys import events
from surveys.actions.answer import Submitted, instruments_of, submit
from surveys.actions.moves import move_occurrence
from surveys.actions.same_time import same_again
from surveys.actions.schedule import locked, replan
from surveys.in_use import followed_here
from surveys.models import Alert, Course, Handover, Occurrence
from surveys.planned import UNPLANNED
from surveys.scoring import Answers

# Long enough for the longest form at a slow pace, short enough for a tablet left lying (ours).
TABLET_FOR = timedelta(minutes=30)
# A form outside the plan is open for the day on which it is filled in.
OPEN_FOR = timedelta(days=1)
# How long after its window a planned form may still be typed in as that form (our judgement:
# the recall period of the questionnaires).
STILL_TAKEN_FOR = timedelta(days=14)
LEFT_OPEN = "left open on the tablet"
WITHDRAWN = ("superseded", "cancelled")
TYPED = ("phone", "paper")
MAY_BE_ANSWERED = ("planned", "due", "sent", "expired", "skipped", "unreachable")


def answerable(course: Course, *, now: datetime) -> QuerySet[Occurrence]:
    """Forms that have fallen due and may still be answered, newest first: planned ones, and of the
    day one outside the plan that was left open on a tablet."""
    rows = course.occurrences.filter(
        state__in=MAY_BE_ANSWERED, due_at__lte=now, closes_at__gt=now - STILL_TAKEN_FOR
    )
    return rows.exclude(rule=UNPLANNED, closes_at__lte=now).order_by("-due_at")


def unplanned(course: Course, survey: str, *, ref: UUID, at: datetime) -> Occurrence:
    """A form outside the plan, not stored yet. KeyError where the protocol has no such survey."""
    asked = followed_here(course.protocol, course.indication).surveys[survey]
    return Occurrence(
        ref=ref, course=course, protocol=course.protocol, protocol_version=course.protocol_version,
        rule=UNPLANNED, anchor="", ordinal=0, survey=survey, instruments=list(asked.instruments),
        due_at=at, closes_at=at + OPEN_FOR, state_at=at,
    )  # fmt: skip


@transaction.atomic
def submit_here(
    form: Occurrence,
    answers: Mapping[str, Answers],
    *,
    mode: str,
    by: str,
    now: datetime,
    answered_at: datetime | None = None,
) -> Submitted:
    """As `submit`. A form outside the plan is stored with its answers, under a number of its own,
    so that it is never open, never mailed, and later forms keep their distance from it. So is one
    that was withdrawn, or answered otherwise, while it lay open: what somebody answered is kept
    and read.

    A paper form of a day, typed in again with the very same answers, is the one recorded before.
    """
    course, at = locked(form.course), answered_at or now
    given = {one.id: dict(answers.get(one.id, {})) for one in instruments_of(form)}
    rows = same_again(course, given, at) if mode in TYPED else ()
    if rows:
        return Submitted(rows, Alert.objects.filter(response__in=rows).first(), again=True)
    row = _still_asked(form if form.pk else _stored(form, course), given)
    done = submit(row, answers, mode=mode, by=by, now=now, answered_at=answered_at)
    if row.rule == UNPLANNED and not done.again:
        replan(course, by=by, now=now)
    return done


def _still_asked(form: Occurrence, given: Mapping[str, Answers]) -> Occurrence:
    """The form, or the same one outside the plan where these answers have no place in it now.

    Its number comes from the answers, so that pressing twice records once.
    """
    row = Occurrence.objects.get(pk=form.pk)
    kept = {one.instrument: one.answers for one in row.responses.all()}
    if row.state not in WITHDRAWN and kept in ({}, given):
        return row
    instead = Occurrence(
        ref=uuid5(row.ref, json.dumps(given, sort_keys=True)), course=row.course,
        protocol=row.protocol, protocol_version=row.protocol_version, rule=UNPLANNED, anchor="",
        survey=row.survey, instruments=list(row.instruments), due_at=row.due_at,
        closes_at=row.closes_at, state_at=row.state_at,
    )  # fmt: skip
    return _stored(instead, row.course)


def _stored(form: Occurrence, course: Course) -> Occurrence:
    found = Occurrence.objects.filter(ref=form.ref).first()
    if found:
        return found
    form.ordinal = course.occurrences.filter(rule=UNPLANNED).count() + 1
    form.save(force_insert=True)
    return form


@transaction.atomic
def hand_over(
    course: Course, occurrence: Occurrence | None, survey: str, *, by: str, now: datetime
) -> Handover:
    """One form on a tablet for one patient; any other tablet of theirs is over."""
    Handover.objects.filter(course__patient=course.patient_id, ended_at=None).update(ended_at=now)
    handed = Handover.objects.create(
        course=course, occurrence=occurrence, survey=survey, started_by=by, started_at=now,
        expires_at=now + TABLET_FOR,
    )  # fmt: skip
    events.record("handed over", f"patient:{course.patient_id}", by=by, now=now, handover=handed.pk)
    return handed


def handed_form(ref: str, *, now: datetime) -> tuple[Handover, Occurrence] | None:
    """The form on a tablet that is still the patient's, else None. Writes nothing."""
    return _handed(Handover.objects.filter(ref=ref, ended_at=None, expires_at__gt=now))


def form_over(ref: str) -> tuple[Handover, Occurrence] | None:
    """The same of a tablet that may be the patient's no more. Writes nothing."""
    return _handed(Handover.objects.filter(ref=ref))


def _handed(rows: QuerySet[Handover]) -> tuple[Handover, Occurrence] | None:
    handed = rows.select_related("course__patient", "occurrence__course__patient").first()
    if handed is None:
        return None
    form = handed.occurrence or unplanned(
        handed.course, handed.survey, ref=handed.ref, at=handed.started_at
    )
    return handed, form


@transaction.atomic
def begun(handed: Handover, form: Occurrence, *, now: datetime) -> Occurrence:
    """The row of a form on a tablet, to keep there what cannot wait until it is sent.

    One outside the plan is stored before its answers, as never sent: nothing mails it, and it may
    still be answered.
    """
    if form.pk:
        return form
    row = _stored(form, locked(handed.course))
    if row.state == "planned":
        move_occurrence(row, "skipped", now=now, reason=LEFT_OPEN)
    Handover.objects.filter(pk=handed.pk).update(occurrence=row)
    return row


@transaction.atomic
def submit_handed(
    handed: Handover, form: Occurrence, answers: Mapping[str, Answers], *, now: datetime
) -> Submitted:
    """The patient's own answers on the tablet, which then is nobody's."""
    by = f"patient:{handed.course.patient_id}"
    done = submit_here(form, answers, mode="kiosk", by=by, now=now)
    row = done.responses[0].occurrence
    Handover.objects.filter(pk=handed.pk).update(ended_at=now, occurrence=row)
    return done
