"""Ana at the patient's door: the clinic's clock, her first check-in, the link to it."""

import time
from datetime import datetime

import pytest

from surveys import in_use, wallclock
from surveys.actions import answer
from tests import cast, doors


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    """Stands at the start of the course; called with an instant, it is set to that."""
    settings.CLOCK_FILE = tmp_path / "clock"
    wallclock.tell(settings.CLOCK_FILE, cast.START)
    return lambda instant: wallclock.tell(settings.CLOCK_FILE, instant)


@pytest.fixture
def it_is(clock, monkeypatch):
    """Every clock, that of the browser's cookies too, is set to an instant."""
    real = time.time()

    def tell(instant: datetime) -> None:
        clock(instant)
        monkeypatch.setattr(time, "time", lambda: real + (instant - cast.START).total_seconds())

    return tell


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


@pytest.fixture
def switched_off(monkeypatch):
    """Called, the clinic asks PHQ-9 (or what is named) no more, as from its next start on."""

    def switch_off(*names: str) -> None:
        off = names or ("phq9",)
        asked = {id_: one for id_, one in in_use.instruments_to_ask().items() if id_ not in off}
        monkeypatch.setattr(answer, "instruments_to_ask", lambda: asked)

    return switch_off
