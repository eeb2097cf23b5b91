"""When the flows run, in the clinic's zone and through both changes of the clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows import serve
from flows.timetable import Appointment, timetable

DENVER = "America/Denver"
TIMES = {one.flow: one for one in timetable(DENVER)}


def next_times(appointment: Appointment, after: datetime, number: int) -> list[datetime]:
    """As the server itself works them out, in the appointment's zone."""
    schedule = CronSchedule(cron=appointment.cron, timezone=appointment.timezone)
    found = asyncio.run(schedule.get_dates(number, start=after))
    zone = ZoneInfo(appointment.timezone)
    return [datetime.fromtimestamp(one.timestamp(), zone) for one in found]


def test_every_flow_has_exactly_one_appointment():
    assert sorted(TIMES) == sorted(serve.FLOWS)
    assert len(timetable(DENVER)) == len(TIMES)


def test_an_alert_waits_no_longer_than_half_a_minute_for_its_flow():
    first, second, third = next_times(TIMES["alert"], datetime(2026, 3, 2, tzinfo=UTC), 3)
    assert second - first == third - second == timedelta(seconds=30)


def test_weekly_begins_on_monday_at_seven_at_the_clinic():
    sunday_evening = datetime(2026, 3, 1, 23, 0, tzinfo=ZoneInfo(DENVER))
    first = next_times(TIMES["weekly"], sunday_evening, 1)[0]
    assert (first.weekday(), first.hour, first.minute) == (0, 7, 0)


def test_reminders_leave_between_eight_and_nine_in_the_evening_at_the_clinic():
    midnight = datetime(2026, 3, 2, tzinfo=ZoneInfo(DENVER))
    hours = [one.hour for one in next_times(TIMES["remind"], midnight, 13)]
    assert hours == list(range(8, 21))


@pytest.mark.parametrize("flow", ["alert", "send", "upkeep"])
def test_what_runs_all_day_keeps_a_zone_in_which_no_hour_comes_twice(flow):
    assert TIMES[flow].timezone == "UTC"


@pytest.mark.parametrize("flow", ["remind", "weekly"])
@pytest.mark.parametrize("day", [datetime(2026, 3, 8), datetime(2026, 11, 1)])  # noqa: DTZ001
def test_what_has_an_hour_keeps_it_when_the_clock_changes(flow, day):
    """Between 04:00 and 22:00 no hour is skipped or comes twice."""
    before = day.replace(tzinfo=ZoneInfo(DENVER))
    times = next_times(TIMES[flow], before, 5)
    assert {one.date() for one in times} == {before.date()}
    assert all(4 <= one.hour < 22 for one in times)


def test_deployments_can_be_found_by_another_process_and_name_nobody():
    for deployment in serve.deployments():
        assert deployment.entrypoint == f"flows.serve.{deployment.flow_name}"
        assert deployment.parameters == {}
        assert deployment.concurrency_limit is None  # one killed while pending would hold it


def test_a_served_deployment_says_that_it_is_not_paused():
    """The server would otherwise keep a pause from before, such as the demo's."""
    assert all(one.paused is False for one in serve.deployments())
    assert all(one.paused is True for one in serve.deployments(paused=True))


def test_flows_are_sync_because_the_records_are():
    assert not any(flow.isasync for flow in serve.FLOWS.values())
