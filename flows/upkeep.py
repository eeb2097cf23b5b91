"""Close windows that have passed, plan further ahead, ask flagged forms again, free what got stuck,
once."""

import argparse
import logging
from collections import Counter
from collections.abc import Callable
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

logger = logging.getLogger(__name__)
add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("upkeep", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """A mail caught half-way by a kill becomes in doubt, and is never sent blindly again.

    Trends are computed only for courses with answers recorded since the last look at them. A step
    that fails is counted, and holds up none of those after it. Without `now` the clock is judged
    and read again for each: to a pass that began long ago the lease of a letter on its way would
    come from the future.
    """
    by = "flow:upkeep"
    done: Counter[str] = Counter()
    for step in (*MOVE_ON, *ALWAYS):
        if step in MOVE_ON and not clock_is_right(now, by=by):
            done[HELD] = 1
        else:
            done += _alone(step, by, now or wallclock.now())
    return done


Step = Callable[[str, datetime], Counter[str]]


def _alone(step: Step, by: str, now: datetime) -> Counter[str]:
    try:
        return step(by, now)
    except Exception as surprise:
        # the exception's message may quote a patient; its type and the step's name cannot
        logger.error("%s stumbled in %s: %s", by, step.__name__, type(surprise).__name__)
        return Counter({FAILED: 1})


def _look(by: str, now: datetime) -> Counter[str]:
    looked = act_on_each(courses_to_look_at(), look, by=by, now=now)
    return Counter({ASKED: looked[ASKED], FAILED: looked[FAILED]})


def _close_windows(by: str, now: datetime) -> Counter[str]:
    return Counter({"windows closed": schedule.close_windows(by=by, now=now)})


def _erase_drafts(by: str, now: datetime) -> Counter[str]:
    return Counter({"drafts erased": erase_drafts(by=by, now=now)})


def _withdraw_settled(by: str, now: datetime) -> Counter[str]:
    return Counter({"no longer needed": again.withdraw_settled(by=by, now=now)})


def _roll_on(by: str, now: datetime) -> Counter[str]:
    return act_on_each(schedule.to_roll_on(now=now), schedule.roll_on, by=by, now=now)


def _withdraw_mails(_: str, now: datetime) -> Counter[str]:
    return Counter({"mails withdrawn": sweep_idle(now=now)})


def _free_stuck(by: str, now: datetime) -> Counter[str]:
    return Counter({"in doubt": sweep_stuck(by=by, now=now)})


def _ask_about_doubts(by: str, now: datetime) -> Counter[str]:
    return Counter({"doubts ended": ask_about_doubts(by=by, now=now)})


def _read_bounces(by: str, now: datetime) -> Counter[str]:
    folder = settings.BOUNCE_FOLDER
    return read_bounces(Path(folder), by=by, now=now) if folder else Counter()


def _read_bounces_by_imap(by: str, now: datetime) -> Counter[str]:
    place, seconds = bounce_mailbox(), settings.MAIL_TIMEOUT_SECONDS
    if place is None:
        return Counter()
    return read_bounces_by_imap(place, timeout=seconds, by=by, now=now)


def _tell_operator(by: str, now: datetime) -> Counter[str]:
    return Counter({"operator told": tell_operator(by=by, now=now)["accepted"]})


# what a clock gone wrong would do to everybody at once
MOVE_ON: tuple[Step, ...] = (
    _look, _close_windows, _erase_drafts, _withdraw_settled, _roll_on, _withdraw_mails
)  # fmt: skip
ALWAYS: tuple[Step, ...] = (
    _free_stuck, _ask_about_doubts, _read_bounces, _read_bounces_by_imap, _tell_operator
)  # fmt: skip
