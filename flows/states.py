"""Diagrams, in Mermaid, of what may follow what: the life of a survey, a mail and an alert."""

import argparse

from surveys.states import ALERT, MESSAGE, OCCURRENCE, diagram

TABLES = {"survey": OCCURRENCE, "mail": MESSAGE, "alert": ALERT}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("only", nargs="?", choices=TABLES, help="one of the three")


def run(arguments: argparse.Namespace) -> int:
    for name, table in TABLES.items():
        if arguments.only in (None, name):
            print(f"%% {name}\n{diagram(table)}")
    return 0
