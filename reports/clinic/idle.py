"""A screen left alone signs itself out.

The time of the last page is kept in a signed cookie rather than in the session's row, so that
opening a page writes nothing. The absolute limit is the session's own age.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from reports.clinic import typed_before
from reports.clinic.roles import View

IDLE_MINUTES = 15
COOKIE = "afterglow_last_page"


class SignedOutWhenIdle:
    """Ends a session whose last page is longer ago than IDLE_MINUTES, by real time."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.idle_staff = None
        if request.user.is_authenticated and not _is_fresh(request):
            request.idle_staff = request.user.pk
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            _remember(request, response)
        return response

    def process_view(self, request: HttpRequest, *_: Any, **__: Any) -> None:
        """After the check against forged forms: what was typed too long is kept, not recorded;
        what is sent again is no longer kept."""
        if request.method != "POST" or request.path == settings.LOGIN_URL:
            return
        if request.idle_staff is not None:
            typed_before.keep(request, request.idle_staff)
        elif request.session.get(typed_before.KEY, {}).get("path") == request.path:
            typed_before.forget(request)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="afterglow.last-page")


def page_seen(session_key: str) -> str:
    """The cookie's value for a page opened now in this session."""
    return _signer().sign(session_key)


def _is_fresh(request: HttpRequest) -> bool:
    """Whether this session, not another one, was used within the limit."""
    try:
        session = _signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=IDLE_MINUTES * 60)
    except BadSignature:
        return False
    return session == request.session.session_key


def _remember(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        COOKIE,
        page_seen(request.session.session_key or ""),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
