"""Answers to concerns: what somebody at the clinic has to look at, and why.

A single answer is read raw: its concern never waits for a total and never depends on one. Where
staff are told of a flag, such as a total at its cut-off, a flag that is unknown tells nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from surveys.instrument import Instrument, ItemAlert
from surveys.scoring import Answers, answer_errors, score
from surveys.totals import excused

URGENT = "urgent"


@dataclass(frozen=True)
class Concern:
    """`level` is "urgent" or "standard"; `reason` is for signed-in staff, never for mail.

    `item` is empty, and `value` none, where it is no single answer that somebody has to see.
    """

    code: str
    item: str
    level: str
    reason: str
    instrument: str = ""
    value: int | None = None

    @property
    def question(self) -> tuple[str, str]:
        return self.instrument, self.item


def from_kept(rows: Iterable[Mapping[str, Any]]) -> tuple[Concern, ...]:
    """Concerns as they are kept: field by field."""
    return tuple(Concern(**row) for row in rows)


def concerns(
    instrument: Instrument, answers: Answers, previous_answers: Answers | None = None
) -> tuple[Concern, ...]:
    """Every concern the instrument declares for these answers, in the order of its file.

    `previous_answers` is the form before this one of the same instrument; a rise since then makes
    a concern urgent where the instrument says so. Raises AnswerError.
    """
    for error in answer_errors(instrument, answers):
        raise error
    found = (
        _concern(instrument, alert, answers, previous_answers or {}) for alert in instrument.alerts
    )
    answered = tuple(concern for concern in found if concern is not None)
    return (*answered, *_raised(instrument, answers))


def safety_concerns(instrument: Instrument, answers: Answers) -> tuple[Concern, ...]:
    """Those about death or self-harm alone, as the instrument declares them."""
    codes = {alert.code for alert in instrument.alerts if alert.safety}
    return tuple(one for one in concerns(instrument, answers) if one.code in codes)


def left_unsaid(before: Iterable[Concern], after: Mapping[str, Answers]) -> tuple[Concern, ...]:
    """Those of `before` whose question `after` leaves open, by instrument.

    A page that was opened earlier may know nothing of them: leaving open takes nothing back, only
    another answer does.
    """
    return tuple(one for one in before if after.get(one.instrument, {}).get(one.item) is None)


def untold(found: Iterable[Concern], told: Iterable[Concern]) -> tuple[Concern, ...]:
    """Those of `found` that say more than all of `told`: a question nobody was told of, or a higher
    answer to it. A reason names what was told before."""
    highest: dict[tuple[str, str], int] = {}
    for one in told:
        if one.value is not None:
            highest[one.question] = max(one.value, highest.get(one.question, one.value))
    return tuple(_beside(one, highest.get(one.question)) for one in found if _is_more(one, highest))


def _is_more(found: Concern, highest: Mapping[tuple[str, str], int]) -> bool:
    if found.value is None or found.question not in highest:
        return True
    return found.value > highest[found.question]


def _beside(found: Concern, before: int | None) -> Concern:
    if before is None:
        return found
    return replace(found, reason=f"{found.reason}; told before: {before}")


def unanswered_safety_items(instrument: Instrument, answers: Answers) -> tuple[str, ...]:
    """Safety items left open or declined: a follow-up task of its own, never a zero.

    Not those that the form itself passes over after an earlier answer.
    """
    passed_over = excused(instrument, answers)
    return tuple(
        alert.item
        for alert in instrument.alerts
        if alert.safety
        and alert.item not in passed_over
        and not isinstance(answers.get(alert.item), int)
    )


def _raised(instrument: Instrument, answers: Answers) -> Iterator[Concern]:
    if not instrument.flag_alerts:
        return
    result = score(instrument, answers)
    for alert in instrument.flag_alerts:
        if result.flags[alert.flag]:
            total = "" if result.total is None else f" {result.total}"
            reason = f"{instrument.short_title}{total}: {alert.about}"
            yield Concern(alert.code, "", alert.level, reason, instrument.id)


def _concern(
    instrument: Instrument, alert: ItemAlert, answers: Answers, previous: Answers
) -> Concern | None:
    value = answers.get(alert.item)
    if not isinstance(value, int) or value < alert.at_least:
        return None
    urgent = list(_urgent_reasons(alert, value, previous.get(alert.item)))
    label = instrument.item(alert.item).label_of(value)
    reason = f'{instrument.short_title}, {alert.about}: "{label}" ({value})'
    return Concern(
        code=alert.code,
        item=alert.item,
        level=URGENT if urgent or alert.level == URGENT else alert.level,
        reason="; ".join([reason, *urgent]),
        instrument=instrument.id,
        value=value,
    )


def _urgent_reasons(alert: ItemAlert, value: int, before: object) -> Iterator[str]:
    if alert.urgent_at_least is not None and value >= alert.urgent_at_least:
        yield f"{alert.urgent_at_least} or more"
    if alert.urgent_on_rise and isinstance(before, int) and value > before:
        yield f"up from {before}"
