"""Signing in and out. Guessing is slowed by django-axes, per account and address."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from reports.clinic import typed_before
from reports.clinic.audit import signature
from reports.clinic.forms import SignInForm
from reports.clinic.idle import IDLE_MINUTES
from reports.clinic.roles import ROLES, open_to, open_to_anyone
from surveys import events, wallclock


class SignIn(LoginView):
    template_name = "clinic/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"idle_minutes": IDLE_MINUTES}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        by = signature(form.get_user())
        events.record("signed_in", by, by=by, now=wallclock.now())
        response = super().form_valid(form)
        self.request.session.set_expiry(None)
        if typed_before.kept(self.request, form.get_user()):
            return redirect("typed_before")
        typed_before.forget(self.request)
        return response


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        by = signature(request.user)
        events.record("signed_out", by, by=by, now=wallclock.now())
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'  # the back button shows nothing on a shared screen
        return response


def address_of(request: HttpRequest) -> str:
    """Where a sign-in comes from, for the throttle.

    Live, a web server of ours on this machine speaks https and adds the caller as the last hop;
    hops before it are the caller's own words. Anywhere else nobody's header is believed.
    """
    here = request.META.get("REMOTE_ADDR", "")
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    from_our_server = settings.LIVE and here in ("127.0.0.1", "::1")
    return (from_our_server and hops[-1].strip()) or here


sign_in = open_to_anyone(SignIn.as_view())
sign_out = open_to(*ROLES)(SignOut.as_view())


@open_to(*ROLES)
def home(request: HttpRequest) -> HttpResponse:
    """Each role's first page."""
    return redirect("front_desk" if request.user.role == "front_desk" else "week")
