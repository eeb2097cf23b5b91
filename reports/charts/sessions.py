"""Sessions beneath the plot: their ticks, the days between them, and their doses."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from reports import wording
from reports.charts.axis import Days
from reports.charts.scene import Lengths, Span, Tick
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


def apart(case: Case, day: Days) -> tuple[Lengths, ...]:
    """Days between sessions; close ones in one group, so that an induction reads "3–4"."""
    found: list[Lengths] = []
    close = False
    for left, right in pairwise([session.at for session in case.done]):
        days = case.facts.days_between(left, right)
        one = Lengths(day(left), day(right), days, days)
        if close and days < GROUP_BELOW_DAYS:
            found[-1] = found[-1].with_next(one)
        else:
            found.append(one)
        close = days < GROUP_BELOW_DAYS
    return tuple(_strong_last_change(found))


def _strong_last_change(found: list[Lengths]) -> list[Lengths]:
    """The newest length in bold when it differs from the one before it."""
    if len(found) < 2 or found[-1].text == found[-2].text:
        return found
    return [*found[:-1], replace(found[-1], strong=True)]


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
    return f"{case.age_days(case.done[-1].at)} so far"
