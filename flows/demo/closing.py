"""What the demo says at its end: the books, where the reports are, how to look around."""

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.table import Table

from flows.demo import ledger
from flows.demo.clinic import PASSWORD, Clinic
from flows.demo.ledger import Ledger

BALANCED, WRONG = 0, 1


def report(clinic: Clinic, now: datetime, console: Console) -> int:
    """Print everything; 1 when the books do not balance."""
    books = ledger.read(now)
    console.print(table(books, clinic))
    wrong = list(ledger.imbalances(books, clinic.sink, clinic.cast, now))
    if wrong:
        console.print("The ledger does not balance:", style="bold red")
        console.print("\n".join(wrong), markup=False)
        return WRONG
    console.print("The ledger balances, and the audit chain is whole.\n", style="bold")
    console.print("\n".join(where_to_look(clinic)), markup=False, soft_wrap=True)
    return BALANCED


def table(books: Ledger, clinic: Clinic) -> Table:
    shown = Table(title="A clinic that does not exist", show_header=False)
    shown.add_column()
    shown.add_column(justify="right")
    for label, value in rows(books, clinic):
        shown.add_row(label, value)
    return shown


def rows(books: Ledger, clinic: Clinic) -> Iterator[tuple[str, str]]:
    yield "patients", str(len(clinic.cast.patients))
    yield "[bold]surveys that fell due", f"[bold]{books.due:,}"
    yield "  sent", f"{books.sent:,}"
    for outcome, number in books.outcomes.most_common():
        yield f"    {outcome}", f"{number:,}"
    for reason, number in books.not_sent.most_common():
        yield f"  {reason}", f"{number:,}"
    yield "reminders", f"{books.reminders:,}"
    yield "forms answered over HTTP", f"{books.forms:,}"
    yield "buttons pressed by a link scanner, to no effect", f"{clinic.pressed:,}"
    yield "addresses refused by the mail server", f"{clinic.sink.refusals:,}"
    yield (
        "[bold]alerts, one for each positive question 9",
        (f"[bold]{len(books.minutes_to_acknowledge)}"),
    )
    for number, waited in enumerate(books.minutes_to_acknowledge, start=1):
        taken = "not acknowledged" if waited is None else f"{waited:.0f} min"
        yield f"  alert {number}, acknowledged after", taken


def where_to_look(clinic: Clinic) -> Iterator[str]:
    home = shown_path(clinic.home)
    latest = sorted(settings.REPORTS_FOLDER.rglob("*.pdf"))
    yield f"Reports     {shown_path(settings.REPORTS_FOLDER)}"
    if latest:
        yield f"            for example {shown_path(latest[0])}"
    yield f"CSV files   {home}/csv"
    yield ""
    yield "Open the clinic, and the flow runs of the last week:"
    command = shown_path(Path(sys.executable).parent / "afterglow")
    yield f"  AFTERGLOW_HOME={home} {command} up"
    yield f"  sign in as {clinic.on_call.email}, password {PASSWORD}"


def shown_path(path: Path) -> str:
    """Relative to where the command was typed, when it is below."""
    here = Path(os.getcwd())
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
