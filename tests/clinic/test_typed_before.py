"""Text typed for longer than the idle limit comes back after signing in, to whoever typed it."""

import pytest
from django.contrib.sessions.models import Session
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse

from reports.clinic import idle, typed_before
from reports.models import Decision
from tests import cast
from tests.clinic.conftest import browser_of

pytestmark = pytest.mark.django_db

REASON = "Settled at two weeks; she wants to try three."
TYPED = {"option": "other", "reason": REASON, "review_on": "2026-04-01"}


def left_alone(staff, **extra) -> Client:
    """A browser whose last page is longer ago than the limit."""
    browser = browser_of(staff, **extra)
    del browser.cookies[idle.COOKIE]
    return browser


def page(course) -> str:
    return reverse("patient", kwargs={"ref": course.patient.ref})


def sign_in(browser, staff):
    return browser.post(
        "/sign-in/", {"username": staff.email, "password": cast.PASSWORD}, follow=True
    )


def test_what_was_typed_comes_back_and_is_recorded_when_sent_again(course):
    hers = left_alone(course.patient.clinician)
    assert hers.post(page(course), TYPED)["Location"].startswith("/sign-in/")
    assert not Decision.objects.exists()
    shown = sign_in(hers, course.patient.clinician).content.decode()
    assert "It was not recorded" in shown
    assert REASON in shown
    assert f'action="{page(course)}"' in shown
    assert f"{course.patient.code} {course.patient.initials}" in shown
    hers.post(page(course), TYPED)
    assert Decision.objects.get().reason == REASON
    assert hers.get("/typed-before/")["Location"] == "/"


def test_nobody_else_sees_it_on_the_same_screen(course):
    hers = left_alone(course.patient.clinician)
    hers.post(page(course), TYPED)
    shown = sign_in(hers, cast.lindqvist()).content.decode()
    assert REASON not in shown
    assert hers.get("/typed-before/")["Location"] == "/"
    hers.post("/sign-out/")
    assert REASON not in sign_in(hers, course.patient.clinician).content.decode()


def test_nor_does_she_on_another_screen(course):
    left_alone(course.patient.clinician).post(page(course), TYPED)
    assert REASON not in sign_in(Client(), course.patient.clinician).content.decode()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(typed_before.KEPT_FOR_SECONDS - 1, True), (typed_before.KEPT_FOR_SECONDS, False)],
)
def test_it_is_kept_for_half_an_hour(course, seconds, shown):
    hers = left_alone(course.patient.clinician)
    hers.post(page(course), TYPED)
    session = hers.session
    session[typed_before.KEY] = {
        **session[typed_before.KEY], "at": session[typed_before.KEY]["at"] - seconds + 0.5
    }  # fmt: skip
    if not shown:
        session[typed_before.KEY]["at"] -= 1
    session.save()
    assert (REASON in sign_in(hers, course.patient.clinician).content.decode()) is shown


def test_it_can_be_let_go(course):
    hers = left_alone(course.patient.clinician)
    hers.post(page(course), TYPED)
    sign_in(hers, course.patient.clinician)
    hers.post("/typed-before/")
    assert REASON not in hers.get("/typed-before/", follow=True).content.decode()


def test_a_forged_form_is_not_kept(course):
    hers = left_alone(course.patient.clinician, enforce_csrf_checks=True)
    assert hers.post(page(course), TYPED).status_code == 403
    kept = [row.get_decoded() for row in Session.objects.all()]
    assert [one for one in kept if typed_before.KEY in one] == []


def test_it_stands_in_no_log(course, caplog):
    hers = left_alone(course.patient.clinician)
    hers.post(page(course), TYPED)
    sign_in(hers, course.patient.clinician)
    assert REASON not in caplog.text


def test_looking_at_it_records_nothing(course):
    hers = left_alone(course.patient.clinician)
    hers.post(page(course), TYPED)
    sign_in(hers, course.patient.clinician)
    hers.get("/typed-before/")
    assert REASON in hers.get("/typed-before/").content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("path", ["/week/", "/s/", "/sign-in/"])
def test_a_head_has_the_headers_of_a_get_and_no_body(course, path):
    """Asked below the test client, which would cut a body off by itself."""
    environ = RequestFactory().head(path, HTTP_HOST="localhost").environ
    answered = {}
    response = WSGIHandler()(environ, lambda status, headers: answered.update(headers))
    assert b"".join(response) == b""
    assert answered
