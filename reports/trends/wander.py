"""How far true levels wander in a day: pooled over a clinic's patients, held by a prior.

Two forms of one patient, d points and t days apart with no session between, differ by two
measurement errors and what the level wandered: E(d²) = 2 × error² + wander × t. Their least squares
over all patients gives the clinic's wander; it counts for as many pairs as there are, the prior for
`PRIOR_PAIRS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.trends.columns import Floats, Times
from reports.trends.level import Between, prior_wander
from reports.trends.series import Point

# Our judgement: about what ten patients bring together in half a year.
PRIOR_PAIRS = 200
# However calm the forms look, at least this share of the prior's variance: where the errors of
# neighbouring forms are alike, as when both look back on the same days, levels look calmer than
# they are, and in simulation the band then held too few of them.
AT_LEAST = 0.3


@dataclass(frozen=True)
class Pairs:
    """Sums over pairs of neighbouring forms: how many, of how many patients, Σ t², and
    Σ t (d² − 2 error²)."""

    count: int
    patients: int
    weight: float
    moved: float


def pairs_of(
    points: Sequence[Sequence[Point]], forms: Times, between: Between, error: float
) -> Pairs:
    """The pairs of many courses; those with a session or a gap between them say nothing here."""
    totals = np.array([p.total for row in points for p in row], dtype=np.float64)
    scores = forms.padded(totals)
    calm = (between.induction + between.later == 0) & ~between.restarts
    apart: Floats = between.days[calm]
    moved = np.diff(scores, axis=1, prepend=np.nan)[calm] ** 2 - 2 * error**2
    return Pairs(
        int(calm.sum()),
        int(calm.any(axis=1).sum()),
        float((apart**2).sum()),
        float((apart * moved).sum()),
    )


def pooled(found: Sequence[Pairs], error: float) -> float:
    """Variance in points² a day, from the pairs of a clinic and the prior."""
    prior = prior_wander(error)
    count, weight = sum(p.count for p in found), sum(p.weight for p in found)
    own = max(0.0, sum(p.moved for p in found) / weight) if weight else prior
    held = (PRIOR_PAIRS * prior + count * own) / (PRIOR_PAIRS + count)
    return max(held, AT_LEAST * prior)
