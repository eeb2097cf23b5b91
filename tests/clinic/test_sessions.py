"""A session is said, read back, and recorded once, at the patient's wall time."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from surveys.models import Occurrence, Session
from tests import cast

pytestmark = pytest.mark.django_db
NOON_IN_DENVER = {"day": "2026-03-02", "time": "08:30", "status": "done"}


@pytest.fixture
def desk(enter) -> Client:
    return enter(cast.ruiz())


def address(course, key: str = "new") -> str:
    return f"/patients/{course.patient.ref}/sessions/{key}/"


def current(course) -> list[tuple[datetime, str]]:
    rows = Session.objects.filter(course=course, superseded_at=None)
    return [(row.at, row.status) for row in rows]


def test_the_first_step_records_nothing_and_reads_the_time_back(course, desk):
    answer = desk.post(address(course), NOON_IN_DENVER)
    assert "Mon 2 Mar 2026, 08:30" in answer.content.decode()
    assert current(course) == []


def test_the_second_step_records_the_patients_wall_time(course, desk):
    answer = desk.post(address(course), {**NOON_IN_DENVER, "record": "yes"})
    assert answer["Location"] == f"/patients/{course.patient.ref}/contact/"
    assert current(course) == [(datetime(2026, 3, 2, 15, 30, tzinfo=UTC), "done")]


def test_pressing_twice_records_once(course, desk):
    for _ in range(2):
        desk.post(address(course), {**NOON_IN_DENVER, "record": "yes"})
    assert Session.objects.count() == 1


def test_what_is_sent_next_follows_the_session(course, desk):
    desk.post(address(course), {**NOON_IN_DENVER, "record": "yes"})
    after = Occurrence.objects.get(course=course, survey="after-session")
    assert after.due_at == datetime(2026, 3, 3, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"status": ""}, "Choose one."),
        ({"day": ""}, "Fill this in."),
        ({"day": "2026-03-03"}, "This is in the future."),
        ({"status": "planned"}, "This is in the past."),
        ({"dose_mg_per_kg": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_recorded_is_pointed_out_and_kept(course, desk, typed, told):
    answer = desk.post(address(course), {**NOON_IN_DENVER, "route": "IM", **typed, "record": "yes"})
    page = answer.content.decode()
    assert (answer.status_code, current(course)) == (422, [])
    assert told in page
    assert 'value="IM"' in page


def test_nothing_is_chosen_beforehand(course, desk):
    assert " checked" not in desk.get(address(course)).content.decode()


def test_a_session_close_to_another_is_questioned_not_refused(course, desk):
    cast.treated(course, cast.START - 2 * cast.HOUR)
    typed = {**NOON_IN_DENVER, "time": "08:00"}
    assert "less than 20 hours away" in desk.post(address(course), typed).content.decode()
    desk.post(address(course), {**typed, "record": "yes"})
    assert len(current(course)) == 2


def test_a_time_the_clocks_skip_is_moved_and_said(course, desk, clock):
    clock(datetime(2026, 3, 8, 18, 0, tzinfo=UTC))
    page = desk.post(address(course), {**NOON_IN_DENVER, "day": "2026-03-08", "time": "02:30"})
    assert "Clocks change on this day" in page.content.decode()
    assert "Sun 8 Mar 2026, 03:00" in page.content.decode()


def test_a_planned_session_is_moved_under_its_own_key(course, desk, clock):
    coming = {"day": "2026-03-04", "time": "14:00", "status": "planned", "record": "yes"}
    desk.post(address(course), coming)
    planned = Session.objects.get()
    moved = {**coming, "day": "2026-03-05"}
    for _ in range(2):
        desk.post(address(course, planned.key), moved)
    assert current(course) == [(datetime(2026, 3, 5, 21, 0, tzinfo=UTC), "planned")]
    assert set(Session.objects.values_list("key", flat=True)) == {planned.key}


def test_two_sessions_cannot_share_an_instant(course, desk):
    cast.treated(course, cast.START - 2 * cast.HOUR)
    other = cast.treated(course, cast.START - 30 * cast.HOUR)
    typed = {"day": "2026-03-02", "time": "07:00", "status": "done", "record": "yes"}
    answer = desk.post(address(course, other.key), typed)
    assert answer.status_code == 422
    assert "Another session has this very time" in answer.content.decode()
