"""Chapter: every clock change of every zone leaves the plan whole.

Seventeen years of a taper are planned in each zone. Zones whose clocks agree from 2024 to 2040 give
one and the same plan, so one of them stands for all: a share in `make test`, each in `make proof`.
"""

from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from surveys.clock import is_quiet, wall
from surveys.plan import SessionFact, plan
from surveys.protocol import shipped_protocols
from tests import proof
from tests.spec.test_clock import offset, offset_changes

TAPER = shipped_protocols()["taper-ladder"]
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


def clocks(zone: ZoneInfo) -> tuple[Hashable, ...]:
    """How far the zone is from UTC at first, and from each change on."""
    changes = [(at, offset(at, zone)) for at in offset_changes(zone, FIRST, LAST)]
    return offset(FIRST, zone), tuple(changes)


@cache
def kinds() -> dict[tuple[Hashable, ...], list[str]]:
    """The names of the zones whose clocks agree; those whose clocks change come first."""
    found: dict[tuple[Hashable, ...], list[str]] = {}
    for name in sorted(available_timezones()):
        found.setdefault(clocks(ZoneInfo(name)), []).append(name)
    return dict(sorted(found.items(), key=lambda one: (not one[0][1], one[1])))


def test_every_zone_is_of_one_kind():
    assert sum(len(names) for names in kinds().values()) == len(available_timezones()) > 400
    assert sum(bool(changes) for _, changes in kinds()) > 25
    assert ["America/Denver" in names for names in kinds().values()].count(True) == 1


@pytest.mark.proof
def test_from_2024_to_2040_a_form_every_14_days_and_none_at_night():
    tried = list(kinds().values())[:: proof.share(8, 1)]
    forms = sum(planned_whole(names[0]) for names in tried)
    zones = sum(len(names) for names in tried)
    found = f"{zones} zones, {len(tried)} kinds, {forms} forms"
    proof.record("T17", "plans of 17 years", target="0 gaps, doubles, nights", found=found)
    assert forms > 440 * len(tried), "a form every two weeks in each"


def planned_whole(name: str) -> int:
    zone = ZoneInfo(name)
    first_day = date(2024, 1, 3)
    session = SessionFact("first", wall(first_day, time(14), zone), "done")
    planned = plan(TAPER, FIRST, [session], zone, LAST)
    forms = [one for one in planned if "phq9" in one.instruments and one.anchor == "first"]
    days = [one.due_at.astimezone(zone).date() for one in forms]
    assert days == [first_day + timedelta(days=14 * n) for n in range(1, len(days) + 1)], name
    assert days[-1] > date(2040, 12, 10), name
    assert len({one.key for one in planned}) == len(planned), name
    assert not any(is_quiet(one.due_at, zone) for one in planned), name
    assert all(one.window.contains(one.due_at) for one in planned), name
    assert all(a.closes_at <= b.due_at for a, b in pairwise(forms)), name
    return len(planned)
