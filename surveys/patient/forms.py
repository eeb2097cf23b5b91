"""The questions of one survey as a page shows them, and what came back. Pure: values in and out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from surveys.instrument import Instrument, Item, ItemAlert
from surveys.scoring import DECLINED

Answers = dict[str, dict[str, int | str | None]]


class Posted(Protocol):
    """A submitted form: every value under a name, as Django's QueryDict gives them."""

    def getlist(self, key: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class Question:
    """One card of the page. `chosen` is what to show selected, empty for nothing.

    `heading` opens a group of questions. `told_from` is the mildest answer a clinician is told
    of, as its label, with `safety` for thoughts of death or self-harm; it is set where the notice
    belongs: before each safety question, and before the first of a run of others.
    """

    number: int
    name: str
    item: Item
    heading: str
    recall: str
    chosen: str
    open: bool
    told_from: str
    safety: bool


@dataclass(frozen=True)
class Part:
    """The questions of one instrument under its own instructions."""

    instrument: Instrument
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Reading:
    """What a submitted form says. `blank` and `unreadable` hold field names in page order."""

    answers: Answers
    chosen: Mapping[str, str]
    blank: tuple[str, ...]
    unreadable: tuple[str, ...]

    @property
    def says_nothing(self) -> bool:
        return not self.chosen


NOTHING = Reading(answers={}, chosen={}, blank=(), unreadable=())


def field(instrument: Instrument, item: Item) -> str:
    return f"{instrument.id}.{item.code}"


def parts(instruments: Sequence[Instrument], reading: Reading = NOTHING) -> tuple[Part, ...]:
    """The page: all questions numbered through, nothing selected but what `reading` kept."""
    numbers = iter(range(1, 1 + sum(len(instrument.items) for instrument in instruments)))
    return tuple(_part(instrument, numbers, reading) for instrument in instruments)


def _part(instrument: Instrument, numbers: Iterator[int], reading: Reading) -> Part:
    befores = (None, *instrument.items)
    questions = (
        _question(instrument, item, before, next(numbers), reading)
        for before, item in zip(befores, instrument.items, strict=False)
    )
    return Part(instrument, tuple(questions))


def _question(
    instrument: Instrument, item: Item, before: Item | None, number: int, reading: Reading
) -> Question:
    name = field(instrument, item)
    alert = _alert(instrument, item)
    told_already = before is not None and _alert(instrument, before) is not None
    notice = alert is not None and (alert.safety or not told_already)
    return Question(
        number=number,
        name=name,
        item=item,
        heading="" if before and before.group == item.group else _heading(instrument, item),
        recall=instrument.recall_text,
        chosen=reading.chosen.get(name, ""),
        open=name in reading.blank or name in reading.unreadable,
        told_from=item.label_of(alert.at_least) if alert and notice else "",
        safety=alert is not None and alert.safety,
    )


def _alert(instrument: Instrument, item: Item) -> ItemAlert | None:
    return next((alert for alert in instrument.alerts if alert.item == item.code), None)


def _heading(instrument: Instrument, item: Item) -> str:
    return next((group.heading for group in instrument.groups if group.id == item.group), "")


def read(instruments: Sequence[Instrument], posted: Posted) -> Reading:
    """Sort every field into answered, left open, or not one of the choices offered."""
    answers: Answers = {instrument.id: {} for instrument in instruments}
    chosen: dict[str, str] = {}
    blank: list[str] = []
    unreadable: list[str] = []
    for instrument in instruments:
        for item in instrument.items:
            name, choices = field(instrument, item), _choices(item)
            values = posted.getlist(name)
            answers[instrument.id][item.code] = None
            if not values:
                blank.append(name)
            elif len(values) == 1 and values[0] in choices:
                chosen[name] = values[0]
                answers[instrument.id][item.code] = choices[values[0]]
            else:
                unreadable.append(name)
    return Reading(answers, chosen, tuple(blank), tuple(unreadable))


def _choices(item: Item) -> dict[str, int | str]:
    """What a field may hold, and what it means; there is no default among them."""
    return {str(option.value): option.value for option in item.options} | {DECLINED: DECLINED}


def trouble(reading: Reading, *, pointed_out: bool) -> str:
    """Why a form is not taken yet: "nothing", "unreadable" or "open"; empty when it is taken.

    Questions left open are pointed out once; after that leaving them open is the answer. A form
    without any answer is never taken: programs that check mail press buttons, too.
    """
    if reading.unreadable:
        return "unreadable"
    if reading.says_nothing:
        return "nothing"
    return "open" if reading.blank and not pointed_out else ""


def licences(instruments: Sequence[Instrument]) -> dict[str, str]:
    """Attribution and licence of each questionnaire, by the names of those that share it."""
    names: dict[str, list[str]] = {}
    for instrument in instruments:
        terms = f"{instrument.attribution} {instrument.licence_line}".strip()
        names.setdefault(terms, []).append(instrument.short_title)
    return {", ".join(titles): terms for terms, titles in names.items() if terms}
