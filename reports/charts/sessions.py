"""Sessions beneath the plot: their ticks, the days between them, and their doses."""

from datetime import datetime, timedelta
from itertools import pairwise

from reports import wording
from reports.charts.axis import DAY, Days
from reports.charts.scene import Span, Tick
from reports.evidence.case import Case

# Neighbouring sessions nearer than this are one group on the "days apart" row: an induction.
GROUP_BELOW_DAYS = 10


def ticks(case: Case, day: Days) -> tuple[Tick, ...]:
    done = case.done
    planned = [s for s in case.facts.planned if s.at < case.facts.as_of + timedelta(days=35)]
    return tuple(
        Tick(day(session.at), number, session.status == "planned")
        for number, session in enumerate([*done, *planned], 1)
    )


def apart(case: Case, day: Days) -> tuple[Span, ...]:
    """Days between sessions; close ones in one group, so that an induction reads "3–4"."""
    spans: list[Span] = []
    close: list[tuple[datetime, datetime]] = []
    for left, right in pairwise([session.at for session in case.done]):
        if right - left < timedelta(days=GROUP_BELOW_DAYS):
            close.append((left, right))
            continue
        spans += _group(close, day)
        close = []
        length = round((right - left) / DAY)
        spans.append(Span(day(left), day(right), str(length)))
    spans += _group(close, day)
    return tuple(_strong_last_change(spans))


def _group(close: list[tuple[datetime, datetime]], day: Days) -> list[Span]:
    if not close:
        return []
    lengths = sorted({round((b - a) / DAY) for a, b in close})
    text = str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]}–{lengths[-1]}"
    return [Span(day(close[0][0]), day(close[-1][1]), text)]


def _strong_last_change(spans: list[Span]) -> list[Span]:
    """The newest length in bold when it differs from the one before it."""
    if len(spans) < 2 or spans[-1].text == spans[-2].text:
        return spans
    last = spans[-1]
    return [*spans[:-1], Span(last.start, last.end, last.text, True)]


def doses(case: Case, day: Days) -> tuple[Span, ...]:
    """Runs of one dose in mg/kg; a change of dose is a confounder and is drawn where it acts."""
    runs: list[tuple[float, datetime, datetime]] = []
    for session in case.done:
        dose = session.dose_mg_per_kg
        if dose is None:
            continue
        if runs and runs[-1][0] == dose:
            runs[-1] = (dose, runs[-1][1], session.at)
        else:
            runs.append((dose, session.at, session.at))
    return tuple(
        Span(day(first), day(last), wording.number(dose, 2), number > 0)
        for number, (dose, first, last) in enumerate(runs)
    )


def so_far(case: Case) -> str:
    if not case.done:
        return ""
    return f"{round(case.age_days(case.done[-1].at))} so far"
