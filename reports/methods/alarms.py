"""How often the worsening flag is wrong, and how often it finds a true step: exact, not simulated.

A patient's true level stays where it is, or steps up before the first form counted. Every form is
that level plus a normal error, rounded to a whole point within the scale. The reference is the
mean of some forms from before, and stands still.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from scipy.stats import norm

from reports.trends.columns import Floats


@dataclass(frozen=True)
class FlagChances:
    """Chance that any of the forms is flagged, and that two in a row are; both from 0 to 1."""

    single: float
    confirmed: float


def flag_chances(
    *,
    level: float,
    error: float,
    scale: tuple[int, int],
    reference_forms: int,
    threshold: float,
    forms: int,
    step: float = 0,
) -> FlagChances:
    """`error` is one standard error of measurement; `level`, `step` and `threshold` in points."""
    one = _scores(level, error, scale)
    references = reduce(np.convolve, [one] * reference_forms)
    means = scale[0] + np.arange(len(references)) / reference_forms
    after = _scores(level + step, error, scale)
    points = np.arange(scale[0], scale[1] + 1)
    # for each possible reference, the chance that one form reaches it plus the threshold
    flagged = (points[None, :] - means[:, None] >= threshold) @ after
    single = 1 - (1 - flagged) ** forms
    return FlagChances(
        float(references @ single), float(references @ _two_in_a_row(flagged, forms))
    )


def _scores(level: float, error: float, scale: tuple[int, int]) -> Floats:
    """The chance of each whole score; what would lie beyond the scale counts as its end."""
    low, high = scale
    edges = [-np.inf, *np.arange(low + 0.5, high), np.inf]
    return np.array([b - a for a, b in pairwise(norm.cdf(edges, level, error).tolist())])


def _two_in_a_row(flagged: Floats, forms: int) -> Floats:
    """The chance that two neighbouring forms of `forms` are both flagged."""
    calm, one = 1 - flagged, flagged.copy()
    for _ in range(forms - 1):
        calm, one = (calm + one) * (1 - flagged), calm * flagged
    found: Floats = 1 - calm - one
    return found
