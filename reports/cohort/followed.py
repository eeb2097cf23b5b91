"""How often each kind of evidence was followed, and what came after: counts, never a ranking."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reports.evidence.rules import OPTIONS, SIDES
from reports.trends import Measure, Point

AFTER = ("better", "about the same", "worse", "no form", "too early")


@dataclass(frozen=True)
class Decided:
    """One decision: what was chosen, on which sides of which options rules spoke, what came."""

    option: str
    spoke: frozenset[tuple[str, str]]
    after: str


@dataclass(frozen=True)
class FollowedRow:
    """`of` decisions had this evidence before them; `followed` of them went its way.

    `then` and `otherwise` count what came after where it was followed and where it was not.
    """

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
) -> str:
    """The first form `window` days after the decision (both included) against the last before it.

    Better or worse from the reliable change on; where the scale has none, any point counts.
    """
    opens, closes = (decided_at + timedelta(days=day) for day in (window[0], window[1] + 1))
    before = [point for point in points if point.at <= decided_at]
    later = [point for point in points if opens <= point.at < closes]
    if not later:
        return "too early" if as_of < closes else "no form"
    if not before:
        return "no form"
    rise = measure.worse(later[0].total - before[-1].total)
    enough = measure.reliable or 1
    return "worse" if rise >= enough else "better" if rise <= -enough else "about the same"


def how_followed(decisions: Sequence[Decided]) -> tuple[FollowedRow, ...]:
    """One row for each side of each option, in the fixed order of the reports."""
    return tuple(_row(decisions, option, side) for option in OPTIONS for side in SIDES)


def _row(decisions: Sequence[Decided], option: str, side: str) -> FollowedRow:
    had = [one for one in decisions if (option, side) in one.spoke]
    went = [one for one in had if (one.option == option) == (side == "for")]
    rest = [one for one in had if (one.option == option) != (side == "for")]
    return FollowedRow(option, side, len(had), len(went), _counts(went), _counts(rest))


def _counts(decisions: Iterable[Decided]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.after for one in decisions)
    return tuple((word, counts[word]) for word in AFTER if counts[word])
