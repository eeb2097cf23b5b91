"""Signing in and out. Guessing is slowed by django-axes, per account and address; whoever tries
many accounts from one address waits for the next minute."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reports.clinic import typed_before
from reports.clinic.audit import signature
from reports.clinic.forms import SignInForm
from reports.clinic.idle import IDLE_MINUTES
from reports.clinic.roles import ROLES, open_to, open_to_anyone
from surveys import events, wallclock
from surveys.pace import count, neighbourhood, wait


class SignIn(LoginView):
    template_name = "clinic/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"idle_minutes": IDLE_MINUTES}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        # before the password is looked at: that is slow on purpose, and pages wait behind it
        seconds = wait("wrong-password", neighbourhood(request))
        if seconds:
            page = render(request, "sign_in_crowded.html", {"seconds": seconds}, status=429)
            page["Retry-After"] = str(seconds)
            return page
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        count("wrong-password", neighbourhood(self.request))
        return super().form_invalid(form)

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


sign_in = open_to_anyone(SignIn.as_view())
sign_out = open_to(*ROLES)(SignOut.as_view())


@open_to(*ROLES)
def home(request: HttpRequest) -> HttpResponse:
    """Each role's first page."""
    return redirect("front_desk" if request.user.role == "front_desk" else "week")
