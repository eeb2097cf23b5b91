"""A sender in a process of its own, to be killed: ours, and two broken ones it is compared with.

The broken ones are what hurried mailers do. `send-then-mark` forgets what it sent when it dies in
between; `mark-then-send` believes it sent what it did not. The harness must catch both, or its
silence about ours means nothing.
"""

import os
import sys
from collections.abc import Callable

from django.db import connections

import flows.start  # noqa: F401  starts Django before any model is imported
from surveys.actions import mail
from surveys.actions.enrol import enrol
from surveys.actions.schedule import open_due
from surveys.actions.send import due_invitations, invite, sweep_stuck
from surveys.models import Occurrence
from tests.cast import DAY, HOUR, START, ana_row, okafor

NOW = START + HOUR


def ours(pk: int) -> None:
    invite(pk, by="system", now=NOW)


def send_then_mark(pk: int) -> None:
    mail._transport()(_letter(pk))
    Occurrence.objects.filter(pk=pk).update(state="sent")


def mark_then_send(pk: int) -> None:
    Occurrence.objects.filter(pk=pk).update(state="sent")
    mail._transport()(_letter(pk))


def _letter(pk: int) -> mail.Letter:
    return mail.Letter(str(pk), f"p{pk}@mail.example", "in@alder.example", "Alder", "Hi", "h", "h")


SENDERS: dict[str, Callable[[int], None]] = {
    "ours": ours,
    "send-then-mark": send_then_mark,
    "mark-then-send": mark_then_send,
}


def set_up(patients: int) -> None:
    """One survey due for each of so many patients."""
    okafor()
    for n in range(patients):
        enrol(ana_row(code=f"C-{n}", email=f"p{n}@mail.example"), by="front desk", now=START)
    open_due(now=NOW)


def send(kind: str) -> None:
    while ids := due_invitations(now=NOW):
        for pk in ids:
            SENDERS[kind](pk)


def settle() -> None:
    """After the last kill: what died half-way is in doubt. Prints one line per survey."""
    sweep_stuck(by="system", now=NOW + DAY)
    for row in Occurrence.objects.filter(survey="baseline").prefetch_related("messages"):
        sent = [f"{one.ref}={one.state}" for one in row.messages.all()]
        print(row.pk, row.state, *sent, flush=True)


def carry_out(command: str, rest: list[str]) -> None:
    if command == "set-up":
        set_up(int(rest[0]))
    elif command == "send":
        send(rest[0])
    else:
        settle()


def nursery() -> None:
    """Forks one process for each line read, so that a kill costs no start-up.

    Says the child's number, then "over" once it is gone, killed or finished.
    """
    for line in sys.stdin:
        command, *rest = line.split()
        connections.close_all()
        child = os.fork()
        if child == 0:
            carry_out(command, rest)
            os._exit(0)
        print("child", child, flush=True)
        os.waitpid(child, 0)
        print("over", flush=True)


if __name__ == "__main__":
    nursery()
