"""What will be sent to one patient, when, and why; and what each edit changed."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import flows.start  # noqa: F401
from flows.sweep import day
from surveys import wallclock
from surveys.actions.protocol import change_protocol
from surveys.in_use import protocols_in_use
from surveys.models import Course, Patient
from surveys.outlook import Line, Outlook, held_back
from surveys.trail import told

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2
EDITS_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patient", help="the clinic's id of the patient, as in patients.csv")
    parser.add_argument("--until", type=day, metavar="DATE", help="look ahead to this day")
    parser.add_argument("--protocol", metavar="ID", help="follow this protocol from now on")
    parser.add_argument("--reason", help="why the protocol changes; required with --protocol")


def run(arguments: argparse.Namespace) -> int:
    named = Course.objects.filter(patient__code__iexact=arguments.patient)
    course = named.order_by("enrolled_at").last()
    if course is None:
        print(f"No patient has the id {arguments.patient!r}.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    now = wallclock.now()
    if arguments.protocol and (problem := _change(course, arguments, now)):
        return problem
    for line in lines(course, arguments.until, now=now):
        print(line)
    return DONE


def _change(course: Course, arguments: argparse.Namespace, now: datetime) -> int:
    """Follows another protocol; the exit code of what is wrong, 0 where nothing is."""
    if arguments.protocol not in protocols_in_use():
        known = ", ".join(protocols_in_use())
        print(f"No protocol has the id {arguments.protocol!r}; there are: {known}", file=sys.stderr)
        return INPUT_HAS_ERRORS
    if not arguments.reason:
        print("Say why: --reason is kept with the change of protocol.", file=sys.stderr)
        return WRONG_USAGE
    change_protocol(course, arguments.protocol, reason=arguments.reason, by="command line", now=now)
    course.refresh_from_db()
    return DONE


def lines(course: Course, until: date | None, *, now: datetime) -> Iterator[str]:
    """In the patient's time: each form with its reason, what is not asked, the last edits."""
    patient = course.patient
    zone = ZoneInfo(patient.timezone)
    end = datetime.combine(until, time.max, zone).astimezone(UTC) if until else None
    outlook = Outlook(course, until=end)
    yield f"Times are in {patient.timezone}."
    if stopped := held_back(patient):
        yield stopped
    said: set[str] = set()
    for form in [*reversed(outlook.gone_by()), *outlook.coming()]:
        if end is None or form.due_at <= end:
            yield from _form(form, zone, said)
    left_out = outlook.not_asked(now)
    if left_out:
        yield "Not asked:"
    for form in left_out:
        yield f"    {_moment(form.due_at, zone)}  {form.survey:20} {form.notes[0]}"
    yield from _edits(patient, zone)


def _form(form: Line, zone: ZoneInfo, said: set[str]) -> Iterator[str]:
    """What a rule is for is said once, at its first form; what is asked, at each."""
    opens, closes = (_moment(one, zone) for one in (form.due_at, form.closes_at))
    state = f"{form.state}: {form.reason}" if form.reason else form.state
    yield f"{opens}  until {closes}  {form.survey:20} {state}"
    yield f"    Asks {', '.join(form.asks)}"
    for words in (form.why, *form.notes, form.purpose):
        if words and words not in said:
            yield f"    {words[:1].upper()}{words[1:]}"
    said.add(form.purpose)


def _edits(patient: Patient, zone: ZoneInfo) -> Iterator[str]:
    for edit in told(patient)[:EDITS_SHOWN]:
        yield f"{_moment(edit.at, zone)}, {edit.by} {', '.join(edit.did)}:"
        for change in edit.changes or ("no form was added, moved or dropped",):
            yield f"    {change}"


def _moment(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"
