"""What became of the forms that fell due, week by week, and through which channel answers came."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

# Nobody was to be asked any more: neither due nor missed.
NOT_ASKED = ("superseded", "cancelled", "planned")
OPEN = ("due", "sent")


@dataclass(frozen=True)
class DueForm:
    """One survey that fell due. `channel` is how it was answered, empty where it was not."""

    due_at: datetime
    state: str
    channel: str = ""


@dataclass(frozen=True)
class Collected:
    """One week, from its Monday. `due` = answered + no answer + skipped + unreachable.

    `still_open` counts forms that may yet be answered; they are no part of `due`.
    """

    week: date
    due: int
    by_channel: tuple[tuple[str, int], ...]
    no_answer: int
    skipped: int
    unreachable: int
    still_open: int

    @property
    def answered(self) -> int:
        return sum(count for _, count in self.by_channel)


def collected_by_week(forms: Iterable[DueForm], zone: str) -> tuple[Collected, ...]:
    """Newest week first. A week is that of the day on which the form fell due, in `zone`."""
    asked = [form for form in forms if form.state not in NOT_ASKED]
    weeks = sorted({_monday(form.due_at, zone) for form in asked}, reverse=True)
    return tuple(
        _collected(week, [f for f in asked if _monday(f.due_at, zone) == week]) for week in weeks
    )


def _collected(week: date, forms: list[DueForm]) -> Collected:
    states = Counter(form.state for form in forms)
    channels = Counter(form.channel for form in forms if form.state == "answered")
    return Collected(
        week=week,
        due=len(forms) - sum(states[state] for state in OPEN),
        by_channel=tuple(sorted(channels.items())),
        no_answer=states["expired"],
        skipped=states["skipped"],
        unreachable=states["unreachable"],
        still_open=sum(states[state] for state in OPEN),
    )


def _monday(at: datetime, zone: str) -> date:
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())
