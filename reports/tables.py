"""The tables of a page: the chart's values, and each interval."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports import wording
from reports.beside import NOT_RECORDED, named, period
from reports.evidence import Case
from reports.evidence.taper import taper_note
from reports.trends import Interval
from reports.trends.course import undelivered
from reports.trends.lasting import crossed_on_day, effects, lasting
from reports.trends.worsening import STABLE_FORMS

SHOWN_INTERVALS = 7
INTERVAL_FROM_DAYS = 7


@dataclass(frozen=True)
class IntervalRow:
    title: str
    length: str
    ends: str
    rebound: str
    crossed: str
    effect: str
    strong: bool
    interval: Interval

    @property
    def picture(self) -> str:
        """What its picture shows, for whoever does not see it."""
        return f"Scores by day, sessions {self.title}: {self.ends}; effect {self.effect}"


@dataclass(frozen=True)
class ValueRow:
    """One line of the chart's text alternative."""

    day: str
    what: str
    value: str


def value_rows(case: Case) -> tuple[ValueRow, ...]:
    """The chart as a table: forms, missing forms and sessions in order of time, then the rest."""
    trend, zone = case.trend, case.facts.zone
    kinds = {flag.at: f", {flag.kind} worsening" for flag in trend.flags}
    asked = {f.response_id: f", item 9: {n}" for f, n in case.self_harm if f.response_id}
    levels = {p.at: f", level {wording.fixed(p.estimate)}" for p in trend.level}
    rows = [
        (
            p.at,
            trend.measure.title,
            f"{trend.measure.say(p.total)}{levels.get(p.at, '')}{kinds.get(p.at, '')}"
            f"{asked.get(p.response_id, '')}",
        )
        for p in trend.points
    ]
    lost = undelivered(case.facts, trend.measure.id)
    rows += [(due, trend.measure.title, _missed(lost.get(due))) for due in trend.missed]
    for number, session in enumerate(case.done, 1):
        dose = session.dose_mg_per_kg
        words = f"{wording.number(dose, 2)} mg/kg" if dose else "dose not recorded"
        rows.append((session.at, f"Session {number}", words))
    in_time = (
        ValueRow(wording.dated(at, zone, case.facts.as_of), what, value)
        for at, what, value in sorted(rows, key=lambda row: row[0])
    )
    return (*in_time, *_beside_values(case))


def _missed(why: str | None) -> str:
    """`why`: it could not be delivered; None where it was, and nobody answered."""
    if why is None:
        return "due, no answer"
    return f"due, could not be delivered{f': {why}' if why else ''}"


def _beside_values(case: Case) -> Iterator[ValueRow]:
    """Other treatments and substances, each by its beginning as far as recorded."""
    for fact in case.facts.history_then:
        told = fact.told
        if not told.none:
            began = wording.partial_date(told.since) if told.since else NOT_RECORDED
            yield ValueRow(began, named(told), period(told))


def _shown_intervals(case: Case) -> list[Interval]:
    last = len(case.trend.intervals)
    long_enough = [
        i for i in case.trend.intervals if i.days >= INTERVAL_FROM_DAYS or i.number == last
    ]
    return long_enough[-SHOWN_INTERVALS:] if case.induction_over else []


def interval_scale(case: Case) -> int:
    """Days of the common axis: 28, or the longest shown interval in whole weeks."""
    longest = max((i.days for i in _shown_intervals(case)), default=28)
    return max(28, -(-longest // 7) * 7)


def interval_title(case: Case) -> str:
    """The heading, and how many earlier intervals it leaves to the chart's table."""
    shown = len(_shown_intervals(case))
    earlier = len(case.trend.intervals) - shown
    if not earlier:
        return "Each interval and its rebound"
    last = (
        "The last interval and its"
        if shown == 1
        else f"The last {wording.word(shown)} intervals and their"
    )
    return f"{last} rebound; {earlier} earlier in the chart"


def interval_rows(case: Case) -> tuple[IntervalRow, ...]:
    changes = {one.number: one.change for one in effects(case.trend)}
    return tuple(
        _interval_row(interval, case, changes.get(interval.number))
        for interval in _shown_intervals(case)
    )


def _interval_row(interval: Interval, case: Case, effect: float | None) -> IntervalRow:
    until = interval.number + 1 if interval.until else "now"
    dose = f", {wording.number(interval.dose, 2)}" if interval.dose else ""
    so_far = "" if interval.until else " so far"
    say = case.trend.measure.say
    start, end = say(interval.start), say(interval.end)
    important = case.trend.measure.important
    rise = 0.0 if interval.rebound is None else case.trend.measure.worse(interval.rebound)
    change = (interval.end or 0) - (interval.start or 0)
    strong = bool(
        important
        and interval.rebound is not None
        and rise > 0
        and case.trend.measure.worse(change) >= important
    )
    rebound = "not readable" if interval.rebound is None else wording.moved(rise)
    ends = f"{start} → {end}"
    if interval.rebound is None and interval.start is not None:
        # the first form after the session is also the last before the next: no rebound to state
        ends, rebound = end, "one form in time"
    return IntervalRow(
        f"{interval.number} → {until}",
        f"{interval.days} d{so_far}{dose}",
        ends,
        rebound,
        _crossed(interval, case),
        "not readable" if effect is None else wording.moved(case.trend.measure.worse(effect)),
        strong,
        interval,
    )


def _crossed(interval: Interval, case: Case) -> str:
    """The reference is of forms since session 1: before there are three of them there is none."""
    if not interval.points:
        return "no form"
    if case.trend.measure.important is None or not _has_reference(interval, case):
        return "no reference yet"
    day = crossed_on_day(interval, case.trend)
    return f"not by day {interval.points[-1][0]}" if day is None else f"day {day}"


def _has_reference(interval: Interval, case: Case) -> bool:
    """Whether three stable forms lie between session 1 and the newest form of the interval."""
    ended = interval.until or case.facts.as_of
    newest = max(p.at for p in case.trend.points if p.at <= ended)
    flagged = {flag.at for flag in case.trend.flags}
    stable = (p for p in case.trend.since_treatment if p.at not in flagged)
    return sum(p.at < newest for p in stable) >= STABLE_FORMS


def interval_findings(case: Case) -> str:
    """How each longer step went, and whether the effect of sessions holds, where intervals show."""
    said = [taper_note(case), _effect_words(case) if _shown_intervals(case) else ""]
    return " ".join(filter(None, said))


def _effect_words(case: Case) -> str:
    """One of three outcomes; where nothing can be said yet, why."""
    found, worse = lasting(case.trend), case.trend.measure.worse
    said = f"Effect {found.verdict}†."
    if found.why:
        said = f"Effect holding or diminishing†: {found.verdict}, as {found.why}."
    if found.latest is None or found.earlier is None:
        return said
    latest, earlier = wording.moved(worse(found.latest)), wording.moved(worse(found.earlier))
    return f"{said} Last two sessions read: {latest} on average; the two before: {earlier}."


def interval_note(case: Case) -> str:
    """How to read the intervals."""
    reliable = case.trend.measure.reliable
    note = (
        "Dashes: baseline, −50 %. Start: first form on days 3 to 10 after the session; end: last "
        "before the next. Effect: that first form against the last of the 14 days before. "
        f"Reference: mean of the last three forms without a flag, crossed{_by_how_much(case)}."
    )
    if reliable is None:
        return note
    return f"{note} Less than the reliable change, {wording.number(reliable)}, may be chance."


def _by_how_much(case: Case) -> str:
    points = case.trend.measure.important
    if points is None:
        return " never"
    return f" when worse by the important change, {wording.number(points)}, or more"
