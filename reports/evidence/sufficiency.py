"""D0: whether there is enough to read. Missing answers are counted, never guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from reports.evidence.case import Case
from reports.evidence.rules import Rule
from reports.wording import listed, percent, word

SUFFICIENCY_TEST = "data_sufficiency"
NO_BASELINE = "no complete form in the 28 days up to session 1"


@dataclass(frozen=True)
class Sufficiency:
    """`state` is enough, too_early (nothing missing, too little yet) or not_interpretable; `waits`:
    the tests that are not read while it is too early."""

    state: str
    reasons: tuple[str, ...]
    answered: int
    asked: int
    longest_gap_days: int
    waits: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return listed(self.reasons)

    @property
    def silent(self) -> bool:
        """Not interpretable for want of answers, not of a baseline alone."""
        return self.state == "not_interpretable" and self.reasons != (NO_BASELINE,)


def gate(rules: Iterable[Rule]) -> Rule:
    """The one rule that says whether the scores may be read at all: D0."""
    return next(rule for rule in rules if rule.test == SUFFICIENCY_TEST)


def sufficiency(case: Case, rule: Rule) -> Sufficiency:
    """Reads forms, share answered and age of the newest form against the rule's thresholds."""
    limits = rule.thresholds
    answered = sum(case.age_days(p.at) < limits["window_days"] for p in case.trend.points)
    missed = sum(case.age_days(due) < limits["window_days"] for due in case.trend.missed)
    asked = answered + missed
    reasons = []
    if asked and answered / asked * 100 < limits["answered_percent"]:
        due = "the one form" if asked == 1 else f"the {word(asked)} forms"
        days = limits["window_days"]
        reasons.append(
            f"{word(answered)} of {due} due in the last {days} days answered"
            f"{_nor_before(case, answered, limits['window_days'])}"
        )
    latest = case.trend.latest
    if latest and case.age_days(latest.at) > newest_allowed(case, rule):
        reasons.append(f"newest form {case.age_days(latest.at)} days old")
    compares = case.trend.measure.unchanged is None
    if compares and case.induction_over and case.trend.baseline is None:
        reasons.append(NO_BASELINE)
    began = case.phase_began
    forms = case.forms_since(began) if began else case.trend.since_treatment
    too_few = len(forms) < limits["forms"]
    state = "not_interpretable" if reasons else "too_early" if too_few else "enough"
    waits = tuple(limits["waits"])
    return Sufficiency(state, tuple(reasons), answered, asked, longest_gap(case), waits)


def _nor_before(case: Case, answered: int, window: int) -> str:
    """Forms missed in a row that lie before the days that count: the chart counts them too."""
    latest = case.trend.latest
    if answered or latest is None:
        return ""
    before = sum(due > latest.at and case.age_days(due) >= window for due in case.trend.missed)
    return f" (nor the {'one' if before == 1 else word(before)} before)" if before else ""


def newest_allowed(case: Case, rule: Rule) -> float:
    """Days the newest form may be old: the rule's, or the planned spacing and a week's grace."""
    due = [
        o.due_at
        for o in case.facts.occurrences or ()
        if case.trend.measure.id in o.instruments and o.state not in ("cancelled", "superseded")
    ]
    recent = sorted(
        at for at in due if abs(case.age_days(at)) <= rule.thresholds["spacing_over_days"]
    )
    spacings = [case.facts.days_between(a, b) for a, b in pairwise(recent)]
    planned = median(spacings) if spacings else 0
    allowed: float = rule.thresholds["newest_days"]
    return max(allowed, planned + rule.thresholds["newest_grace_days"]) if planned > 7 else allowed


def longest_gap(case: Case) -> int:
    """Longest stretch in days without a form since the first one, up to now."""
    times = [point.at for point in case.trend.points]
    if not times:
        return 0
    return max(case.facts.days_between(a, b) for a, b in pairwise([*times, case.facts.as_of]))


def share(answered: int, asked: int) -> str:
    return percent(answered / asked * 100) if asked else "none asked"
