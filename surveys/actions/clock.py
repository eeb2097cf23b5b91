"""Whether the clock may be trusted. While it may not, nothing is sent to patients or closed, and no
link ends.

Alerts go on: they look at what is due and at what lies impossibly far ahead.
"""

from datetime import datetime, timedelta

from django.db import transaction

from surveys import events
from surveys.clock_watch import Reading, is_wrong, jump
from surveys.models import ClockWatch

KEPT_AT_MOST_EVERY = timedelta(minutes=1)


@transaction.atomic
def is_right(this: Reading, *, by: str) -> bool:
    """Compares with the last look that agreed. A clock that agrees again is trusted again."""
    row = ClockWatch.objects.select_for_update().filter(pk=1).first()
    if row is None:
        _keep(this)
        return True
    found = jump(Reading(row.wall, row.boot, row.since_boot), this)
    if is_wrong(found):
        _mark(row, this, found, by)
        return False
    if row.wrong_since:
        events.record("clock agrees again", "clock", by=by, now=this.wall)
        _keep(this)
    elif abs(this.wall - row.wall) >= KEPT_AT_MOST_EVERY or this.boot != row.boot:
        _keep(this)
    return True


def _mark(row: ClockWatch, this: Reading, found: timedelta, by: str) -> None:
    seconds = found.total_seconds()
    if row.wrong_since is None:
        events.record("clock jumped", "clock", by=by, now=this.wall, seconds=round(seconds))
        ClockWatch.objects.filter(pk=1).update(wrong_since=this.wall)
    ClockWatch.objects.filter(pk=1).update(jump_seconds=seconds)


def _keep(this: Reading) -> None:
    facts = {"wall": this.wall, "boot": this.boot, "since_boot": this.since_boot}
    ClockWatch.objects.update_or_create(
        pk=1, defaults={**facts, "wrong_since": None, "jump_seconds": 0}
    )


@transaction.atomic
def trust(this: Reading, *, by: str) -> None:
    """A person has looked at the clock: it is right as it stands."""
    _keep(this)
    events.record("clock trusted", "clock", by=by, now=this.wall)


def trusted(now: datetime) -> datetime:
    """`now`; while the clock is astray, when it last agreed: nothing ends by a wrong clock."""
    astray = ClockWatch.objects.exclude(wrong_since=None).filter(pk=1)
    return astray.values_list("wall", flat=True).first() or now
