"""Did the clock jump? Judged against how long the machine has been up. Pure.

Between two looks on one run of the machine, the clock must have moved as far as the machine's own
count of seconds. Across a restart nothing tells a jump forward from a time switched off, so only
one longer than any outage counts; a jump back is always seen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_BACK = timedelta(minutes=5)
MOST_FORWARD = timedelta(minutes=10)
LONGEST_OUTAGE = timedelta(days=45)


@dataclass(frozen=True)
class Reading:
    """The clock, which run of the machine this is, and its seconds since that run began."""

    wall: datetime
    boot: str
    since_boot: float


def jump(before: Reading, this: Reading) -> timedelta:
    """How far the clock went astray between two looks; zero where it cannot be told."""
    moved = this.wall - before.wall
    if this.boot == before.boot:
        return moved - timedelta(seconds=this.since_boot - before.since_boot)
    return timedelta() if timedelta() <= moved <= LONGEST_OUTAGE else moved


def is_wrong(found: timedelta) -> bool:
    """Small steps are how clocks are set; more than these bounds stops what cannot be undone."""
    return found < -MOST_BACK or found > MOST_FORWARD
