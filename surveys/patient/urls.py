from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.gzip import gzip_page

from surveys.patient import pin, tablet, thanks, views


def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    """A page of the patient's door: no account opens it, the link does."""
    # phones far from town: a form is a third as long, and the length tells nothing of what it holds
    packed = gzip_page(view)
    packed.roles = frozenset({"anyone"})
    return path(route, packed, name=f"patient-{name}")


urlpatterns = [
    # the pages first: none of their names may be taken for a secret
    page("s/", views.form, "form"),
    page("s/kept/", views.kept, "kept"),
    page("s/pin/", pin.page, "pin"),
    page("s/thanks/", thanks.thanks, "thanks"),
    page("s/not-me/", views.not_me, "not-me"),
    page("s/not-me/done/", views.not_me_done, "not-me-done"),
    page("s/stop/", views.stop, "stop"),
    page("s/stop/done/", views.stop_done, "stop-done"),
    page("s/tablet/", tablet.form, "tablet"),
    page("s/tablet/done/", tablet.done, "tablet-done"),
    # as mailed
    page("s/<str:secret>", views.open_form, "link"),
    page("s/<str:secret>/not-me", views.open_not_me, "link-not-me"),
    page("s/<str:secret>/stop", views.open_stop, "link-stop"),
]
