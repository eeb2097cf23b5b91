"""Chapter: eight times of day in every zone, around every clock change from 2024 to 2040.

The day before each change, its day and the day after: each time of day is one instant, later than
the one before it, and what would fall into the night moves to one morning.
"""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from surveys.clock import is_quiet, outside_quiet_hours, wall
from tests.spec.test_clock import offset_changes

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
EIGHT = [time(0), time(0, 30), time(2, 30), time(8), time(9), time(14), time(20, 59), time(23, 30)]


def test_no_gap_no_duplicate_and_nothing_at_night():
    changes = tried = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in offset_changes(zone, FIRST, LAST):
            day = change.astimezone(zone).date()
            days = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
            found = [[wall(one, at, zone) for at in EIGHT] for one in days]
            for row in found:
                assert all(early <= late for early, late in pairwise(row)), (name, day)
            for column in zip(*found, strict=True):
                gaps = [late - early for early, late in pairwise(column)]
                assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps), name
            asked = [outside_quiet_hours(at, zone) for row in found for at in row]
            assert not any(is_quiet(at, zone) for at in asked), (name, day)
            assert asked == sorted(asked), (name, day)
            changes, tried = changes + 1, tried + len(asked)
    assert changes > 5000
    assert tried == changes * 24
    print(f"{changes} clock changes, {tried} times of day, none in the night")
