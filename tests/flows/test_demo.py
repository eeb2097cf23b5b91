"""The demo: its calendar and its people, and one small performance from beginning to end."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from random import Random

import pytest

from flows.demo import begin, beside, files, forms
from flows.demo.agenda import Agenda
from flows.demo.cast import load_cast, on_path
from flows.demo.clinic import ENROLLED_BEFORE
from flows.demo.people import on_the_half_hour
from surveys.history import HistoryStatement, problems
from surveys.protocol import shipped_protocols

CAST = load_cast()
MONDAY = date(2026, 1, 5)


class TestTheCast:
    def test_is_twenty_four_people_each_with_a_number_of_their_own(self):
        assert len({one.code for one in CAST.patients}) == 24

    def test_holds_everybody_the_clinic_must_cope_with(self):
        assert [one.habit for one in CAST.patients].count("never") == 2
        assert sum(one.refused for one in CAST.patients) == 1
        assert sum(one.scanned for one in CAST.patients) == 2
        assert sum(bool(one.positive) for one in CAST.patients) == 2
        assert any(one.wane for one in CAST.patients)

    def test_follows_protocols_that_are_shipped(self):
        assert {one.protocol for one in CAST.patients} <= set(shipped_protocols())
        assert set(CAST.schedules) <= set(shipped_protocols())

    def test_lives_at_addresses_that_reach_nobody(self):
        everybody = [*CAST.patients, *CAST.staff.values()]
        assert all(one.email.endswith(".example") for one in everybody)

    def test_when_smaller_keeps_those_who_show_something(self):
        small = load_cast(8).patients
        assert len(small) == 8
        assert sum(bool(one.positive) for one in small) == 2
        assert sum(one.refused for one in small) == 1


@pytest.mark.parametrize(
    ("weeks", "total"), [(-1, 20), (0, 20), (1, 15), (2, 10), (3, 10), (4, 10), (9, 10)]
)
def test_a_path_is_straight_between_its_points_and_level_outside(weeks, total):
    assert on_path(((0, 20), (2, 10), (4, 10)), weeks) == total


class TestForms:
    @pytest.mark.parametrize("total", range(28))
    @pytest.mark.parametrize("ninth", [0, 1, 2, 3])
    def test_are_real_ones_of_about_this_total_with_this_ninth(self, total, ninth):
        pattern = forms.phq9(total, ninth, Random(1))
        assert pattern["9"] == ninth
        assert pattern in forms.real_forms()[sum(pattern.values()), ninth]

    @pytest.mark.parametrize("total", range(3, 22))
    def test_without_thoughts_of_death_match_an_everyday_total_exactly(self, total):
        assert sum(forms.phq9(total, 0, Random(1)).values()) == total

    def test_are_the_same_for_the_same_dice(self):
        assert forms.phq9(12, 0, Random(3)) == forms.phq9(12, 0, Random(3))


class TestBesideTheSessions:
    def test_three_people_have_entries_and_every_one_can_be_recorded_at_their_enrolment(self):
        first = MONDAY
        told = [list(beside.statements(one, first)) for one in CAST.patients if one.beside]
        assert len(told) == 3
        assert [problems(one, first - ENROLLED_BEFORE) for one in chain(*told)] == [{}] * 11

    def test_one_of_them_began_an_antidepressant_in_the_same_weeks(self):
        ben = next(one for one in CAST.patients if one.code == "A-102")
        assert next(beside.statements(ben, MONDAY)) == HistoryStatement(
            "antidepressant", "Sertraline", "50 mg", since="2025-12-25"
        )


class TestFiles:
    def test_name_the_sessions_of_the_day_and_the_next_one(self):
        now = datetime(2026, 1, 5, 17, 30, tzinfo=UTC)
        ana = [CAST.patients[0]]
        rows = list(files.held(CAST, ana, MONDAY, now))
        assert [(row["session_at"], row["status"]) for row in rows] == [
            ("2026-01-05T14:00", "done"),
            ("2026-01-08T14:00", "planned"),
        ]

    def test_begin_with_the_first_series_as_agreed(self):
        rows = list(files.planned(CAST, [CAST.patients[0]], MONDAY))
        assert [row["status"] for row in rows] == ["planned"] * 6


def test_the_agenda_is_in_order_of_time_then_of_arrival():
    agenda, done = Agenda(), []
    start = datetime(2026, 1, 5, tzinfo=UTC)
    for name, hours in [("late", 2), ("first", 1), ("second", 1), ("never", 9)]:
        agenda.add(start + timedelta(hours=hours), lambda _, name=name: done.append(name))

    while step := agenda.next(start + timedelta(hours=9)):
        at, act = step
        act(at)

    assert done == ["first", "second", "late"]


@pytest.mark.parametrize(("minute", "rounded"), [(0, 0), (29, 0), (30, 30), (59, 30)])
def test_answers_come_on_the_half_hour(minute, rounded):
    at = datetime(2026, 1, 5, 18, minute, 13, tzinfo=UTC)
    assert on_the_half_hour(at) == datetime(2026, 1, 5, 18, rounded, tzinfo=UTC)


class TestBeginning:
    @pytest.mark.parametrize(
        ("now", "monday"),
        [
            ("2026-03-30T17:59+00:00", date(2025, 12, 29)),  # Monday has not passed everywhere
            ("2026-03-30T18:00+00:00", date(2026, 1, 5)),
            ("2026-04-05T12:00+00:00", date(2026, 1, 5)),
        ],
    )
    def test_twelve_weeks_end_on_the_last_monday(self, now, monday):
        assert begin.default_monday(datetime.fromisoformat(now), 12) == monday

    def test_a_real_clinic_around_it_is_not_touched(self, tmp_path):
        around = {
            "DATABASE_URL": "postgres://alder", "AFTERGLOW_LIVE": "yes", "PATH": "/bin",
            "AFTERGLOW_SENDGRID_KEY": "alder", "PREFECT_API_URL": "http://alder",
        }  # fmt: skip
        given = begin.environment(tmp_path, around)
        assert "alder" not in "".join(given.values())
        assert "AFTERGLOW_LIVE" not in given
        assert given["PATH"] == "/bin"

    def test_a_folder_that_is_not_a_demo_is_left_alone(self, tmp_path, capsys):
        (tmp_path / "afterglow.sqlite3").write_text("a real clinic")
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", "demo", "--home", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "is not a demo's folder" in done.stderr
        assert (tmp_path / "afterglow.sqlite3").read_text() == "a real clinic"


def test_a_small_performance_balances(tmp_path):
    """Four people and four weeks; still the real mail, web and Prefect servers."""
    done = subprocess.run(
        [
            sys.executable, "-m", "flows.cli", "demo", "--home", str(tmp_path / "demo"),
            "--patients", "4", "--weeks", "4", "--monday", "2026-01-05",
        ],
        capture_output=True, text=True, timeout=420, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The ledger balances, and the audit chain is whole." in done.stdout
    assert re.search(r"alert 1, acknowledged after\W+6 min", done.stdout)
    assert list((tmp_path / "demo" / "reports").rglob("*.pdf"))
    assert "afterglow up" in done.stdout
