"""The link's secret, moved from the address into a cookie and out of sight.

Two surveys may lie open in two tabs of one phone: the cookie holds the newest few secrets, and a
posted page is read with the one it came from.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from surveys.models import Token
from surveys.tokens import digest

# Long enough to be called away in the middle of a form, short enough for a borrowed phone.
SECONDS = 4 * 3600
OURS = re.compile(r"[A-Za-z0-9_-]{1,64}")
SALT = "afterglow.link"
# More surveys than one phone has open at once; a cookie must stay small (our judgement).
MOST = 5
BETWEEN = "."  # in no secret of ours


def cookie_name(kind: str) -> str:
    """`__Host-` binds a cookie to this very host and to https, so only a live site can use it."""
    return f"__Host-{kind}" if settings.LIVE else kind


def keep(response: HttpResponse, secret: str, *, kind: str) -> HttpResponse:
    """This one alone, in place of whatever was kept."""
    return _set(response, secret, kind)


def add(
    request: HttpRequest, response: HttpResponse, secret: str, *, kind: str = "link"
) -> HttpResponse:
    """Keeps it as the newest, beside those this browser came with. The oldest of too many goes."""
    # an address may hold anything; what we never minted need not fit into a cookie
    newest = secret if OURS.fullmatch(secret) else "unknown"
    others = [one for one in all_kept(request, kind=kind) if one != newest]
    return _set(response, BETWEEN.join([newest, *others][:MOST]), kind)


def drop(request: HttpRequest, response: HttpResponse, secret: str) -> HttpResponse:
    """Keeps all links but this one."""
    others = [one for one in all_kept(request) if one != secret]
    return _set(response, BETWEEN.join(others), "link") if others else forget(response)


def _set(response: HttpResponse, value: str, kind: str) -> HttpResponse:
    response.set_signed_cookie(
        cookie_name(kind),
        value,
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
    """The newest secret this browser came with; empty where none, or an old or forged one."""
    return next(iter(all_kept(request, kind=kind)), "")


def all_kept(request: HttpRequest, *, kind: str = "link") -> tuple[str, ...]:
    """Newest first."""
    value = request.get_signed_cookie(cookie_name(kind), "", salt=SALT + kind, max_age=SECONDS)
    return tuple(value.split(BETWEEN)) if value else ()


def meant(request: HttpRequest) -> str:
    """The secret that a posted page came from: of the survey it names. Else the newest one."""
    newest = kept(request)
    if request.method != "POST":
        return newest
    held = {digest(secret): secret for secret in all_kept(request)}
    if len(held) < 2:
        return newest
    tokens = Token.objects.filter(digest__in=held).select_related("occurrence")
    named = [one for one in tokens if str(one.occurrence.ref) == request.POST.get("form")]
    # several links lead to one survey: one that still opens, else the one that died last, which
    # may have died with the answers
    named.sort(key=lambda one: (one.revoked_at is None, one.revoked_at or one.expires_at))
    return held[named[-1].digest] if named else newest


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
