"""The one place that reads the clock. Everything below the doors takes `now` as a value."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The current instant, aware, in UTC.

    A clinic that is not live may keep a clock file (AFTERGLOW_CLOCK_FILE) with one ISO 8601
    instant; the clock then stands at that instant until the file is rewritten. The demo moves
    twelve weeks this way. A live clinic never looks at the file.
    """
    if settings.CLOCK_FILE and not settings.LIVE:
        return told(settings.CLOCK_FILE)
    return datetime.now(UTC)


def told(path: Path) -> datetime:
    return datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)


def tell(path: Path, instant: datetime) -> None:
    """Set a clock file in one step: a reader sees the old instant or the new one, never half."""
    draft = path.with_suffix(".draft")
    draft.write_text(instant.astimezone(UTC).isoformat())
    draft.replace(path)
