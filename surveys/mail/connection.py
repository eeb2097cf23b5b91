"""A request to SendGrid with its connection as a step of its own.

urllib says "timed out" alike of a connection that never stood and of an answer that never came. The
first is an outage, with nothing taken; the second is in doubt. So the connection names its own
faults, and the library sends its request through an opener that has such connections.
"""

from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
)

from python_http_client import Client


class NoConnection(OSError):
    """Not a byte of the request has left. The text names the cause."""


class _Step:
    """Every fault before the connection stands, its TLS handshake and a proxy's tunnel included."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except OSError as fault:
            raise NoConnection(type(fault).__name__) from fault


class _Plain(_Step, HTTPConnection):
    pass


class _Secure(_Step, HTTPSConnection):
    """With Python's default context, which checks certificate and name."""


class _ByHttp(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _ByHttps(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Secure, req)


class _NowhereElse(HTTPRedirectHandler):
    """The key and the letter are for one host; and after a first answer a failed connection to
    another would say nothing of the letter."""

    def redirect_request(self, *_: Any) -> None:
        return None


class MailSend(Client):
    """SendGrid's library at its one address for letters: `post` sends one."""

    def __init__(self, host: str, headers: dict[str, str], *, timeout: float) -> None:
        super().__init__(host, headers, version=3, url_path=["mail", "send"], timeout=timeout)

    def _make_request(
        self, opener: OpenerDirector, request: Request, timeout: float | None = None
    ) -> HTTPResponse:
        ours = build_opener(_ByHttp, _ByHttps, _NowhereElse)
        return super()._make_request(ours, request, timeout)
