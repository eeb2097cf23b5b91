"""Invite everybody whose survey is due, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import HELD, act_on_each, add_now, clock_is_right, say, watching_the_clock
from surveys import wallclock
from surveys.actions import backlog, outage, schedule
from surveys.actions.send import due_invitations, invite

add_arguments = add_now
BY = "flow:send"


def run(arguments: argparse.Namespace) -> int:
    return say("send", run_once(arguments.now))


def run_once(now: datetime | None = None, *, on_schedule: bool = False) -> Counter[str]:
    """Opens what has fallen due and mails it. What became of each, counted.

    `on_schedule`: a pass of the timetable's own, by which an outage is known.
    """
    if not clock_is_right(now, by=BY):
        return Counter({HELD: 1})
    start = now or wallclock.now()
    schedule.open_due(now=start)
    held_up = outage.catch_up(by=BY, now=start) if on_schedule else 0
    counts = Counter({"left out": held_up + backlog.leave_out_overtaken(by=BY, now=start)})
    due = due_invitations(now=start)
    room = backlog.room(now=start)
    counts["for the next pass"] = len(due[room:])
    return +counts + act_on_each(due[:room], watching_the_clock(invite, now), by=BY, now=now)
