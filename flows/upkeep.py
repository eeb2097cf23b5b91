"""Close windows that have passed, plan further ahead, free what got stuck, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import add_now, say
from surveys import wallclock
from surveys.actions import schedule
from surveys.actions.send import sweep_stuck

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("upkeep", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """A mail caught half-way by a kill becomes in doubt, and is never sent blindly again."""
    now = now or wallclock.now()
    done = {
        "in doubt": sweep_stuck(by="flow:upkeep", now=now),
        "windows closed": schedule.close_windows(by="flow:upkeep", now=now),
        "planned ahead": schedule.roll_on(by="flow:upkeep", now=now),
    }
    return +Counter(done)
