"""A taper as an experiment: each longer interval against the patient's own scores before it.

The score that would end a step is fixed by what came before the step, so that nobody can move it
afterwards. Published prior (Nijs 2020, SUSTAIN-2, esketamine, MADRS): at a step out 24 to 32 %
worsened; on stepping back 47 % improved. It judged each step after four weeks.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from statistics import fmean

from reports import wording
from reports.evidence.case import RUNG_TOLERANCE_DAYS, Case
from reports.facts import DecisionFact
from reports.trends import Interval
from reports.trends.worsening import STABLE_FORMS

JUDGED_AFTER_DAYS = 28
# Noticeable (Kounali 2022, as in C1): what was not gained cannot be held.
GAINED_PERCENT = 20
# In words; earlier ones are counted.
STEPS_NAMED = 3
NOT_INTERPRETABLE = "not interpretable"
PRIOR = (
    "Published: 24 to 32 % worsened at a step out, 47 % improved on stepping back "
    "(Nijs 2020, esketamine, MADRS)."
)


@dataclass(frozen=True)
class Step:
    """One longer interval. `rescue` is the score that, on two forms in a row, means not held.
    `lacks`: which form a step that no waiting makes readable is without, in words. `agreed_at`:
    when the decision was made that fixed the rescue score; None where the forms before did."""

    days: int
    before: int
    since: datetime
    rescue: float | None
    verdict: str
    lacks: str = ""
    agreed_at: datetime | None = None

    def text(self, case: Case) -> str:
        """Its outcome, to stand after its length."""
        if self.rescue is None:
            return f"{self.verdict}, {no_rescue(case, self.since)}"
        return f"{self.verdict}{self.lacks} ({rescue_words(case, self.rescue, self.agreed_at)})"


def taper_steps(case: Case) -> tuple[Step, ...]:
    """Every step to a longer interval since the induction, oldest first.

    Not held: two forms in a row at the rescue score, the second later than the interval before was
    long; sooner, that interval tells as much. Held: four weeks without, and such a later form. Too
    early: less than four weeks. Not interpretable: in four weeks or more fewer than two forms or
    none so late, or no reference to judge by, which no waiting mends. A stretch under way with no
    session booked is no step: nobody lengthened it.
    """
    found = []
    for (before, earlier), (opened, stretch) in pairwise(_rungs(case)):
        if stretch > earlier + RUNG_TOLERANCE_DAYS:
            closes = before[-1].until or case.facts.as_of
            agreed = _agreed(case, earlier, before[0].since, closes)
            found.append(_step(case, stretch, earlier, closes, opened[-1].until, agreed))
    return tuple(found)


def taper_note(case: Case) -> str:
    """The steps in one sentence, with the published prior; empty where none was taken."""
    steps = taper_steps(case)
    if not steps:
        return ""
    alike = groupby(steps[-STEPS_NAMED:], key=lambda step: step.text(case))
    said = "; ".join(f"{_lengths(found)} days {text}" for text, found in alike)
    beyond = _beyond(steps[-STEPS_NAMED:], case)
    counted = _earlier(steps[:-STEPS_NAMED])
    return f"Steps to a longer interval: {said}{counted}{beyond}. {PRIOR}"


def _beyond(steps: Iterable[Step], case: Case) -> str:
    """Said once: it is one score for every step of a course."""
    found = [no_reliable_gain(case, step.rescue) for step in steps if step.rescue is not None]
    return next((f"; the {one}" for one in found if one), "")


def _lengths(steps: Iterable[Step]) -> str:
    """Of steps in a row with one outcome, which is said once."""
    return wording.listed([str(step.days) for step in steps], "then")


def _earlier(steps: Sequence[Step]) -> str:
    """Steps that are only counted, by their verdict."""
    found = Counter(step.verdict for step in steps)
    counted = [f"{count} {verdict}" for verdict, count in sorted(found.items())]
    return f"; {len(steps)} earlier: {', '.join(counted)}" if steps else ""


def _rungs(case: Case) -> list[tuple[list[Interval], int]]:
    """Neighbouring intervals of like length, the open one once it has outlasted its rung."""
    rungs: list[tuple[list[Interval], int]] = []
    for interval in case.maintenance:
        if interval.until is None and not case.facts.planned:
            break
        days = _length(interval, case)
        if rungs and _same_rung(interval, days, rungs[-1][1]):
            rungs[-1][0].append(interval)
        else:
            rungs.append(([interval], days))
    return rungs


def _same_rung(interval: Interval, days: int, rung: int) -> bool:
    """An open interval belongs to the rung before it until it has outlasted that."""
    return days - rung <= RUNG_TOLERANCE_DAYS and (
        interval.until is None or rung - days <= RUNG_TOLERANCE_DAYS
    )


def _length(interval: Interval, case: Case) -> int:
    """An open interval is as long as is planned."""
    if interval.until is not None:
        return interval.days
    return case.facts.days_between(interval.since, case.facts.planned[0].at)


def stated_rescue(case: Case) -> tuple[float | None, datetime | None]:
    """The score that would end a step out from the present interval, and when it was agreed on:
    until the step begins that of the decision to take it, else by the newest forms (None)."""
    opened, days = case.rung if case.rung else (None, 0)
    agreed = _agreed(case, days, opened.at, case.facts.as_of) if opened else None
    if agreed:
        return agreed.rescue, agreed.decided_at
    return rescue_score(case, case.facts.as_of), None


def _agreed(case: Case, before: int, opened: datetime, since: datetime) -> DecisionFact | None:
    """The decision for a longer interval that fixed its rescue score, so that no form or decision
    after it moves that.

    It was the newest, made while the interval before (`before` days long, kept since `opened`) was
    kept, up to the day of the session that opened the step (`since`); else the first one made
    while that session's stretch had not yet outlasted the interval before.
    """
    on_day = case.facts.days_between
    kept = [one for one in case.facts.decisions if on_day(opened, one.decided_at) >= 0]
    earlier = [one for one in kept if on_day(since, one.decided_at) <= 0]
    later = [one for one in kept if 0 < on_day(since, one.decided_at) <= before]
    return next((one for one in [*earlier[-1:], *later] if _lengthens(one, before)), None)


def _lengthens(decision: DecisionFact, before: int) -> bool:
    longer = (decision.interval_days or 0) > before + RUNG_TOLERANCE_DAYS
    return decision.option == "taper" and decision.rescue is not None and longer


def rescue_score(case: Case, since: datetime) -> float | None:
    """The score that would end a step, by the last three stable forms before it; None where
    `no_rescue` says why there is none."""
    measure, reference = case.trend.measure, _reference(case, since)
    if no_rescue(case, since) or reference is None or measure.important is None:
        return None
    return reference + measure.worse(measure.important)


def rescue_words(case: Case, rescue: float, agreed_at: datetime | None = None) -> str:
    """The score that ends a step: "rescue at 12.0 or more", and when a decision fixed it."""
    word = "more" if case.trend.measure.higher_is_worse else "less"
    fixed = f", fixed {wording.day(agreed_at, case.facts.zone)}" if agreed_at else ""
    return f"rescue at {wording.fixed(rescue)} or {word}{fixed}"


def no_reliable_gain(case: Case, rescue: float) -> str:
    """Where a rescue score lies beyond the last score that is reliably better than baseline, that
    score, in words: what counts as held may then be no reliable gain. Else empty."""
    ends = reliable_gain_ends(case)
    if ends is None or round(case.trend.measure.worse(rescue - ends), 6) <= 0:
        return ""
    return f"reliable gain ends at {wording.fixed(ends)}"


def reliable_gain_ends(case: Case) -> float | None:
    """The score a reliable change better than baseline; None without either number."""
    measure, baseline = case.trend.measure, case.trend.baseline
    if baseline is None or measure.reliable is None:
        return None
    return baseline.value - measure.worse(measure.reliable)


def no_rescue(case: Case, since: datetime) -> str:
    """Why no score could end a step begun then; empty where one can."""
    measure, reference = case.trend.measure, _reference(case, since)
    if measure.important is None:
        return f"no important change of {measure.title} is known"
    if reference is None:
        return "no three stable forms before"
    if case.trend.baseline is None:
        return "no baseline"
    if not gained(case, reference):
        return f"the stable forms before were not {GAINED_PERCENT} % better than baseline"
    rescue = reference + measure.worse(measure.important)
    if measure.worse(rescue - case.trend.baseline.value) > 0:
        return "the rescue score would be worse than baseline"
    return ""


def gained(case: Case, score: float) -> bool:
    """Whether a score is noticeably better than before treatment."""
    better = case.trend.percent_better(score)
    return better is not None and better >= GAINED_PERCENT


def _reference(case: Case, since: datetime) -> float | None:
    flagged = {flag.at for flag in case.trend.flags}
    treated = case.trend.since_treatment
    stable = [p.total for p in treated if p.at <= since and p.at not in flagged]
    return fmean(stable[-STABLE_FORMS:]) if len(stable) >= STABLE_FORMS else None


def _step(
    case: Case,
    days: int,
    before: int,
    since: datetime,
    until: datetime | None,
    agreed: DecisionFact | None,
) -> Step:
    rescue = agreed.rescue if agreed else rescue_score(case, since)
    if rescue is None:
        return Step(days, before, since, None, NOT_INTERPRETABLE)
    closes = until or case.facts.as_of
    forms = [p for p in case.trend.points if since < p.at <= closes]
    reached = [
        case.trend.measure.reaches(case.trend.measure.worse(p.total - rescue), 0) for p in forms
    ]
    on_day = [case.facts.days_between(since, p.at) for p in forms]
    lasted = case.facts.days_between(since, closes)
    verdict, lacks = _verdict(reached, on_day, before, lasted)
    return Step(days, before, since, rescue, verdict, lacks, agreed.decided_at if agreed else None)


def _verdict(
    reached: Sequence[bool], on_day: Sequence[int], before: int, lasted: int
) -> tuple[str, str]:
    """The verdict, and which form it lacks. `reached`: form by form whether at the rescue score;
    `on_day`: on which day of the step; `before` and `lasted` in days."""
    pairs = zip(pairwise(reached), on_day[1:], strict=True)
    if any(one and other and day > before for (one, other), day in pairs):
        return "not held", ""
    if lasted < JUDGED_AFTER_DAYS or lasted <= before:
        return "too early to tell", ""
    if len(on_day) < 2:
        return NOT_INTERPRETABLE, ", fewer than two forms in it"
    if on_day[-1] <= before:
        return NOT_INTERPRETABLE, f", no form past day {before}"
    return "held", ""
