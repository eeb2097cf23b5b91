"""How often each kind of evidence was followed, and what came after: counts, never a ranking."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.evidence.rules import OPTIONS, SIDES
from reports.facts import days_between
from reports.trends import Measure, Point

AFTER = ("better", "about the same", "worse", "no form", "too early")


@dataclass(frozen=True)
class Decided:
    """One decision: what was chosen, which rule spoke on which side of which option (option, side,
    rule's id), what came."""

    option: str
    said: frozenset[tuple[str, str, str]]
    after: str

    def had(self, option: str, side: str, rule: str = "") -> bool:
        """Whether this rule, or any where none is named, spoke there."""
        return any(said[:2] == (option, side) and rule in ("", said[2]) for said in self.said)


@dataclass(frozen=True)
class ChosenRow:
    """How many of all `of` decisions chose this option, and what came after."""

    option: str
    count: int
    of: int
    after: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class FollowedRow:
    """`of` decisions had this evidence before them; `followed` of them went its way.

    `rule` is empty for all rules that spoke on this side together. `then` and `otherwise` count
    what came after where it was followed and where it was not.
    """

    rule: str
    option: str
    side: str
    of: int
    followed: int
    then: tuple[tuple[str, int], ...]
    otherwise: tuple[tuple[str, int], ...]


def what_came_after(
    points: Sequence[Point],
    decided_at: datetime,
    measure: Measure,
    window: tuple[int, int],
    as_of: datetime,
    zone: str,
) -> str:
    """The first form `window` days after the decision (both included) against the last before it.

    Better or worse from the reliable change on; where the scale has none, any point counts.
    """
    inside = range(window[0], window[1] + 1)
    before = [point for point in points if point.at <= decided_at]
    later = [point for point in points if days_between(decided_at, point.at, zone) in inside]
    if not later:
        return "too early" if days_between(decided_at, as_of, zone) <= window[1] else "no form"
    if not before:
        return "no form"
    rise = measure.worse(later[0].total - before[-1].total)
    enough = measure.reliable or 1
    if measure.reaches(rise, enough):
        return "worse"
    return "better" if measure.reaches(-rise, enough) else "about the same"


def how_chosen(decisions: Sequence[Decided]) -> tuple[ChosenRow, ...]:
    """One row for each option, in the fixed order of the reports, then whatever else was chosen."""
    return tuple(
        ChosenRow(option, len(chose), len(decisions), _counts(chose))
        for option in (*OPTIONS, "other")
        if (chose := [one for one in decisions if one.option == option]) or option != "other"
    )


def how_followed(decisions: Sequence[Decided]) -> tuple[FollowedRow, ...]:
    """One row for each side of each option, in the fixed order of the reports, and under it one for
    each rule that ever spoke there before a decision."""
    return tuple(
        _row(decisions, option, side, rule)
        for option in OPTIONS
        for side in SIDES
        for rule in ("", *_rules(decisions, option, side))
    )


def _rules(decisions: Sequence[Decided], option: str, side: str) -> list[str]:
    said = (said for one in decisions for said in one.said)
    return sorted({rule for *where, rule in said if where == [option, side]})


def _row(decisions: Sequence[Decided], option: str, side: str, rule: str) -> FollowedRow:
    had = [one for one in decisions if one.had(option, side, rule)]
    went = [one for one in had if (one.option == option) == (side == "for")]
    rest = [one for one in had if (one.option == option) != (side == "for")]
    return FollowedRow(rule, option, side, len(had), len(went), _counts(went), _counts(rest))


def _counts(decisions: Iterable[Decided]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.after for one in decisions)
    return tuple((word, counts[word]) for word in AFTER if counts[word])
