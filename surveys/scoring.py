"""Answers to scores. Nothing is coerced: what is not a listed option is an error, never a number.

A question left open (None, or absent) and one declined are different states and neither is zero.
Rounding is half up, and the exact value is kept beside the rounded one.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Literal, TypeGuard

from surveys.instrument import Instrument, Item, SymptomFlag, ThresholdFlag
from surveys.instrument_parts import TOTAL

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

    A total, band, subscore or flag is None where the answers given cannot settle it.
    """

    total: int | None
    total_exact: Fraction | None
    prorated: bool
    missing: tuple[str, ...]
    declined: tuple[str, ...]
    band: str | None
    subscores: Mapping[str, int | None] = field(default_factory=dict)
    flags: Mapping[str, bool | None] = field(default_factory=dict)


def score(instrument: Instrument, answers: Answers) -> ScoreResult:
    """Raises AnswerError on the first answer the instrument cannot hold.

    With at most `missing_allowed` scored answers missing the total is the mean of the others times
    the number of scored items; with more there is none. An instrument known by its total alone
    takes it under the name "total".
    """
    for error in answer_errors(instrument, answers):
        raise error
    if instrument.totals_only:
        return score_total(instrument, _number(answers.get(TOTAL)))
    items = instrument.scored_items
    values = {code: value for code, value in answers.items() if isinstance(value, int)}
    exact = _prorated_sum(instrument, values) if instrument.scored else None
    total = None if exact is None else round_half_up(exact)
    subscores = _subscores(instrument, values)
    return ScoreResult(
        total=total,
        total_exact=exact,
        prorated=exact is not None and any(item.code not in values for item in items),
        missing=tuple(item.code for item in items if answers.get(item.code) is None),
        declined=tuple(item.code for item in items if answers.get(item.code) == DECLINED),
        band=None if total is None else instrument.band_of(total),
        subscores=subscores,
        flags=_flags(instrument, {**values, **_known(subscores), **_known({TOTAL: total})}),
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
        flags=_flags(instrument, _known({TOTAL: total})),
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
    return floor(exact + Fraction(1, 2))


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


def _prorated_sum(instrument: Instrument, values: Mapping[str, int]) -> Fraction | None:
    items = instrument.scored_items
    given = [values[item.code] for item in items if item.code in values]
    if not given or len(items) - len(given) > instrument.missing_allowed:
        return None
    return Fraction(sum(given) * len(items), len(given))


def _subscores(instrument: Instrument, values: Mapping[str, int]) -> dict[str, int | None]:
    return {subscore.id: _complete_sum(subscore.items, values) for subscore in instrument.subscores}


def _complete_sum(codes: Collection[str], values: Mapping[str, int]) -> int | None:
    return sum(values[code] for code in codes) if all(code in values for code in codes) else None


def _flags(instrument: Instrument, values: Mapping[str, int]) -> dict[str, bool | None]:
    return {
        flag.id: _threshold(flag, values)
        if isinstance(flag, ThresholdFlag)
        else _symptoms(flag, values)
        for flag in instrument.flags
    }


def _threshold(flag: ThresholdFlag, values: Mapping[str, int]) -> bool | None:
    return values[flag.of] >= flag.at_least if flag.of in values else None


def _symptoms(flag: SymptomFlag, values: Mapping[str, int]) -> bool | None:
    """True or False only where no possible answer to the open items could change it."""
    present = {code for code in flag.items if values.get(code, -1) >= flag.presence(code)}
    unknown = {code for code in flag.items if code not in values}
    core_known = bool(present.intersection(flag.core))
    if not core_known and not unknown.intersection(flag.core):
        return False
    # a core symptom still unknown counts itself where it turns out to be present
    fewest = len(present) + (0 if core_known else 1)
    most = len(present) + len(unknown)
    low, high = flag.count
    if most < low or fewest > high:
        return False
    return True if core_known and low <= fewest and most <= high else None
