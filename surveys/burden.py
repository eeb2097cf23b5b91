"""How much a patient is asked: a cap on questions in any seven days, and forms that join.

Pure. A questionnaire with a safety question (question 9) is never left off, whatever the cap.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from surveys.catalogue import every_instrument
from surveys.clock import Zone, local_date
from surveys.instrument import Instrument
from surveys.planned import Asked, Planned

# Two forms become one only where it then stays open for a day at least (our judgement).
OPEN_TOGETHER_AT_LEAST = timedelta(hours=24)

Known = Mapping[str, Instrument]


def questions(instruments: Iterable[str], known: Known | None = None) -> int:
    """How many questions these ask, of the questionnaires known, or of Afterglow's own."""
    known = every_instrument() if known is None else known
    return sum(len(known[name].items) for name in instruments)


def most_in_a_week(forms: Iterable[Planned], zone: Zone, known: Known | None = None) -> int:
    """The most questions that fall due in any seven days of the patient's calendar."""
    load: Counter[date] = Counter()
    for form in forms:
        load[local_date(form.due_at, zone)] += questions(form.instruments, known)
    return max((_heaviest_week(load, day) for day in load), default=0)


def within_cap(
    forms: Sequence[Planned],
    most: int,
    zone: Zone,
    already: Collection[Asked] = (),
    known: Known | None = None,
) -> list[Planned]:
    """Forms in order of importance, less what would bring any seven days above `most` questions.

    Left off are the later questionnaires of a form, and a form of which nothing remains. What was
    already asked counts and stays.
    """
    known = every_instrument() if known is None else known
    load = _asked_load(forms, zone, already, known)
    kept = []
    for form in forms:
        day = local_date(form.due_at, zone)
        fitting = _fitting(form.instruments, most - _heaviest_week(load, day), known)
        load[day] += questions(fitting, known)
        kept += [replace(form, instruments=fitting)] if fitting else []
    return kept


def questions_left(
    forms: Collection[Planned],
    day: date,
    most: int,
    zone: Zone,
    already: Collection[Asked] = (),
    known: Known | None = None,
) -> int:
    """How many more may be asked on `day` beside all these; below 0 where they are too many."""
    known = every_instrument() if known is None else known
    load = _asked_load(forms, zone, already, known)
    for form in forms:
        load[local_date(form.due_at, zone)] += questions(form.instruments, known)
    return most - _heaviest_week(load, day)


def _asked_load(
    forms: Iterable[Planned], zone: Zone, already: Iterable[Asked], known: Known
) -> Counter[date]:
    """Questions by day of what was asked and is not among the forms."""
    planned = {form.key for form in forms}
    load: Counter[date] = Counter()
    for asked in already:
        if planned.isdisjoint(asked.keys):
            load[local_date(asked.due_at, zone)] += questions(asked.instruments, known)
    return load


def _heaviest_week(load: Counter[date], day: date) -> int:
    """The most questions in any of the seven weeks of seven days that contain `day`."""
    days = [day + timedelta(days=offset) for offset in range(-6, 7)]
    return max(sum(load[one] for one in days[start : start + 7]) for start in range(7))


def _fitting(instruments: tuple[str, ...], room: int, known: Known) -> tuple[str, ...]:
    fitting = list(instruments)
    for name in reversed(instruments):
        if questions(fitting, known) > room and not _asks_for_safety(known[name]):
            fitting.remove(name)
    return tuple(fitting)


def _asks_for_safety(instrument: Instrument) -> bool:
    return any(alert.safety for alert in instrument.alerts)


def joined(
    forms: Iterable[Planned], within_hours: int, importance: Sequence[str], zone: Zone
) -> list[Planned]:
    """Forms due on one day and within so many hours of each other become one, due with the later.

    It keeps the name of the more important one and closes when the first of them would close:
    what is asked about the last session must not be answered after the next.
    """
    result: list[Planned] = []
    for form in sorted(forms, key=lambda form: (form.due_at, importance.index(form.rule))):
        near = bool(result) and _near(result[-1], form, within_hours, zone)
        one = _together(result[-1], form, importance) if near else None
        result[-1:] = [one] if one else [*result[-1:], form]
    return result


def _near(earlier: Planned, later: Planned, within_hours: int, zone: Zone) -> bool:
    same_day = local_date(earlier.due_at, zone) == local_date(later.due_at, zone)
    return same_day and later.due_at - earlier.due_at <= timedelta(hours=within_hours)


def _together(earlier: Planned, later: Planned, importance: Sequence[str]) -> Planned | None:
    closes_at = min(earlier.closes_at, later.closes_at)
    if closes_at - later.due_at < OPEN_TOGETHER_AT_LEAST:
        return None
    first, second = sorted((earlier, later), key=lambda form: importance.index(form.rule))
    added = tuple(name for name in second.instruments if name not in first.instruments)
    return replace(
        first,
        due_at=later.due_at,
        closes_at=closes_at,
        instruments=first.instruments + added,
        carries=(*first.carries, second.key, *second.carries),
    )
