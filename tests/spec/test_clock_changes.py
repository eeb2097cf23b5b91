"""Chapter: every clock change of every zone leaves the plan whole.

A share of the zones is tried each time; AFTERGLOW_EVERY_ZONE=1 tries all of them.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from surveys.clock import is_quiet, wall
from surveys.plan import SessionFact, plan
from surveys.protocol import shipped_protocols

TAPER = shipped_protocols()["taper-ladder"]
ZONES = sorted(available_timezones())
SHARE = ZONES if os.environ.get("AFTERGLOW_EVERY_ZONE") else ZONES[::60]
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


def test_zones_are_known():
    assert len(ZONES) > 400
    assert len(SHARE) > 6


@pytest.mark.parametrize("name", SHARE)
def test_from_2024_to_2040_a_form_every_14_days_and_none_at_night(name):
    zone = ZoneInfo(name)
    first_day = date(2024, 1, 3)
    session = SessionFact("first", wall(first_day, time(14), zone), "done")
    planned = plan(TAPER, FIRST, [session], zone, LAST)
    forms = [one for one in planned if "phq9" in one.instruments and one.anchor == "first"]
    days = [one.due_at.astimezone(zone).date() for one in forms]
    assert days == [first_day + timedelta(days=14 * n) for n in range(1, len(days) + 1)]
    assert days[-1] > date(2040, 12, 10)
    assert len({one.key for one in planned}) == len(planned)
    assert not any(is_quiet(one.due_at, zone) for one in planned)
    assert all(one.window.contains(one.due_at) for one in planned)
    assert all(a.closes_at <= b.due_at for a, b in pairwise(forms))
