"""What will be sent to one patient, when, and why; and what the last edit changed."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import flows.start  # noqa: F401
from surveys import wallclock
from surveys.actions.protocol import change_protocol
from surveys.actions.schedule import LEFT, planned_for
from surveys.in_use import protocols_in_use
from surveys.models import Course, Event, Occurrence, Patient

DONE, INPUT_HAS_ERRORS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patient", help="the clinic's id of the patient, as in patients.csv")
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DATE", help="look ahead to this day"
    )
    parser.add_argument("--protocol", metavar="ID", help="follow this protocol from now on")


def run(arguments: argparse.Namespace) -> int:
    course = Course.objects.filter(patient__code=arguments.patient).order_by("enrolled_at").last()
    if course is None:
        print(f"No patient has the id {arguments.patient!r}.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    if arguments.protocol and arguments.protocol not in protocols_in_use():
        known = ", ".join(protocols_in_use())
        print(f"No protocol has the id {arguments.protocol!r}; there are: {known}", file=sys.stderr)
        return INPUT_HAS_ERRORS
    if arguments.protocol:
        change_protocol(course, arguments.protocol, by="command line", now=wallclock.now())
    for line in lines(course, arguments.until):
        print(line)
    return DONE


def lines(course: Course, until: date | None) -> Iterator[str]:
    """In the patient's time: each form with its reason, then the last edit's changes."""
    patient = course.patient
    zone = ZoneInfo(patient.timezone)
    yield f"Times are in {patient.timezone}."
    rows = course.occurrences.order_by("due_at", "pk")
    end = datetime.combine(until, time.max, zone).astimezone(UTC) if until else None
    for row in rows.filter(due_at__lte=end) if end else rows:
        state = f"{row.state}: {row.reason}" if row.reason else row.state
        yield _line(row, zone, state)
        yield f"    {_why(row.protocol, row.rule)}"
    yield from _further_ahead(course, end, zone)
    yield from _last_edit(patient, zone)


def _further_ahead(course: Course, end: datetime | None, zone: ZoneInfo) -> Iterator[str]:
    """What the protocol will ask later than anything is written down for."""
    if end is None or course.planned_until is None or course.patient.status in LEFT:
        return
    for form in planned_for(course, until=end):
        if form.due_at >= course.planned_until:
            row = Occurrence(survey=form.survey, due_at=form.due_at, closes_at=form.closes_at)
            yield _line(row, zone, "will be planned")
            yield f"    {_why(course.protocol, form.rule)}"


def _line(row: Occurrence, zone: ZoneInfo, state: str) -> str:
    opens, closes = (_moment(one, zone) for one in (row.due_at, row.closes_at))
    return f"{opens}  until {closes}  {row.survey:20} {state}"


def _why(protocol: str, rule: str) -> str:
    return protocols_in_use()[protocol].rule(rule).why


def _moment(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _last_edit(patient: Patient, zone: ZoneInfo) -> Iterator[str]:
    """The newest replanning that moved or withdrew a form."""
    planned = Event.objects.filter(subject=f"patient:{patient.pk}", verb="planned")
    edits = (
        one for one in planned.order_by("-seq") if one.detail["moved"] or one.detail["withdrawn"]
    )
    edit = next(edits, None)
    if edit is None:
        return
    yield f"The last edit, {_moment(edit.at, zone)} by {edit.by}, changed:"
    names = dict(Occurrence.objects.filter(course__patient=patient).values_list("pk", "survey"))
    for number, old, new in edit.detail["moved"]:
        was, now = (_moment(datetime.fromisoformat(one), zone) for one in (old, new))
        yield f"    {names[number]:20} moved from {was} to {now}"
    for number in edit.detail["withdrawn"]:
        yield f"    {names[number]:20} withdrawn"
    if edit.detail["added"]:
        yield f"    {edit.detail['added']} added"
