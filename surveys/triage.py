"""Answers to concerns: what somebody at the clinic has to look at, and why.

A single answer is read raw: its concern never waits for a total and never depends on one. Where
staff are told of a flag, such as a total at its cut-off, a flag that is unknown tells nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surveys.instrument import Instrument, ItemAlert
from surveys.scoring import Answers, answer_errors, score
from surveys.totals import excused

URGENT = "urgent"


@dataclass(frozen=True)
class Concern:
    """`level` is "urgent" or "standard"; `reason` is for signed-in staff, never for mail.

    `item` is empty where it is no single answer that somebody has to see.
    """

    code: str
    item: str
    level: str
    reason: str


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


def left_unsaid(instrument: Instrument, before: Answers, after: Answers) -> tuple[Concern, ...]:
    """Safety concerns of `before` whose question `after` leaves open.

    A page that was opened earlier may know nothing of them: leaving open takes nothing back, only
    another answer does.
    """
    found = safety_concerns(instrument, before)
    return tuple(one for one in found if after.get(one.item) is None)


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
            yield Concern(alert.code, "", alert.level, reason)


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
    )


def _urgent_reasons(alert: ItemAlert, value: int, before: object) -> Iterator[str]:
    if alert.urgent_at_least is not None and value >= alert.urgent_at_least:
        yield f"{alert.urgent_at_least} or more"
    if alert.urgent_on_rise and isinstance(before, int) and value > before:
        yield f"up from {before}"
