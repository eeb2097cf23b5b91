"""Courses weighed by the rules, and a responder to begin from."""

from reports.evidence import shipped_rules, weigh
from reports.page import read_case
from surveys.instrument import shipped_instruments
from tests.reports.pieces import INDUCTION, course

INSTRUMENTS = shipped_instruments()
BEFORE = [(5, 20), (12, 20), (19, 20)]


def weighed(facts):
    return weigh(read_case(facts, INSTRUMENTS), shipped_rules())


def state(facts, rule):
    return weighed(facts).state(rule)


def maintenance(last, given=(52, 66, 80, 94), as_of=110, **more):
    """A responder until day 75, then the scores in `last`, a week apart from day 82."""
    scores = [*BEFORE, (26, 15), (33, 11), (40, 8), (47, 7), (54, 7), (61, 7), (68, 7), (75, 7)]
    scores += [(82 + 7 * n, total) for n, total in enumerate(last)]
    return course(scores, [*INDUCTION, *given], as_of, **more)
