"""Answers to scores. Nothing is coerced: what is not a listed option is an error, never a number.

A question left open (None, or absent) and one declined are different states and neither is zero.
Rounding is half up, and the exact value is kept beside the rounded one.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypeGuard

from surveys.flags import flags_of
from surveys.instrument import Instrument, Item
from surveys.instrument_parts import TOTAL
from surveys.totals import exact_total, excused, level_of, points_of

DECLINED: Literal["declined"] = "declined"
Answer = int | Literal["declined"] | None
Answers = Mapping[str, Answer]


class AnswerError(ValueError):
    """One answer that this instrument cannot hold, and what it could be instead."""

    def __init__(self, item: str, message: str) -> None:
        self.item = item
        self.message = message
        super().__init__(f'item "{item}": {message}')


@dataclass(frozen=True)
class ScoreResult:
    """`missing` and `declined` list scored items in the order of the form.

    A total, band, subscore or flag is None where the answers given cannot settle it. For a triage
    instrument `band` is the level reached.
    """

    total: int | None
    total_exact: Fraction | None
    prorated: bool
    missing: tuple[str, ...]
    declined: tuple[str, ...]
    band: str | None
    subscores: Mapping[str, int | None] = field(default_factory=dict)
    flags: Mapping[str, bool | None] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """By the records' own names and in JSON's own types; text is empty where it is unknown."""
        return {
            "total": self.total,
            "total_exact": "" if self.total_exact is None else str(self.total_exact),
            "prorated": self.prorated,
            "missing": list(self.missing),
            "band": self.band or "",
            "subscores": dict(self.subscores),
            "flags": dict(self.flags),
        }


def score(instrument: Instrument, answers: Answers) -> ScoreResult:
    """Raises AnswerError on the first answer the instrument cannot hold.

    With at most `missing_allowed` scored answers missing they take the mean of the others; with
    more there is no total. An instrument known by its total alone takes it under the name "total".
    """
    for error in answer_errors(instrument, answers):
        raise error
    if instrument.totals_only:
        return score_total(instrument, _number(answers.get(TOTAL)))
    points = points_of(instrument, answers)
    exact = exact_total(instrument, points) if instrument.scored else None
    total = None if exact is None else round_half_up(exact)
    subscores = _subscores(instrument, points)
    without = [item.code for item in instrument.scored_items if item.code not in points]
    fine = excused(instrument, answers)
    missing = [code for code in without if code not in fine and answers.get(code) != DECLINED]
    return ScoreResult(
        total=total,
        total_exact=exact,
        prorated=exact is not None and bool(set(without) - fine),
        missing=tuple(missing),
        declined=tuple(code for code in without if answers.get(code) == DECLINED),
        band=level_of(instrument, points) if total is None else instrument.band_of(total),
        subscores=subscores,
        flags=flags_of(
            instrument, {**_given(answers), **_known(subscores), **_known({TOTAL: total})}
        ),
    )


def score_total(instrument: Instrument, total: int | None) -> ScoreResult:
    """What a recorded total alone can say. Raises AnswerError where it is out of range."""
    for problem in _total_problem(instrument, total):
        raise AnswerError(TOTAL, problem)
    return ScoreResult(
        total=total,
        total_exact=None if total is None else Fraction(total),
        prorated=False,
        missing=() if total is not None else (TOTAL,),
        declined=(),
        band=None if total is None else instrument.band_of(total),
        subscores=dict.fromkeys((subscore.id for subscore in instrument.subscores), None),
        flags=flags_of(instrument, _known({TOTAL: total})),
    )


def answer_errors(instrument: Instrument, answers: Answers) -> Iterator[AnswerError]:
    """Every answer that the instrument cannot hold."""
    if instrument.totals_only:
        yield from _totals_only_errors(instrument, answers)
        return
    items = {item.code: item for item in instrument.items}
    for code, answer in answers.items():
        if code not in items:
            yield AnswerError(code, f"is not an item; the items are {', '.join(items)}")
        elif not _is_possible(items[code], answer):
            yield AnswerError(code, f"is {answer!r}; it must be {_possible(items[code])}")


def round_half_up(exact: Fraction) -> int:
    # in whole numbers: adding fractions would be a tenth of the time of scoring a form
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _totals_only_errors(instrument: Instrument, answers: Answers) -> Iterator[AnswerError]:
    for code, answer in answers.items():
        if code != TOTAL:
            yield AnswerError(code, f"is not an item; {instrument.id} is scored by its total only")
        for problem in _total_problem(instrument, answer):
            yield AnswerError(TOTAL, problem)


def _total_problem(instrument: Instrument, total: object) -> Iterator[str]:
    if instrument.score_range is None:
        yield f"{instrument.id} has no total; give its answers item by item"
        return
    lo, hi = instrument.score_range
    if total is not None and not (_is_whole(total) and lo <= total <= hi):
        yield f"is {total!r}; it must be a whole number from {lo} to {hi}"


def _is_possible(item: Item, answer: object) -> bool:
    if answer is None or answer == DECLINED:
        return True
    return _is_whole(answer) and answer in item.values


def _is_whole(answer: object) -> TypeGuard[int]:
    # True and 1.0 equal 1 in Python, so the type is asked, not the value
    return type(answer) is int


def _possible(item: Item) -> str:
    values = ", ".join(str(value) for value in sorted(item.values))
    return f'one of {values}, "{DECLINED}", or left empty'


def _number(answer: Answer) -> int | None:
    return answer if isinstance(answer, int) else None


def _known(values: Mapping[str, int | None]) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}


def _given(answers: Answers) -> dict[str, int]:
    return {code: value for code, value in answers.items() if isinstance(value, int)}


def _subscores(instrument: Instrument, points: Mapping[str, int]) -> dict[str, int | None]:
    return {
        subscore.id: _complete_sum(subscore.items, subscore.times, points)
        for subscore in instrument.subscores
    }


def _complete_sum(codes: Collection[str], times: int, points: Mapping[str, int]) -> int | None:
    known = all(code in points for code in codes)
    return times * sum(points[code] for code in codes) if known else None
