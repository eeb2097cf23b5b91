"""Who may open which page. Deny by default: a route that names no role opens for nobody."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, get_resolver

View = Callable[..., HttpResponse]
# written out: the models cannot be asked this early in the start; a test compares
ROLES = frozenset({"clinician", "lead", "front_desk"})
ANYONE = frozenset({"anyone"})


def open_to(*roles: str) -> Callable[[View], View]:
    """Let these roles in, and nobody else. ValueError for a role that no one at the clinic has."""
    if not roles or not ROLES.issuperset(roles):
        raise ValueError(f"Name at least one of {sorted(ROLES)}, not {sorted(roles)}.")
    return lambda view: _declare(view, frozenset(roles))


def open_to_anyone(view: View) -> View:
    """For pages without patient data, and for the patient's door, whose key is the link."""
    return _declare(view, ANYONE)


def _declare(view: View, roles: frozenset[str]) -> View:
    view.roles = roles  # type: ignore[attr-defined]
    return view


def declared(view: View) -> frozenset[str]:
    """The roles a view names; none when it says nothing."""
    return getattr(view, "roles", frozenset())


class EveryRouteDeclaresItsRoles:
    """Refuses whoever the view does not name, and everybody when the view names nobody."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, *_: Any, **__: Any
    ) -> HttpResponse | None:
        roles = declared(view)
        if roles == ANYONE:
            return None
        if roles and not request.user.is_authenticated:
            # a form sent too late cannot be opened again by its address: start at the first page
            back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
            return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': back})}")
        if getattr(request.user, "role", None) not in roles:
            raise PermissionDenied
        return None


def every_route_declares_its_roles(**_: Any) -> list[CheckMessage]:
    """One error per route that names no role: the site does not start with an open door."""
    return [
        Error(
            f"The page /{route} does not say who may open it.",
            hint="Put @open_to(...) or @open_to_anyone above its view.",
            id="reports.E001",
        )
        for route, view in routes(get_resolver())
        if not declared(view)
    ]


def routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, View]]:
    """Every route below a resolver, as its path pattern and its view."""
    for entry in resolver.url_patterns:
        here = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here, entry.callback
        else:
            yield from routes(entry, here)
