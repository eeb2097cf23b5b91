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
    course.refresh_from_db()
    return "\n".join(lines(course, until, now=SESSION + 2 * HOUR))


def test_each_form_stands_with_its_time_there_and_its_reason():
    course = ana()
    treated(course, SESSION)
    found = text(course)
    assert "Times are in America/Denver." in found
    assert "Wed 2026-03-04 09:00  until Fri 2026-03-06 09:00  after-session        planned" in found
    assert "    Asks After-session check\n    24 hours after the session of 3 March\n" in found
    assert "    Acute effects have passed and are still remembered." in found


@pytest.mark.parametrize("command", ["plan", "report"])
@pytest.mark.parametrize(("number", "known"), [("A-001", True), ("a-001", True), ("A-0001", False)])
def test_a_patient_is_found_by_the_number_in_any_capitals(capsys, command, number, known):
    ana()
    assert main([command, number]) == (0 if known else 1)
    assert ("No patient has the id" in capsys.readouterr().err) is not known


def test_what_a_rule_is_for_is_said_once():
    course = ana()
    treated(course, SESSION)
    assert text(course).count("Early non-improvement shows") == 1


@pytest.mark.parametrize(
    ("until", "shown"),
    [(date(2026, 3, 9), 0), (date(2026, 3, 10), 1), (date(2026, 3, 17), 2)],
)
def test_until_a_day_that_day_included(until, shown):
    course = ana()
    treated(course, SESSION)
    forms = text(course, until).split("front desk")[0]
    assert forms.count(" weekly ") == shown


def test_further_ahead_than_anything_is_written_down():
    course = ana(protocol="boosters-on-demand")
    assert text(course).count(" monthly ") == 2
    assert text(course, date(2026, 6, 30)).count(" monthly ") == 4
    assert "monthly              later" in text(course, date(2026, 6, 30))


def test_why_nothing_is_mailed_stands_at_the_top():
    course = ana(email="")
    assert "Held back: there is no e-mail address." in text(course)


def test_what_each_edit_changed_and_by_whom():
    course = ana()
    session = treated(course, SESSION)
    moved = change_session(
        session, at=SESSION + DAY, status="done", by="desk", now=SESSION + 2 * HOUR
    )
    found = text(course)
    assert "desk moved the session of 3 March, 09:00 to 4 March, 09:00:" in found
    assert "Weekly check-in: moved from 10 March, 09:00 to 11 March, 09:00" in found
    change_session(moved, at=SESSION + DAY, status="cancelled", by="desk", now=SESSION + 3 * HOUR)
    assert "After-session check of 5 March, 09:00: dropped, session changed" in text(course)


def test_another_protocol_is_followed_from_now_on(capsys):
    course = ana()
    treated(course, SESSION)
    assert main(["plan", "A-001", "--protocol", "taper-ladder", "--reason", "It holds."]) == 0
    course.refresh_from_db()
    assert course.protocol == "taper-ladder"
    assert course.protocol_changes.get().reason == "It holds."
    assert "superseded: protocol changed" in capsys.readouterr().out


def test_a_protocol_is_not_changed_without_a_reason(capsys):
    course = ana()
    assert main(["plan", "A-001", "--protocol", "taper-ladder"]) == 2
    course.refresh_from_db()
    assert course.protocol == "six-then-boosters"
    assert "--reason" in capsys.readouterr().err


def test_a_day_that_is_none_is_refused_with_what_to_write(capsys):
    with pytest.raises(SystemExit):
        main(["plan", "A-001", "--until", "soon"])
    assert "'soon' is no day: 2026-03-02 is" in capsys.readouterr().err
