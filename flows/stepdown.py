"""Short forms for stable patients: show, or let the clinical lead turn on or off.

Turning on prints what it means and changes nothing until it is typed again with --understood.
"""

import argparse
import sys

import flows.start  # noqa: F401
from surveys import wallclock
from surveys.actions.standing import step_down_in_force
from surveys.actions.step_down import WARNING, NotTheLead, turn_off, turn_on
from surveys.models import Staff

DONE, INPUT_HAS_ERRORS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", choices=["show", "on", "off"])
    parser.add_argument("--by", metavar="EMAIL", help="the clinical lead who decides")
    parser.add_argument("--understood", action="store_true", help="the warning was read")


def run(arguments: argparse.Namespace) -> int:
    if arguments.task == "show":
        print(_standing())
        return DONE
    lead = Staff.objects.filter(email__iexact=arguments.by or "").first()
    if lead is None:
        return _refused("Write --by and the e-mail address of the clinical lead.")
    if arguments.task == "on" and not arguments.understood:
        return _refused(f"{WARNING}\nTo turn it on all the same, add --understood.")
    try:
        turn = turn_on if arguments.task == "on" else turn_off
        turn(lead, by=f"staff:{lead.pk}", now=wallclock.now())
    except NotTheLead as refused:
        return _refused(f"{refused}.")
    print(_standing())
    return DONE


def _standing() -> str:
    found = step_down_in_force()
    if found is None:
        return "Short forms are off: everybody is asked the PHQ-9 in full."
    return (
        f"Short forms for stable patients are on since {found.turned_on_at:%Y-%m-%d}, turned on by"
        f" {found.turned_on_by.name}. {WARNING}"
    )


def _refused(message: str) -> int:
    print(message, file=sys.stderr)
    return INPUT_HAS_ERRORS
