"""Tell the clinician on call about every alert nobody has acknowledged yet, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import act_on_each, add_now, say
from surveys import wallclock
from surveys.actions.alert import due_alerts, notify
from surveys.actions.draft import left_behind, tell_of_draft
from surveys.actions.mail import sweep_stuck

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("alert", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """Hands over what waits and repeats what is due. Knows no quiet hours.

    A notice whose sender was killed is found here, two minutes after, and repeated at once.
    """
    at = now or wallclock.now()
    sweep_stuck(by="flow:alert", now=at)
    raised = act_on_each(left_behind(now=at), raise_for_draft, by="flow:alert", now=now)
    return raised + act_on_each(due_alerts(now=at), tell, by="flow:alert", now=now)


def raise_for_draft(occurrence_id: int, *, by: str, now: datetime) -> str:
    return "raised" if tell_of_draft(occurrence_id, by=by, now=now) else "sent meanwhile"


def tell(alert_id: int, *, by: str, now: datetime) -> str:
    return "told" if notify(alert_id, by=by, now=now) else "nobody reached"
