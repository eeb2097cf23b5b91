"""The names beneath the time axis: as many months as have room, and the year they belong to."""

from collections.abc import Sequence
from itertools import pairwise

from reports import wording
from reports.charts.fitting import ems
from reports.charts.layout import Frame
from reports.charts.scene import Month

# Every so many months of the calendar, January among them, so that the steps are even.
STEPS = (1, 2, 3, 6, 12, 24, 60)
_GAP = 5


def month_labels(months: Sequence[Month], frame: Frame) -> list[tuple[float, str]]:
    """Places and names in the closest even steps that have room; the first named and every January
    with its year."""
    for step in STEPS:
        found = _named([one for one in months if _on_step(one, step)], frame)
        if found and _apart(found, frame):
            return found
    return _named(months[:1], frame)


def _on_step(one: Month, step: int) -> bool:
    return (one.year * 12 + one.month - 1) % step == 0


def _named(months: Sequence[Month], frame: Frame) -> list[tuple[float, str]]:
    """The month in which the axis begins gives way to the next where there is no room for both, and
    the last one to the end of the axis."""
    x, named = frame.scale.x, list(months)
    if len(named) > 1 and _end(x(named[0].day), _name(named[0], 0), frame) > x(named[1].day):
        del named[0]
    found = [(x(one.day), _name(one, place)) for place, one in enumerate(named)]
    end = frame.right + (0 if frame.size.narrow else frame.size.font)
    return found[:-1] if found[1:] and _end(*found[-1], frame) > end else found


def _name(one: Month, place: int) -> str:
    name = wording.MONTHS[one.month - 1]
    return f"{name} {one.year}" if place == 0 or one.month == 1 else name


def _apart(found: Sequence[tuple[float, str]], frame: Frame) -> bool:
    return all(_end(*one, frame) <= following[0] for one, following in pairwise(found))


def _end(place: float, name: str, frame: Frame) -> float:
    return place + ems(name) * frame.size.font + _GAP
