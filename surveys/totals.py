"""What answers add up to, by each instrument's own method. Exact: rounding is somebody else's."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from surveys.instrument import Instrument, Skip

Points = Mapping[str, int]
Given = Mapping[str, object]


def points_of(instrument: Instrument, answers: Given) -> dict[str, int]:
    """What each question adds. Open, declined and not assessed questions are not in it; open ones
    that a skip counts are."""
    found = {
        item.code: item.worth[value]
        for item in instrument.items
        if isinstance(value := answers.get(item.code), int) and value in item.worth
    }
    return {**_counted_by_skips(instrument, answers), **found}


def excused(instrument: Instrument, answers: Given) -> frozenset[str]:
    """Open questions that nobody had to answer: they are not missing."""
    skipped = {code for skip in _skips_taken(instrument, answers) for code in skip.blank}
    partners = {
        code
        for domain in instrument.domains
        for group in domain.needs
        if any(isinstance(answers.get(one), int) for one in group)
        for code in group
    }
    return frozenset(code for code in skipped | partners if answers.get(code) is None)


def exact_total(instrument: Instrument, points: Points) -> Fraction | None:
    """None where too much is missing for the instrument's own rule, and for triage always."""
    return METHODS[instrument.method](instrument, points)


def level_of(instrument: Instrument, points: Points) -> str | None:
    """The highest level reached; None where an open answer could still reach a higher one."""
    for level in instrument.levels:
        if any(points.get(code, 0) > 0 for code in level.items):
            return level.label
        if any(code not in points for code in level.items):
            return None
        if not level.items:
            return level.label
    return None


def _counted_by_skips(instrument: Instrument, answers: Given) -> dict[str, int]:
    return {
        code: skip.points
        for skip in _skips_taken(instrument, answers)
        if skip.points is not None
        for code in skip.blank
        if answers.get(code) is None
    }


def _skips_taken(instrument: Instrument, answers: Given) -> list[Skip]:
    return [skip for skip in instrument.skips if answers.get(skip.item) == skip.value]


def _mean(instrument: Instrument, points: Points) -> Fraction | None:
    given = _enough(instrument, points)
    return Fraction(sum(given), len(given)) if given else None


def _sum(instrument: Instrument, points: Points) -> Fraction | None:
    """Missing answers, where the instrument allows some, take the mean of the others."""
    given = _enough(instrument, points)
    return Fraction(sum(given) * len(instrument.scored_items), len(given)) if given else None


def _enough(instrument: Instrument, points: Points) -> list[int]:
    """What was given; nothing where more is missing than the instrument allows."""
    items = instrument.scored_items
    given = [points[item.code] for item in items if item.code in points]
    return given if len(items) - len(given) <= instrument.missing_allowed else []


def _domain_maxima(instrument: Instrument, points: Points) -> Fraction | None:
    """The highest item of each domain; none where a domain lacks an answer it needs."""
    total = 0
    for domain in instrument.domains:
        if not all(any(code in points for code in group) for group in domain.needs):
            return None
        total += max(points[code] for code in domain.items if code in points)
    return Fraction(total)


def _none(instrument: Instrument, points: Points) -> None:
    """Triage: a sum would look like a measure, and there is none."""


METHODS: Mapping[str, Callable[[Instrument, Points], Fraction | None]] = {
    "sum": _sum,
    "mean": _mean,
    "domain-maxima": _domain_maxima,
    "triage": _none,
}
