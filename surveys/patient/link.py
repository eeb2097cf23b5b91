"""The link's secret, moved from the address into a cookie and out of sight."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Long enough to be called away in the middle of a form, short enough for a borrowed phone.
SECONDS = 4 * 3600
OURS = re.compile(r"[A-Za-z0-9_-]{1,64}")
SALT = "afterglow.link"


def cookie_name(kind: str) -> str:
    """`__Host-` binds a cookie to this very host and to https, so only a live site can use it."""
    return f"__Host-{kind}" if settings.LIVE else kind


def keep(response: HttpResponse, secret: str, *, kind: str = "link") -> HttpResponse:
    response.set_signed_cookie(
        cookie_name(kind),
        # an address may hold anything; what we never minted need not fit into a cookie
        secret if OURS.fullmatch(secret) else "unknown",
        salt=SALT + kind,
        max_age=SECONDS,
        path="/",
        secure=settings.LIVE,
        httponly=True,
        # Strict would be withheld on the way from the mail to the page
        samesite="Lax",
    )
    return response


def kept(request: HttpRequest, *, kind: str = "link") -> str:
    """The secret this browser came with; empty when there is none, or it is old or forged."""
    return request.get_signed_cookie(cookie_name(kind), "", salt=SALT + kind, max_age=SECONDS)


def forget(response: HttpResponse, *, kind: str = "link") -> HttpResponse:
    response.set_cookie(
        cookie_name(kind),
        "",
        max_age=0,
        path="/",
        secure=settings.LIVE,
        httponly=True,
        samesite="Lax",
    )
    return response
