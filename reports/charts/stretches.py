"""Other treatments and substances on the chart's time axis, as stretches of days."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reports.beside import dates, short_name
from reports.facts import CourseFacts, HistoryFact
from surveys.history import PAST, SUBSTANCE, HistoryStatement, kinds
from surveys.partial_dates import first_day, last_day

# More would push the harms off the sheet; the list beside the chart holds them all.
MOST_DRAWN = 8


@dataclass(frozen=True)
class Stretch:
    """One row; `name` is the title without a dose. `known_start`: whether anybody recorded one;
    `goes_on`: it had not ended by then.

    `start` and `end` are days of the axis, cut off at its left edge and at the newest data.
    """

    title: str
    name: str
    words: str
    start: float
    end: float
    known_start: bool
    goes_on: bool
    substance: bool


def stretches(facts: CourseFacts, starts: datetime) -> tuple[Stretch, ...]:
    """Treatments above substances, the earlier above the later; the newest where there are many.

    Left to the list: of what there was none, what ended before the axis begins, and past use of
    which nobody recorded the end.
    """
    found = list(_drawable(facts, starts))
    newest = sorted(found, key=lambda one: (one.goes_on, one.end, one.start))[-MOST_DRAWN:]
    return tuple(
        sorted(
            (one for one in found if one in newest),
            key=lambda one: (one.substance, one.start, one.title),
        )
    )


def _drawable(facts: CourseFacts, starts: datetime) -> Iterator[Stretch]:
    today = (facts.as_of - starts) / timedelta(days=1)
    for fact in facts.history_then:
        if _has_no_length(fact.told):
            continue
        end = _end(fact, facts.zone, starts, today)
        if end > 0:
            yield _stretch(fact, facts.zone, starts, end)


def _has_no_length(told: HistoryStatement) -> bool:
    return told.none or (told.use == PAST and not told.until)


def _stretch(fact: HistoryFact, zone: str, starts: datetime, end: float) -> Stretch:
    told = fact.told
    start = _day(first_day(told.since), zone, starts) if told.since else 0.0
    return Stretch(
        title=short_name(told),
        name=short_name(replace(told, dose="")),
        words=dates(told),
        start=round(min(max(start, 0.0), end), 2),
        end=round(end, 2),
        known_start=bool(told.since),
        goes_on=not told.until,
        substance=kinds()[told.kind].group == SUBSTANCE,
    )


def _end(fact: HistoryFact, zone: str, starts: datetime, today: float) -> float:
    """The end of its last day, or today."""
    if not fact.told.until:
        return today
    return min(today, _day(last_day(fact.told.until) + timedelta(days=1), zone, starts))


def _day(on: date, zone: str, starts: datetime) -> float:
    midnight = datetime.combine(on, time(), ZoneInfo(zone))
    return (midnight - starts) / timedelta(days=1)
