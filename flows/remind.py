"""Remind everybody who was invited and has not answered, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import act_on_each, add_now, say
from surveys import wallclock
from surveys.actions.send import due_reminders, remind

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("remind", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """Reminders are decided here, from the state of this moment: none is scheduled ahead."""
    due = due_reminders(now=now or wallclock.now())
    return act_on_each(due, remind, by="flow:remind", now=now)
