"""The audit chain is whole and the ledger balances."""

import argparse
from collections import Counter

import flows.start  # noqa: F401
from surveys import events, wallclock
from surveys.actions.doubt import undecided
from surveys.balance import complaints
from surveys.models import Alert, Message, Occurrence, Response

DONE, WRONG = 0, 1


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""


def run(_arguments: argparse.Namespace) -> int:
    wrong = list(complaints(now=wallclock.now()))
    print("\n".join(wrong) if wrong else summary())
    return WRONG if wrong else DONE


def summary() -> str:
    seq, signature = events.head()
    return (
        f"The audit chain is whole: {seq} events, head {signature[:16]}.\n"
        f"The ledger balances: {Occurrence.objects.count()} surveys, {Response.objects.count()}"
        f" forms, {Alert.objects.count()} alerts.\n"
        f"Surveys: {_by_state(Occurrence)}.\n"
        f"Alerts: {_by_state(Alert)}.\n"
        f"Mails: {mails()}."
    )


def _by_state(model: type[Occurrence | Alert | Message]) -> str:
    counts = Counter(model.objects.values_list("state", flat=True))
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"


def mails() -> str:
    """Every mail by its state; those in doubt by name, since they are what a person may decide."""
    doubts = Message.objects.filter(state="in_doubt").count()
    waits = undecided(now=wallclock.now()).count()
    return f"{_by_state(Message)}; {doubts} in doubt, {waits} of them for a person to decide"
