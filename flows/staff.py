"""Who works here: add somebody, list everybody, set a password, change who is on call.

A password is asked for without showing it, or read from standard input with --password-stdin.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

import flows.start  # noqa: F401
from surveys import wallclock
from surveys.actions.staff import (
    CLINICAL,
    NobodyWouldRead,
    add_staff,
    change_staff,
    end_account,
    set_password,
)
from surveys.mail.address import TO_DO, why_not_taken
from surveys.models import Staff

DONE, INPUT_HAS_ERRORS = 0, 1
BY = "command line"


class Refused(Exception):
    """What was asked cannot be done; the message says what to do instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    commands.add_parser("list", help="everybody who works here").set_defaults(carry_out=list_all)
    add = _for_one(commands, "add", "somebody new", add_one)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=[role for role, _ in Staff.ROLES])
    add.add_argument("--on-call", action="store_true", help="receives alerts")
    add.add_argument("--timezone", default=settings.CLINIC_TIMEZONE, metavar="ZONE")
    password = _for_one(commands, "password", "a new password", change_password)
    for parser_with_password in (add, password):
        parser_with_password.add_argument("--password-stdin", action="store_true")
    _for_one(commands, "on-call", "receives alerts from now on", put_on_call)
    _for_one(commands, "off-call", "no longer receives alerts", take_off_call)
    gone = _for_one(commands, "leave", "can no longer sign in; what they did stays recorded", leave)
    gone.add_argument("--successor", metavar="EMAIL", help="who follows their patients from now on")


def _for_one(
    commands: Any, name: str, text: str, carry_out: Callable[[argparse.Namespace], str]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("email")
    parser.set_defaults(carry_out=carry_out)
    return parser


def run(arguments: argparse.Namespace) -> int:
    try:
        print(arguments.carry_out(arguments))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return INPUT_HAS_ERRORS
    except ValidationError as refused:
        print(" ".join(refused.messages), file=sys.stderr)
        return INPUT_HAS_ERRORS
    return DONE


def list_all(arguments: argparse.Namespace) -> str:
    everybody = Staff.objects.order_by("-is_active", "name")
    lines = [_line(person) for person in everybody]
    return "\n".join(lines) or "Nobody yet. Run: afterglow staff add EMAIL --name NAME --role lead"


def _line(person: Staff) -> str:
    call = "on call" if person.on_call and person.is_active else ""
    gone = "" if person.is_active else "has left"
    return f"{person.email:36} {person.name:24} {person.role:11} {call or gone}".rstrip()


def add_one(arguments: argparse.Namespace) -> str:
    _check_new(arguments)
    person = add_staff(
        arguments.email,
        _password(arguments),
        name=arguments.name,
        role=arguments.role,
        timezone=arguments.timezone,
        on_call=arguments.on_call,
        by=BY,
        now=wallclock.now(),
    )
    return f"{person.name} can sign in at {settings.BASE_URL}{settings.LOGIN_URL}."


def _check_new(arguments: argparse.Namespace) -> None:
    if why := why_not_taken(arguments.email):
        raise Refused(f"{arguments.email} {why}. {TO_DO}")
    validate_email(arguments.email)
    if Staff.objects.filter(email__iexact=arguments.email.strip()).exists():
        raise Refused(f"{arguments.email} is already here. afterglow staff --help lists changes.")
    if arguments.timezone not in available_timezones():
        raise Refused(f"{arguments.timezone} is not a time zone. Write it like America/Denver.")
    if arguments.on_call and arguments.role not in CLINICAL:
        raise Refused("Alerts are for clinicians and leads: leave --on-call out for this role.")


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Refused("There is no terminal to ask on. Pipe the password in: --password-stdin.")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same once more: ") != first:
        raise Refused("The two passwords differ. Nothing was changed; run the command again.")
    return first


def _person(email: str) -> Staff:
    person: Staff | None = Staff.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        raise Refused(f"{email} is not known. Run: afterglow staff list")
    return person


def change_password(arguments: argparse.Namespace) -> str:
    person = _person(arguments.email)
    set_password(person, _password(arguments), by=BY, now=wallclock.now())
    return f"{person.name} has a new password; open sign-ins have ended."


def put_on_call(arguments: argparse.Namespace) -> str:
    person = _person(arguments.email)
    if person.role not in CLINICAL or not person.is_active:
        raise Refused(f"{person.name} cannot acknowledge alerts: not a clinician who works here.")
    change_staff(person, on_call=True, by=BY, now=wallclock.now())
    return f"{person.name} is on call."


def take_off_call(arguments: argparse.Namespace) -> str:
    person = _person(arguments.email)
    change_staff(person, on_call=False, by=BY, now=wallclock.now())
    return f"{person.name} is not on call. {_still_on_call()}"


def leave(arguments: argparse.Namespace) -> str:
    person, successor = _person(arguments.email), None
    if arguments.successor:
        successor = _person(arguments.successor)
    try:
        moved = end_account(person, successor, by=BY, now=wallclock.now())
    except NobodyWouldRead:
        raise Refused(_without_successor(person)) from None
    follows = (
        f"\nTheir patients, {moved}, are now {successor.name}'s." if successor and moved else ""
    )
    return f"{person.name} can no longer sign in. {_still_on_call()}{follows}"


def _without_successor(person: Staff) -> str:
    return (
        f"{person.name} follows {person.patients.count()} patients, whose reports would go to"
        " nobody. Name a clinician or lead who works here: --successor EMAIL"
    )


def _still_on_call() -> str:
    names = Staff.objects.filter(on_call=True, is_active=True).values_list("name", flat=True)
    return f"On call now: {', '.join(names) or 'NOBODY, alerts go unheard'}."
