"""What every page tells the browser: keep no copy, tell nobody where this came from."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PrivatePages:
    """Sets the headers of every answer; stylesheets are served before this is reached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in PRIVATE.items():
            response.headers[name] = value
        response.headers.setdefault("Referrer-Policy", referrer_policy(response))
        return response


def referrer_policy(response: HttpResponse) -> str:
    """`no-referrer`, except on a page that holds a form.

    Under `no-referrer` browsers send forms with `Origin: null`, which the forgery check must
    refuse. `same-origin` tells other sites just as little, and no page with a form has a secret
    in its address.
    """
    # the forgery check sets its cookie on every page that printed its token
    holds_a_form = settings.CSRF_COOKIE_NAME in response.cookies
    return "same-origin" if holds_a_form else "no-referrer"
