"""Tell the clinician on call about every alert nobody has acknowledged yet, once."""

import argparse
from collections import Counter
from datetime import datetime

import flows.start  # noqa: F401
from flows.sweep import act_on_each, add_now, say
from surveys import wallclock
from surveys.actions.alert import due_alerts, notify

add_arguments = add_now


def run(arguments: argparse.Namespace) -> int:
    return say("alert", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """Hands over what waits and repeats what is due. Knows no quiet hours."""
    return act_on_each(due_alerts(now=now or wallclock.now()), tell, by="flow:alert", now=now)


def tell(alert_id: int, *, by: str, now: datetime) -> str:
    return "told" if notify(alert_id, by=by, now=now) else "nobody reached"
