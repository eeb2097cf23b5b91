"""How often a door may be knocked at. Reading a page is never counted, a post is.

The figures bound machines; nobody who answers questions by hand comes near them (our judgement).
Where counting itself fails, everybody is let in.
"""

import logging
import sqlite3
from ipaddress import IPv6Address, ip_address
from math import ceil

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from surveys.counts import Counts

logger = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1")
LIMITS = {
    # posts through one link that opens: saving at each of 60 questions
    "link": RateLimitItemPerMinute(60),
    # posts from one address that open nothing
    "stranger": RateLimitItemPerMinute(60),
    # mail events from one address that nobody signed
    "unsigned": RateLimitItemPerMinute(60),
    # wrong passwords from one address, whatever the account; django-axes slows each account
    "wrong-password": RateLimitItemPerMinute(30),
}


def count(kind: str, who: str) -> int:
    """Counts one post. Seconds to wait where it was one too many in its minute, else 0.

    `who` empty: nobody can be told apart, and nobody is counted.
    """
    return _asked(kind, who, counting=True)


def wait(kind: str, who: str) -> int:
    """Seconds to wait before the next post is within the limit; counts nothing."""
    return _asked(kind, who, counting=False)


def _asked(kind: str, who: str, *, counting: bool) -> int:
    if not who:
        return 0
    counts, limit = Counts(settings.COUNTS_FILE), LIMITS[kind]
    limiter = FixedWindowRateLimiter(counts)
    # the file tells nobody who called, nor by which link
    key = salted_hmac("afterglow.pace", who, algorithm="sha256").hexdigest()
    try:
        if (limiter.hit if counting else limiter.test)(limit, kind, key):
            return 0
        ends = limiter.get_window_stats(limit, kind, key).reset_time
        return min(limit.get_expiry(), max(1, ceil(ends - counts.clock())))
    except sqlite3.Error as failed:
        logger.warning("posts are not counted: %s", type(failed).__name__)
        return 0


def address_of(request: HttpRequest) -> str:
    """Where a request comes from.

    Live, a web server of ours on this machine speaks https and adds the caller as the last hop;
    hops before it are the caller's own words. Anywhere else nobody's header is believed.
    """
    here = request.META.get("REMOTE_ADDR", "")
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    from_our_server = settings.LIVE and here in LOOPBACK
    return (from_our_server and hops[-1].strip()) or here


def neighbourhood(request: HttpRequest) -> str:
    """The address, of IPv6 the network a household gets: one machine there has billions of them.

    Empty where a live web server of ours does not say who calls: all callers would be one.
    """
    address = address_of(request)
    if settings.LIVE and address in LOOPBACK:
        return ""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    return read.exploded[:19] if isinstance(read, IPv6Address) else address
