"""Remind everybody who was invited and has not answered, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import HELD, act_on_each, add_now, clock_is_right, say, watching_the_clock
from surveys import wallclock
from surveys.actions import backlog, outage, schedule
from surveys.actions.send import due_reminders, remind

add_arguments = add_now
BY = "flow:remind"


def run(arguments: argparse.Namespace) -> int:
    return say("remind", run_once(arguments.now))


def run_once(now: datetime | None = None, *, on_schedule: bool = False) -> Counter[str]:
    """Reminders are decided here, from the state of this moment: none is scheduled ahead.

    `on_schedule`: as for `flows.send`; the first pass after an outage may be this one.
    """
    if not clock_is_right(now, by=BY):
        return Counter({HELD: 1})
    start = now or wallclock.now()
    out = 0
    if on_schedule:
        schedule.open_due(now=start)
        out = outage.catch_up(by=BY, now=start)
    out += backlog.leave_out_reminders(due_reminders(now=start), by=BY, now=start)
    due, room = due_reminders(now=start), backlog.room(now=start)
    counts = Counter({"left out": out, "for the next pass": len(due[room:])})
    return +counts + act_on_each(due[:room], watching_the_clock(remind, now), by=BY, now=now)
