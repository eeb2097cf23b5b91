"""Close windows that have passed, plan further ahead, ask flagged forms again, free what got stuck,
once."""

import argparse
from collections import Counter
from datetime import datetime
from pathlib import Path

from django.conf import settings

import flows.start  # noqa: F401
from flows.bounce_mailbox import bounce_mailbox
from flows.sweep import FAILED, HELD, act_on_each, add_now, clock_is_right, say
from reports.flagged import ASKED, courses_to_look_at, look
from surveys import wallclock
from surveys.actions import again, schedule
from surveys.actions.doubt import ask_about_doubts
from surveys.actions.draft import erase_drafts
from surveys.actions.mail import sweep_idle, sweep_stuck
from surveys.actions.returned import read_bounces, read_bounces_by_imap
from surveys.actions.watch import tell_operator

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("upkeep", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """A mail caught half-way by a kill becomes in doubt, and is never sent blindly again.

    Trends are computed only for courses with answers recorded since the last look at them.
    """
    by, given = "flow:upkeep", now
    now = now or wallclock.now()
    right = clock_is_right(given, by=by)
    done = _what_must_move_on(by, now) if right else Counter({HELD: 1})
    done["in doubt"] = sweep_stuck(by=by, now=now)
    done["doubts ended"] = ask_about_doubts(by=by, now=now)
    if settings.BOUNCE_FOLDER:
        done += read_bounces(Path(settings.BOUNCE_FOLDER), by=by, now=now)
    if place := bounce_mailbox():
        seconds = settings.MAIL_TIMEOUT_SECONDS
        done += read_bounces_by_imap(place, timeout=seconds, by=by, now=now)
    done["mails withdrawn"] = sweep_idle(now=now)
    done["operator told"] = tell_operator(by=by, now=now)["accepted"]
    return +done


def _what_must_move_on(by: str, now: datetime) -> Counter[str]:
    """What a clock gone wrong would do to everybody at once."""
    looked = act_on_each(courses_to_look_at(), look, by=by, now=now)
    return Counter({
        "windows closed": schedule.close_windows(by=by, now=now),
        "drafts erased": erase_drafts(by=by, now=now),
        "no longer needed": again.withdraw_settled(by=by, now=now),
        ASKED: looked[ASKED],
        FAILED: looked[FAILED],
        "planned ahead": schedule.roll_on(by=by, now=now),
    })  # fmt: skip
