"""A screen left alone signs itself out.

The time of the last page is kept in a signed cookie rather than in the session's row, so that
opening a page writes nothing. The absolute limit is the session's own age.
"""

from django.conf import settings
from django.contrib.auth import logout
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from reports.clinic.roles import View

IDLE_MINUTES = 15
COOKIE = "afterglow_last_page"


class SignedOutWhenIdle:
    """Ends a session whose last page is longer ago than IDLE_MINUTES, by real time."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not _is_fresh(request):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            _remember(request, response)
        return response


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
