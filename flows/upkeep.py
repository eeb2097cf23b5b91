"""Close windows that have passed, plan further ahead, ask flagged forms again, free what got stuck,
once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import FAILED, act_on_each, add_now, say
from reports.flagged import ASKED, courses_to_look_at, look
from surveys import wallclock
from surveys.actions import again, schedule
from surveys.actions.doubt import ask_about_doubts
from surveys.actions.mail import sweep_idle, sweep_stuck
from surveys.actions.watch import tell_operator

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("upkeep", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """A mail caught half-way by a kill becomes in doubt, and is never sent blindly again.

    Trends are computed only for courses with answers recorded since the last look at them.
    """
    now = now or wallclock.now()
    looked = act_on_each(courses_to_look_at(), look, by="flow:upkeep", now=now)
    done = {
        "in doubt": sweep_stuck(by="flow:upkeep", now=now),
        "doubts ended": ask_about_doubts(by="flow:upkeep", now=now),
        "mails withdrawn": sweep_idle(now=now),
        "windows closed": schedule.close_windows(by="flow:upkeep", now=now),
        "no longer needed": again.withdraw_settled(by="flow:upkeep", now=now),
        ASKED: looked[ASKED],
        FAILED: looked[FAILED],
        "planned ahead": schedule.roll_on(by="flow:upkeep", now=now),
    }
    done["operator told"] = tell_operator(by="flow:upkeep", now=now)["accepted"]
    return +Counter(done)
