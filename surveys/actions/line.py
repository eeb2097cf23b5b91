"""The one way out for mail: closed for all while a key is refused or a provider asks for patience.

While it is closed one letter every five minutes tries it, so that it opens by itself once mended.
"""

from datetime import datetime, timedelta

from django.db import transaction

from surveys import events
from surveys.models import MailLine

ONE_TRY_EVERY = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)


def line() -> MailLine:
    """The row, held until the caller's transaction ends."""
    row, _ = MailLine.objects.select_for_update().get_or_create(pk=1)
    return row


@transaction.atomic
def may_leave(now: datetime) -> bool:
    """Whether a letter may leave now; the one that tries a closed line keeps the others waiting."""
    row = line()
    if row.closed_until is None:
        return True
    # further ahead than any pause we make: written by a clock that was wrong
    if now < row.closed_until <= now + LONGEST_PAUSE:
        return False
    MailLine.objects.filter(pk=1).update(closed_until=now + ONE_TRY_EVERY)
    return True


@transaction.atomic
def close_line(why: str, until: datetime | None, *, by: str, now: datetime) -> datetime:
    """Nothing leaves until then: five minutes, or as long as was asked, an hour at most."""
    row = line()
    ends = max(now + timedelta(seconds=1), min(until, now + LONGEST_PAUSE)) if until else None
    ends = ends or now + ONE_TRY_EVERY
    if row.closed_since is None or row.why != why:
        MailLine.objects.filter(pk=1).update(closed_since=now)
        events.record("mail line closed", "mail", by=by, now=now, why=why)
    MailLine.objects.filter(pk=1).update(closed_until=ends, why=why)
    return ends


@transaction.atomic
def out_of_reach(*, now: datetime) -> None:
    """No letter can be handed over at all. Each is tried by itself all the same: a message about an
    alert must not wait for another's pause."""
    line()
    MailLine.objects.filter(pk=1, out_of_reach_since=None).update(out_of_reach_since=now)


@transaction.atomic
def open_line(*, by: str, now: datetime) -> None:
    """A letter was answered as letters are: mail flows."""
    row = MailLine.objects.filter(pk=1)
    row.exclude(out_of_reach_since=None).update(out_of_reach_since=None)
    closed = row.exclude(closed_until=None)
    if closed.update(closed_until=None, closed_since=None, why=""):
        events.record("mail line opened", "mail", by=by, now=now)
