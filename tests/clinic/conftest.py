from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from reports.clinic import idle
from surveys import wallclock
from surveys.models import Course, Event, Staff
from tests import cast


@pytest.fixture(autouse=True)
def clock(settings, tmp_path: Path) -> Callable[[datetime], None]:
    """The clinic's clock stands at Monday 2 March 2026, 09:00 in Denver, until a test moves it."""
    settings.CLOCK_FILE = tmp_path / "clock"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    wallclock.tell(settings.CLOCK_FILE, cast.START)
    return lambda instant: wallclock.tell(settings.CLOCK_FILE, instant)


@pytest.fixture
def enter() -> Callable[[Staff], Client]:
    """A browser in which this person has signed in a moment ago."""
    return browser_of


@pytest.fixture
def course(db) -> Course:
    """Ana's."""
    return cast.ana()


@pytest.fixture
def hers(course: Course, enter: Callable[[Staff], Client]) -> Client:
    """A browser of the clinician who treats her."""
    return enter(course.patient.clinician)


def browser_of(staff: Staff, **extra) -> Client:
    client = Client(**extra)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies[idle.COOKIE] = idle.page_seen(client.session.session_key)
    return client


def views() -> list[tuple[str, str, dict]]:
    """Every look at patient data so far: who, at what, and the details."""
    seen = Event.objects.filter(verb="viewed").order_by("seq")
    return [(event.by, event.subject, event.detail) for event in seen]


def days(count: float) -> timedelta:
    return timedelta(days=count)
