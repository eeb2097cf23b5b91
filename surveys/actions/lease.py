"""A letter's lease: who hands it over shows to be alive every half minute, until it is answered.

Two minutes without a sign, and the sweep takes the sender for dead. A long conversation with a
mail server is not death: the sign comes from a thread beside it, which ends with its process,
whatever ends that. It comes for a quarter of an hour at most: a server that talks for ever holds
no letter longer.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.db.models import Q

from surveys.models import Message

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
BEAT = timedelta(seconds=30)
AT_MOST = timedelta(minutes=15)
# What a clock may be wrong, and a pass may be old, before a lease from the future is none.
CLOCKS_DIFFER = timedelta(minutes=10)

# Renews, told how long the conversation has lasted; False where the letter is no longer ours.
Renew = Callable[[timedelta], bool]


@contextmanager
def kept_alive(message_id: int, *, now: datetime) -> Iterator[None]:
    """While a letter claimed at `now` is handed over."""
    with beating(partial(renew, message_id, now), beat=BEAT, at_most=AT_MOST):
        yield


@contextmanager
def beating(renew: Renew, *, beat: timedelta, at_most: timedelta) -> Iterator[None]:
    answered = threading.Event()
    told = (renew, answered, beat, at_most)
    heart = threading.Thread(target=_beat, args=told, name="lease", daemon=True)
    heart.start()
    try:
        yield
    finally:
        answered.set()
        heart.join()


def _beat(renew: Renew, answered: threading.Event, beat: timedelta, at_most: timedelta) -> None:
    began = time.monotonic()
    lasted = timedelta()
    while lasted < at_most and not answered.wait(beat.total_seconds()):
        lasted = timedelta(seconds=time.monotonic() - began)
        try:
            if not renew(lasted):
                break
        except Exception as fault:
            # the next beat tries again; what the database says might quote a row
            logger.error("a lease was not renewed: %s", type(fault).__name__)
    if lasted:  # only who renewed has a connection of its own
        connection.close()


def renew(message_id: int, claimed_at: datetime, lasted: timedelta) -> bool:
    mine = Message.objects.filter(pk=message_id, state="sending", handed_at=claimed_at)
    return bool(mine.update(lease_until=claimed_at + lasted + LEASE))


def is_over(now: datetime) -> Q:
    """Leases whose sender gave no sign, or that a clock wrote which was wrong. No claim is without
    one: a letter half-way out that has none is nobody's either."""
    unheard = Q(lease_until=None) | Q(lease_until__lte=now)
    return unheard | Q(lease_until__gt=now + LEASE + CLOCKS_DIFFER)
