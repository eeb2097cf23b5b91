"""One patient's report, as it stands now or as it stood.

--as-of shows the course up to the end of that day; --known-at leaves out whatever was entered
later. Both together rebuild a report of the past. Printing one is recorded like any other look.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import flows.start  # noqa: F401
from flows.sweep import day, instant
from reports.actions import read_page
from reports.page import ReportPage, page_as_dict
from reports.queries import NotKnownThen
from reports.render import render_html, render_pdf
from surveys import events, wallclock
from surveys.models import Course

DONE, INPUT_HAS_ERRORS, WRONG_USAGE = 0, 1, 2

FORMATS: dict[str, Callable[[ReportPage], bytes]] = {
    "html": lambda page: render_html(page, standalone=True).encode(),
    "pdf": lambda page: render_pdf(page),
    "json": lambda page: json.dumps(page_as_dict(page), ensure_ascii=False, indent=1).encode(),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patient", metavar="PATIENT", help="the clinic's id, as in patients.csv")
    parser.add_argument("--as-of", type=day, metavar="DATE")
    parser.add_argument("--known-at", type=instant, metavar="INSTANT")
    parser.add_argument("--format", choices=FORMATS, default="html")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    if arguments.format == "pdf" and not arguments.output and sys.stdout.isatty():
        print("A PDF is not for the terminal: choose a file with -o FILE.", file=sys.stderr)
        return WRONG_USAGE
    named = Course.objects.filter(patient__code__iexact=arguments.patient)
    courses = named.select_related("patient")
    if not courses:
        print(f"No patient has the id {arguments.patient!r}.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    try:
        content = printed(courses.latest("enrolled_at"), arguments)
    except NotKnownThen as error:
        print(f"{error}: choose a later --known-at.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    hand_out(content, arguments.output)
    return DONE


def printed(course: Course, arguments: argparse.Namespace) -> bytes:
    now = wallclock.now()
    as_of = end_of(arguments.as_of, course.patient.timezone) if arguments.as_of else now
    _, page = read_page(course, as_of=as_of, known_at=arguments.known_at or now)
    events.record(
        "printed report",
        f"patient:{course.patient_id}",
        by="command line",
        now=now,
        format=arguments.format,
    )
    return FORMATS[arguments.format](page)


def end_of(day: date, zone: str) -> datetime:
    """The instant at which that day ends where the patient lives."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def hand_out(content: bytes, path: Path | None) -> None:
    if path:
        path.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
