"""The one place that reads the clock. Everything below the doors takes `now` as a value."""

import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from surveys.clock_watch import Reading

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now() -> datetime:
    """The current instant, aware, in UTC.

    A clinic that is not live may keep a clock file (AFTERGLOW_CLOCK_FILE) with one ISO 8601
    instant; the clock then stands at that instant until the file is rewritten. The demo moves
    twelve weeks this way. A live clinic never looks at the file.
    """
    if is_told():
        return told(settings.CLOCK_FILE)
    return datetime.now(UTC)


def is_told() -> bool:
    """Whether the clock stands where a file says, as in the demo."""
    return bool(settings.CLOCK_FILE and not settings.LIVE)


def reading() -> Reading:
    """The machine's clock beside its own count of seconds, asleep or awake."""
    boot = BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
    counter = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Reading(datetime.now(UTC), boot, time.clock_gettime(counter))


def told(path: Path) -> datetime:
    return datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)


def tell(path: Path, instant: datetime) -> None:
    """Set a clock file in one step: a reader sees the old instant or the new one, never half."""
    draft = path.with_suffix(".draft")
    draft.write_text(instant.astimezone(UTC).isoformat())
    draft.replace(path)
