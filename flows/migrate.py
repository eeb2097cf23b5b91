"""Bring the database to this version. Safe to run again."""

import argparse

from django.core.management import call_command
from django.db import connection, transaction

import flows.start  # noqa: F401


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def run(arguments: argparse.Namespace) -> int:
    to_this_version()
    if not arguments.quiet:
        print("The database is at this version.")
    return 0


def to_this_version() -> None:
    """In one transaction, killed anywhere and run again. Django notes some migrations only after
    the commit that made them; a machine that died in between would never migrate again."""
    # SQLite can rebuild a table only while it checks no references, to be said before it begins
    with connection.constraint_checks_disabled(), transaction.atomic():
        _check_references_at_once()
        call_command("migrate", interactive=False, verbosity=0)


def _check_references_at_once() -> None:
    """PostgreSQL alters no table with references still to check, as rows leave them that a
    migration before it wrote in the same transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
