"""What a worsening flag was held against, in words: which forms, and whether they were level."""

from itertools import pairwise

from reports import wording
from reports.evidence.case import Case
from reports.trends import Flag


def held_against(flag: Flag, case: Case) -> str:
    """ "7.0, the mean of the last three forms without a flag: 8, 7 and 6".

    The rule calls forms stable that carry no flag themselves. That they lie close together is not
    asked of them, so the page prints them, says where each was worse than the one before, and
    calls it no stable reference where they lie the flag's own threshold apart.
    """
    say, scores = case.trend.measure.say, flag.reference_scores
    listed = wording.listed([say(score) for score in scores])
    named = f"the last {wording.word(len(scores))} forms without a flag: {listed}"
    if case.trend.measure.reaches(max(scores) - min(scores), flag.threshold):
        return f"{wording.fixed(flag.reference)} (no stable reference), the mean of {named}"
    return f"{wording.fixed(flag.reference)}, the mean of {named}{_drifting(flag, case)}"


def _drifting(flag: Flag, case: Case) -> str:
    """That the reference itself was on its way, so that the rise began before it."""
    measure = case.trend.measure
    if all(measure.worse(later - one) > 0 for one, later in pairwise(flag.reference_scores)):
        return f", {'rising' if measure.higher_is_worse else 'falling'} themselves"
    return ""
