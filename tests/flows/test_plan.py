"""`afterglow plan`: what will be sent, when and why, and what the last edit changed."""

from datetime import date

import pytest

from flows.cli import main
from flows.plan import lines
from surveys.actions.treat import change_session
from tests.cast import DAY, HOUR, START, ana, treated

pytestmark = pytest.mark.django_db

SESSION = START + DAY


def text(course, until=None) -> str:
    return "\n".join(lines(course, until))


def test_each_form_stands_with_its_time_there_and_its_reason():
    course = ana()
    treated(course, SESSION)
    found = text(course)
    assert "Times are in America/Denver." in found
    assert "Wed 2026-03-04 09:00  until Fri 2026-03-06 09:00  after-session        planned" in found
    assert "    Acute effects have passed and are still remembered." in found


@pytest.mark.parametrize(
    ("until", "shown"),
    [(date(2026, 3, 9), 0), (date(2026, 3, 10), 1), (date(2026, 3, 17), 2)],
)
def test_until_a_day_that_day_included(until, shown):
    course = ana()
    treated(course, SESSION)
    assert text(course, until).count(" weekly ") == shown


def test_further_ahead_than_anything_is_written_down():
    course = ana(protocol="boosters-on-demand")
    course.refresh_from_db()
    assert text(course).count(" monthly ") == 2
    assert "will be planned" in text(course, date(2026, 6, 30))
    assert text(course, date(2026, 6, 30)).count(" monthly ") == 4


def test_what_an_edit_moved_and_withdrew():
    course = ana()
    session = treated(course, SESSION)
    assert "The last edit" not in text(course)
    moved = change_session(
        session, at=SESSION + DAY, status="done", by="desk", now=SESSION + 2 * HOUR
    )
    assert "moved from Tue 2026-03-10 09:00 to Wed 2026-03-11 09:00" in text(course)
    change_session(moved, at=SESSION + DAY, status="cancelled", by="desk", now=SESSION + 3 * HOUR)
    assert "after-session        withdrawn" in text(course)


def test_another_protocol_is_followed_from_now_on(capsys):
    course = ana()
    treated(course, SESSION)
    assert main(["plan", "A-001", "--protocol", "taper-ladder"]) == 0
    course.refresh_from_db()
    assert course.protocol == "taper-ladder"
    assert "superseded: protocol changed" in capsys.readouterr().out
