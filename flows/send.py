"""Invite everybody whose survey is due, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import act_on_each, add_now, say
from surveys import wallclock
from surveys.actions import schedule
from surveys.actions.send import due_invitations, invite

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("send", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """Opens what has fallen due and mails it. What became of each, counted."""
    start = now or wallclock.now()
    schedule.open_due(now=start)
    return act_on_each(due_invitations(now=start), invite, by="flow:send", now=now)
