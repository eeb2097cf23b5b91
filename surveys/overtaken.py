"""Several mails that wait for one patient: which is left out, and how far apart the rest leave.

Pure. Both follow from the surveys themselves and never from when mail last left: so it is the same
after an outage, after a key that was refused for days, and where somebody sends by hand once a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from surveys.clock import Zone, outside_quiet_hours

# So long a mail is of use beside a newer form: a clinic that sends by hand may rest at the weekend.
# All of these are our judgement.
LONG_PAST = timedelta(days=3)
# Two mails in their time never arrive in one burst.
APART = timedelta(hours=4)
# What has waited for that and three passes more is late: one mail in a day, with room for a daily
# run that comes early.
LATE_AFTER = APART + timedelta(minutes=15)
APART_WHEN_LATE = timedelta(hours=20)

ASKED_AGAIN = "a newer form asks the same"
OVERTAKEN = "overtaken by a newer form"


@dataclass(frozen=True)
class Form:
    """A survey of this patient that has fallen due. `is_open`: due or sent, and not answered."""

    due_at: datetime
    instruments: frozenset[str]
    is_open: bool = True


def left_out(form: Form, hour: datetime, others: Iterable[Form], *, now: datetime) -> str:
    """Why the mail about `form` that should have left at `hour` never does; empty where it does.

    A newer form, open or answered, asks everything that this one asks; or one is open and the
    hour is more than three days past.
    """
    newer = [other for other in others if other.due_at > form.due_at]
    if any(form.instruments <= other.instruments for other in newer):
        return ASKED_AGAIN
    if now - hour > LONG_PAST and any(other.is_open for other in newer):
        return OVERTAKEN
    return ""


def apart(hour: datetime, *, now: datetime) -> timedelta:
    """How far from the patient's last mail one leaves now that should have left at `hour`."""
    return APART_WHEN_LATE if now - hour > LATE_AFTER else APART


def leaves_at(hour: datetime, *, since: datetime, last: datetime | None, zone: Zone) -> datetime:
    """When the mail of this hour leaves where sending runs from `since` on: by day, and apart from
    the patient's last mail."""
    at = outside_quiet_hours(max(hour, since), zone)
    while last is not None and at < (room := last + apart(hour, now=at)):
        at = outside_quiet_hours(room, zone)
    return at


def kept_from_leaving(
    hours: Iterable[datetime],
    *,
    since: datetime,
    last: datetime | None,
    zone: Zone,
    now: datetime,
) -> int:
    """How many of one patient's mails would have left by now, had sending not stopped at `since`.

    Not those that the night or a mail just before would have kept waiting all the same.
    """
    left = 0
    for hour in sorted(hours):
        at = leaves_at(hour, since=since, last=last, zone=zone)
        if at < now:
            left, last = left + 1, at
    return left
