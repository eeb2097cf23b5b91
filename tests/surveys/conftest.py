"""Ana at the patient's door: the clinic's clock, her first check-in, the link to it."""

import pytest

from surveys import wallclock
from surveys.actions import answer
from tests import cast, doors


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    """Stands at the start of the course; called with an instant, it is set to that."""
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, cast.START)
    return lambda instant: wallclock.tell(settings.CLOCK_FILE, instant)


@pytest.fixture
def language() -> str:
    return "en"


@pytest.fixture
def course(db, language):
    return cast.ana(language=language)


@pytest.fixture
def occurrence(course):
    """Ana's first check-in: PHQ-9 and GAD-7."""
    return cast.due(course, "baseline", now=cast.START)


@pytest.fixture
def secret(occurrence, mailbox):
    """The link of a letter to her."""
    return doors.invited(occurrence, mailbox, now=cast.START)


@pytest.fixture
def all_zero(occurrence):
    return doors.filled(occurrence, answer.instruments_of(occurrence), choice=0)
