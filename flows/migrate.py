"""Bring the database to this version. Safe to run again."""

import argparse

from django.core.management import call_command

import flows.start  # noqa: F401


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(arguments: argparse.Namespace) -> int:
    call_command("migrate", interactive=False, verbosity=0)
    if not arguments.quiet:
        print("The database is at this version.")
    return 0
