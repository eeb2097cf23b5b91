"""Chapter: what "24 hours after" and "at 09:00" mean, and when nobody is written to."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.clock import Window, elapsed, instant_of, is_quiet, outside_quiet_hours, wall

# Every real place, and none of the aliases that only repeat another zone's clock.
PLACES = sorted(zone for zone in available_timezones() if "/" in zone and zone[:3] != "Etc")
SECONDS_FROM_2024_TO_2040 = range(1704067200, 2208988800)
instants = st.sampled_from(SECONDS_FROM_2024_TO_2040).map(lambda s: datetime.fromtimestamp(s, UTC))


@pytest.mark.parametrize(
    ("zone", "shown", "instant", "why"),
    [
        ("America/Denver", "2026-01-15 09:00", "2026-01-15 16:00", "winter"),
        ("America/Denver", "2026-07-15 09:00", "2026-07-15 15:00", "summer"),
        ("Asia/Kathmandu", "2026-03-02 09:00", "2026-03-02 03:15", "a quarter hour off"),
        ("America/New_York", "2027-03-14 01:59", "2027-03-14 06:59", "before the gap"),
        ("America/New_York", "2027-03-14 02:00", "2027-03-14 07:00", "the gap begins"),
        ("America/New_York", "2027-03-14 02:30", "2027-03-14 07:00", "in the gap: its end"),
        ("America/New_York", "2027-03-14 03:00", "2027-03-14 07:00", "the gap ends"),
        ("America/New_York", "2027-11-07 00:59", "2027-11-07 04:59", "before the fold"),
        ("America/New_York", "2027-11-07 01:30", "2027-11-07 05:30", "in the fold: the first"),
        ("America/New_York", "2027-11-07 02:00", "2027-11-07 07:00", "after the fold"),
        ("Africa/Cairo", "2027-04-30 00:30", "2027-04-29 22:00", "the gap is at midnight"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30", "a gap of half an hour"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "a fold of half an hour"),
        ("America/Nuuk", "2026-03-28 23:30", "2026-03-29 01:00", "the gap ends a day"),
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00", "the whole day is missing"),
    ],
)
def test_a_clock_on_the_wall(zone, shown, instant, why):
    moment = datetime.fromisoformat(shown)
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert wall(moment.date(), moment.time(), ZoneInfo(zone)) == expected, why


def test_24_hours_later_is_not_the_same_time_on_the_wall_when_clocks_change():
    denver = ZoneInfo("America/Denver")
    saturday = wall(date(2026, 3, 7), time(9), denver)
    sunday = wall(date(2026, 3, 8), time(9), denver)
    assert sunday - saturday == timedelta(hours=23)
    assert elapsed(saturday, 24).astimezone(denver).time() == time(10)


@pytest.mark.parametrize(
    ("shown", "moved_to", "why"),
    [
        ("2026-03-02 20:59", "2026-03-02 20:59", "just before the quiet hours"),
        ("2026-03-02 21:00", "2026-03-03 08:00", "they begin"),
        ("2026-03-02 23:59", "2026-03-03 08:00", "before midnight"),
        ("2026-03-03 00:00", "2026-03-03 08:00", "midnight"),
        ("2026-03-03 07:59", "2026-03-03 08:00", "just before they end"),
        ("2026-03-03 08:00", "2026-03-03 08:00", "they end"),
        ("2026-03-03 14:30", "2026-03-03 14:30", "in the day nothing moves"),
        ("2026-02-28 22:00", "2026-03-01 08:00", "over the end of a month"),
        ("2026-03-07 22:00", "2026-03-08 08:00", "over a clock change"),
    ],
)
def test_quiet_hours_are_21_to_8_where_the_patient_is(shown, moved_to, why):
    denver = ZoneInfo("America/Denver")
    instant = datetime.fromisoformat(shown).replace(tzinfo=denver)
    expected = datetime.fromisoformat(moved_to).replace(tzinfo=denver)
    assert outside_quiet_hours(instant, denver) == expected, why


def test_a_morning_that_the_calendar_leaves_out_is_the_next_one():
    apia = ZoneInfo("Pacific/Apia")
    evening = datetime(2011, 12, 29, 22, tzinfo=apia)
    assert outside_quiet_hours(evening, apia).astimezone(apia) == datetime(
        2011, 12, 31, 8, tzinfo=apia
    )


@given(instants, st.sampled_from(PLACES))
def test_nobody_anywhere_is_written_to_in_quiet_hours(instant, place):
    moved = outside_quiet_hours(instant, place)
    assert not is_quiet(moved, place)
    assert instant <= moved <= instant + timedelta(hours=13)
    assert outside_quiet_hours(moved, place) == moved


@given(instants, st.sampled_from(PLACES))
def test_a_time_that_a_wall_shows_is_found_again(instant, place):
    zone = ZoneInfo(place)
    shown = instant.astimezone(zone)
    found = wall(shown.date(), shown.time(), zone)
    assert found <= instant
    assert found.astimezone(zone).replace(tzinfo=None, fold=0) == shown.replace(tzinfo=None, fold=0)


@given(
    st.dates(date(2024, 1, 1), date(2039, 12, 30)),
    st.sampled_from([time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(9), time(23)]),
    st.sampled_from(PLACES),
)
def test_the_same_time_on_the_next_day_is_later(day, at, place):
    gap = wall(day + timedelta(days=1), at, place) - wall(day, at, place)
    assert timedelta(hours=21) <= gap <= timedelta(hours=27)


def offset_changes(zone: ZoneInfo, first: datetime, last: datetime):
    """The instants at which a zone's offset changes, to the minute."""
    while first < last:
        after = first + timedelta(days=7)
        if offset(first, zone) != offset(after, zone):
            yield narrowed(first, after, zone)
        first = after


def narrowed(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if offset(middle, zone) == offset(low, zone) else (low, middle)
    return high


def offset(instant: datetime, zone: ZoneInfo):
    return instant.astimezone(zone).utcoffset()


def test_around_every_clock_change_of_every_zone_a_wall_time_is_one_instant():
    """All zones for three years: one instant per wall time, in the order of the clock."""
    checked = 0
    for place in PLACES:
        zone = ZoneInfo(place)
        for change in offset_changes(
            zone, datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
        ):
            day = change.astimezone(zone).date()
            found = [wall(day, time(hour, half), zone) for hour in range(24) for half in (0, 30)]
            assert found == sorted(found), (place, day)
            assert not is_quiet(outside_quiet_hours(found[0], zone), zone)
            checked += 1
    assert checked > 500


def test_windows_that_touch_share_no_instant():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    before, after = Window(noon - timedelta(days=1), noon), Window(noon, noon + timedelta(days=1))
    just_before = noon - timedelta(microseconds=1)
    assert (before.contains(just_before), after.contains(just_before)) == (True, False)
    assert (before.contains(noon), after.contains(noon)) == (False, True)
    assert before.contains(before.opens)


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="no offset from UTC"):
        instant_of(datetime(2026, 3, 2, 12))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no offset from UTC"):
        elapsed(datetime(2026, 3, 2, 12), 24)  # noqa: DTZ001
