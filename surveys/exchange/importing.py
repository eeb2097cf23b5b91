"""Files into records: everything in one transaction, or nothing."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from itertools import starmap
from typing import Any

from django.conf import settings
from django.db import transaction

from surveys import events
from surveys.actions.answer import record_old_response
from surveys.actions.asked import UNSENT
from surveys.actions.enrol import CONTACT, AlreadyEnrolled, PatientRow, enrol, enrol_new
from surveys.actions.schedule import replan
from surveys.actions.treat import record_session
from surveys.exchange import batch as batches
from surveys.exchange.alike import Person, alike
from surveys.exchange.batch import Rows, SourceFile
from surveys.exchange.conflicts import conflicts, enrolled_meanwhile
from surveys.exchange.known import Known
from surveys.exchange.outcome import Outcome
from surveys.exchange.patients import PatientLine
from surveys.exchange.records import Recorded, about
from surveys.exchange.responses import ResponseLine
from surveys.exchange.sessions import SessionLine
from surveys.exchange.table import Problem
from surveys.in_use import instruments_to_read, protocols_in_use
from surveys.models import Alert, Course, Occurrence, Patient, Staff

Progress = Callable[[int, int], None]
MAY_HAVE_PATIENTS = ("clinician", "lead")
SESSION_FACTS = ("status", "route", "dose_mg_per_kg", "duration_minutes")


def no_progress(done: int, of: int) -> None:
    """For callers without a terminal."""


@transaction.atomic
def bring_in(
    files: Sequence[SourceFile],
    *,
    by: str,
    now: datetime,
    dry_run: bool = False,
    addresses_changed: bool = False,
    progress: Progress = no_progress,
) -> Outcome:
    """Imports all rows of all files, or none when anything is wrong with any of them.

    The same files again change nothing. A dry run does all the work and takes it back.
    """
    rows, recorded, problems = _checked(files, now, addresses_changed)
    outcome = Outcome(dry_run, problems)
    if problems:
        return outcome
    outcome.warnings = tuple(alike(rows.patients, _people()))
    surveys_before, alerts_before = _tally()
    try:
        _Writer(recorded, outcome, by, now).write(rows, progress)
    except AlreadyEnrolled as since:
        transaction.set_rollback(True)
        return Outcome(dry_run, tuple(enrolled_meanwhile(rows.patients, since.patient.code)))
    surveys_after, alerts_after = _tally()
    outcome.surveys_planned = surveys_after - surveys_before
    outcome.alerts_raised = alerts_after - alerts_before
    if outcome.wrote:
        _sign(files, outcome, by=by, now=now)
    if dry_run:
        transaction.set_rollback(True)
    return outcome


def _checked(
    files: Sequence[SourceFile], now: datetime, addresses_changed: bool
) -> tuple[Rows, Recorded, tuple[Problem, ...]]:
    instruments = instruments_to_read()
    batch = batches.recognise(files, instruments)
    recorded = about(batches.patient_ids(batch))
    rows = batches.rows(batch, _known(now), recorded.zones(), instruments)
    against = conflicts(rows, recorded, addresses_changed=addresses_changed)
    problems = sorted({*batch.problems, *rows.problems, *against})
    return rows, recorded, tuple(problems)


def _people() -> Iterator[Person]:
    names = (column.name for column in fields(Person))
    return starmap(Person, Patient.objects.order_by("code").values_list(*names))


def _known(now: datetime) -> Known:
    return Known(
        now, settings.CLINIC_TIMEZONE, frozenset(protocols_in_use()), frozenset(_clinicians())
    )


def _clinicians() -> dict[str, Staff]:
    staff = Staff.objects.filter(is_active=True, role__in=MAY_HAVE_PATIENTS)
    return {person.email.lower(): person for person in staff}


def _tally() -> tuple[int, int]:
    return Occurrence.objects.filter(state__in=UNSENT).count(), Alert.objects.count()


def _sign(files: Sequence[SourceFile], outcome: Outcome, *, by: str, now: datetime) -> None:
    """One event for the whole import, with the files' digest and counts, never their names."""
    digest = hashlib.sha256(b"".join(hashlib.sha256(file.data).digest() for file in files))
    counts = {kind: [count.new, count.changed] for kind, count in outcome.counts.items()}
    events.record("imported", f"import:{digest.hexdigest()[:16]}", by=by, now=now, **counts)


class _Writer:
    """Applies checked rows one after another; a row that the records already hold costs nothing."""

    def __init__(self, recorded: Recorded, outcome: Outcome, by: str, now: datetime) -> None:
        self.recorded, self.outcome = recorded, outcome
        self.done: dict[str, Any] = {"by": by, "now": now}
        self.clinicians = _clinicians()
        self.to_plan: dict[str, Course] = {}

    def write(self, rows: Rows, progress: Progress) -> None:
        steps = self._steps(rows)
        for done, step in enumerate(steps, start=1):
            step()
            progress(done, len(steps))
        for course in self.to_plan.values():
            replan(course, **self.done)

    def _steps(self, rows: Rows) -> list[Callable[[], None]]:
        # in the order things happened: triage compares each form with the one before it
        sessions = sorted(rows.sessions, key=lambda row: row.at)
        forms = sorted(rows.responses, key=lambda row: row.answered_at)
        return [
            *(partial(self._patient, row) for row in rows.patients),
            *(partial(self._session, row) for row in sessions),
            *(partial(self._response, row) for row in forms),
        ]

    def _patient(self, line: PatientLine) -> None:
        known = self.recorded.patients.get(line.patient_id)
        row = self._row(line, known.status if known else "active")
        fields = None
        if known:
            fields = [
                name
                for name in (*CONTACT, "email", "status")
                if getattr(known, name) != getattr(row, name)
            ]
        if self.outcome.note("patients", line.line, line.patient_id, fields):
            course = (enrol if known else enrol_new)(row, **self.done, plan_now=False)
            self.recorded.courses[line.patient_id] = course
            self.to_plan[line.patient_id] = course

    def _row(self, line: PatientLine, status: str) -> PatientRow:
        return PatientRow(
            code=line.patient_id,
            given_name=line.given_name,
            family_name=line.family_name,
            email=line.email,
            birth_date=line.birth_date,
            language=line.language,
            timezone=line.timezone,
            clinician=self.clinicians[line.clinician_email],
            indication=line.indication,
            protocol=line.protocol,
            email_consent_on=line.email_consent_on,
            status=line.status or status,
        )

    def _session(self, line: SessionLine) -> None:
        known = self.recorded.sessions.get((line.patient_id, line.at))
        facts = {name: getattr(line, name) for name in SESSION_FACTS}
        fields = None
        if known:
            fields = [name for name, value in facts.items() if getattr(known, name) != value]
        if self.outcome.note("sessions", line.line, line.patient_id, fields):
            course = self.recorded.courses[line.patient_id]
            record_session(course, at=line.at, **facts, **self.done, plan_now=False)
            self.to_plan[line.patient_id] = course

    def _response(self, line: ResponseLine) -> None:
        form = (line.patient_id, line.instrument, line.answered_at)
        known = form in self.recorded.responses
        if self.outcome.note("responses", line.line, line.patient_id, [] if known else None):
            self.outcome.totals_only += line.answers is None
            course = self.recorded.courses[line.patient_id]
            record_old_response(
                course,
                line.instrument,
                line.answers,
                line.total,
                answered_at=line.answered_at,
                **self.done,
            )
