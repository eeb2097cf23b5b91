"""What falls due for one patient, when it opens and closes, and what became of it."""

import argparse
import sys
from zoneinfo import ZoneInfo

import flows.start  # noqa: F401
from surveys.models import Occurrence, Patient

DONE, INPUT_HAS_ERRORS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patient", help="the clinic's id of the patient, as in patients.csv")


def run(arguments: argparse.Namespace) -> int:
    patient = Patient.objects.filter(code=arguments.patient).first()
    if patient is None:
        print(f"No patient has the id {arguments.patient!r}.", file=sys.stderr)
        return INPUT_HAS_ERRORS
    print(f"Times are in {patient.timezone}.")
    for row in Occurrence.objects.filter(course__patient=patient).order_by("due_at", "pk"):
        print(line(row, ZoneInfo(patient.timezone)))
    return DONE


def line(row: Occurrence, zone: ZoneInfo) -> str:
    opens, closes = (
        f"{one.astimezone(zone):%a %Y-%m-%d %H:%M}" for one in (row.due_at, row.closes_at)
    )
    state = f"{row.state}: {row.reason}" if row.reason else row.state
    return f"{opens}  until {closes}  {row.survey:20} {state}"
