"""The verbs of this room: build a report once a week, record a decision."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from reports.evidence import Rule
from reports.facts import CourseFacts, SessionFact
from reports.models import Decision, Report
from reports.page import ReportPage, as_plain, build_page, page_as_dict
from reports.queries import course_facts, next_number
from reports.render import Printed, print_page
from reports.restated import HEAD, missing
from reports.rules_in_use import rules_in_use
from surveys import events
from surveys.in_use import instruments_to_read
from surveys.models import Course, Staff


class DecisionError(ValueError):
    """What is missing from a decision; `field` names the box on the form."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read_page(
    course: Course,
    *,
    as_of: datetime,
    known_at: datetime,
    rules: Sequence[Rule] | None = None,
    number: int | None = None,
) -> tuple[CourseFacts, ReportPage]:
    """The page as it stood at `known_at`, numbered as the next report then; nothing is stored."""
    number = number or next_number(course, as_of=as_of, known_at=known_at)
    facts = course_facts(course, as_of=as_of, known_at=known_at, number=number)
    return facts, build_page(facts, instruments_to_read(), rules or rules_in_use())


@dataclass(frozen=True)
class Ahead:
    """A report drawn before it is stored, so that nobody who writes waits for the drawing."""

    facts: CourseFacts
    page: ReportPage
    printed: Printed


@transaction.atomic
def build_report(
    course: Course,
    *,
    as_of: datetime,
    known_at: datetime,
    by: str,
    now: datetime,
    ahead: Ahead | None = None,
) -> Report:
    """The stored report of the week of `as_of`; built if there is none, else the one there is.

    What was drawn ahead is stored if the records still say the same.
    """
    week = week_of(as_of, course.patient.timezone)
    # the course's row is the queue: two builders of one week cannot both find nothing
    course = (
        Course.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient")
        .get(pk=course.pk)
    )
    found = Report.objects.filter(course=course, week=week).first()
    if found:
        return found
    number = next_number(course, as_of=None, known_at=None)
    facts = course_facts(course, as_of=as_of, known_at=known_at, number=number)
    if ahead is None or ahead.facts != facts:
        page = build_page(facts, instruments_to_read(), rules_in_use())
        ahead = Ahead(facts, page, print_page(page))
    report = _store(course, ahead, week, by, now)
    events.record(
        "built report", f"report:{report.pk}", by=by, now=now,
        course=course.pk, number=report.number, digest=report.digest,
    )  # fmt: skip
    return report


def _store(course: Course, drawn: Ahead, week: date, by: str, now: datetime) -> Report:
    facts, page, printed = drawn.facts, drawn.page, drawn.printed
    return Report.objects.create(
        course=course,
        number=page.number,
        week=week,
        as_of=facts.as_of,
        known_at=facts.known_at,
        built_at=now,
        built_by=by,
        page=page_as_dict(page),
        shown=_shown(facts, page),
        versions=dict(page.versions),
        html=printed.html,
        pdf=printed.pdf,
        setting=as_plain(printed.setting),
        digest=hashlib.sha256(printed.html.encode() + printed.pdf).hexdigest(),
    )


def _shown(facts: CourseFacts, page: ReportPage) -> dict[str, object]:
    """What this page rests on, so that the next report can list what was corrected since."""
    shown = [form for form in facts.forms if form.answered_at <= facts.as_of]
    return {
        "rules": list(page.rules),
        "forms": {form.response_id: form.total for form in shown},
        "sessions": {session.key: _session_shown(session) for session in facts.done},
        "history": {one.key: asdict(one.told) for one in facts.history_then},
        "missing": [due.isoformat() for due in missing(facts.occurrences or (), facts.as_of)],
        "head": {name: getattr(facts, name) for name in HEAD},
    }


def _session_shown(session: SessionFact) -> dict[str, object]:
    return {
        "at": session.at.isoformat(),
        "route": session.route,
        "dose_mg_per_kg": session.dose_mg_per_kg,
        "duration_minutes": session.duration_minutes,
    }


def week_of(instant: datetime, zone: str) -> date:
    """The Monday of the instant's week, on the patient's calendar."""
    day = instant.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


@transaction.atomic
def record_decision(
    report: Report,
    *,
    option: str,
    reason: str,
    staff: Staff,
    now: datetime,
    interval_days: int | None = None,
    review_on: date | None = None,
    shown: ReportPage | None = None,
) -> Decision:
    """Stores the choice with the evidence as shown. Raises DecisionError for what is missing.

    `shown` is the page the clinician had before them where it was newer than the stored report.
    Any option may be chosen whatever the evidence says; a reason is always required.
    """
    _check(option, reason, interval_days)
    decision = Decision.objects.create(
        report=report,
        course=report.course,
        option=option,
        interval_days=interval_days,
        reason=reason.strip(),
        review_on=review_on,
        decided_at=now,
        decided_by=staff,
        evidence=_evidence_shown(report, page_as_dict(shown) if shown else report.page),
    )
    events.record(
        "recorded decision", f"decision:{decision.pk}", by=f"staff:{staff.pk}", now=now,
        report=report.pk, option=option,
    )  # fmt: skip
    return decision


def _check(option: str, reason: str, interval_days: int | None) -> None:
    if option not in dict(Decision.OPTIONS):
        raise DecisionError("option", "Choose continue, taper, stop or other.")
    if not reason.strip():
        raise DecisionError("reason", "Write the reason: it is kept with the choice.")
    if option == "taper" and not interval_days:
        raise DecisionError("interval_days", "Give the new interval in days.")


def _evidence_shown(report: Report, page: dict[str, object]) -> dict[str, object]:
    kept = ("as_of", "known_at", "sentence", "standing", "evidence_note", "options", "versions",
            "rescue")  # fmt: skip
    return {name: page[name] for name in kept} | {"report": report.number, "digest": report.digest}
