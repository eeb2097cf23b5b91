"""The questions of one survey as a page shows them, and what came back. Pure: values in and out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from surveys.instrument import Instrument, Item, ItemAlert, Skip
from surveys.scoring import DECLINED, Answer, Answers
from surveys.totals import excused
from surveys.triage import concerns


class Posted(Protocol):
    """A submitted form: every value under a name, as Django's QueryDict gives them."""

    def getlist(self, key: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class Question:
    """One card of the page. `chosen` is what to show selected, empty for nothing.

    `language` is that of its words. `heading` opens a group of questions. `told_from` is the
    mildest answer a clinician is told of, as its label, with `safety` for thoughts of death or
    self-harm; it is set where the notice belongs: before each safety question, and before the
    first of a run of others.
    `gates` are this question's answers that pass over others, each with the gate's number on the
    page; `behind` names the gates that pass over this question.
    """

    number: int
    name: str
    item: Item
    language: str
    heading: str
    recall: str
    chosen: str
    open: bool
    told_from: str
    safety: bool
    gates: Mapping[int, int] = field(default_factory=dict)
    behind: tuple[int, ...] = ()


@dataclass(frozen=True)
class Part:
    """The questions of one instrument under its own instructions."""

    instrument: Instrument
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Reading:
    """What a submitted form says. `blank` and `unreadable` hold field names in page order.

    `unasked`: what was said to safety questions of questionnaires that the page still showed and
    nobody is asked any more, by instrument.
    """

    answers: dict[str, Answers]
    chosen: Mapping[str, str]
    blank: tuple[str, ...]
    unreadable: tuple[str, ...]
    unasked: Mapping[str, Answers] = field(default_factory=dict)

    @property
    def says_nothing(self) -> bool:
        return not self.chosen

    @property
    def said(self) -> dict[str, Answers]:
        """All of it, to be kept or sent."""
        return {**self.answers, **self.unasked}


NOTHING = Reading(answers={}, chosen={}, blank=(), unreadable=())


def name_of(instrument: Instrument, item: Item) -> str:
    return f"{instrument.id}.{item.code}"


def parts(instruments: Sequence[Instrument], reading: Reading = NOTHING) -> tuple[Part, ...]:
    """The page: all questions numbered through, nothing selected but what `reading` kept."""
    numbers = iter(range(1, 1 + sum(len(instrument.items) for instrument in instruments)))
    gates = iter(range(1, 1 + sum(len(instrument.skips) for instrument in instruments)))
    return tuple(_part(instrument, numbers, gates, reading) for instrument in instruments)


def _part(
    instrument: Instrument, numbers: Iterator[int], gates: Iterator[int], reading: Reading
) -> Part:
    befores = (None, *instrument.items)
    questions = (
        _question(instrument, item, before, next(numbers), reading)
        for before, item in zip(befores, instrument.items, strict=False)
    )
    numbered = {skip: next(gates) for skip in instrument.skips}
    return Part(instrument, tuple(_gated(question, numbered) for question in questions))


def _gated(question: Question, numbered: Mapping[Skip, int]) -> Question:
    code = question.item.code
    return replace(
        question,
        gates={skip.value: gate for skip, gate in numbered.items() if skip.item == code},
        behind=tuple(gate for skip, gate in numbered.items() if code in skip.blank),
    )


def _question(
    instrument: Instrument, item: Item, before: Item | None, number: int, reading: Reading
) -> Question:
    name = name_of(instrument, item)
    alert = _alert(instrument, item)
    told_already = before is not None and _alert(instrument, before) is not None
    notice = alert is not None and (alert.safety or not told_already)
    return Question(
        number=number,
        name=name,
        item=item,
        language=instrument.language,
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


def read(
    instruments: Sequence[Instrument], posted: Posted, *, switched_off: Sequence[Instrument] = ()
) -> Reading:
    """Sort every field into answered, left open, or not one of the choices offered.

    What an earlier answer passes over is none of these: whatever was sent for it is dropped,
    except an answer that somebody at the clinic must see. Of those `switched_off` nothing is read
    but what was said to their safety questions.
    """
    parts = [_read_one(instrument, posted) for instrument in instruments]
    beside = {one.id: _said_to_safety_questions(one, posted) for one in switched_off}
    return Reading(
        answers={name: form for part in parts for name, form in part.answers.items()},
        chosen={name: value for part in parts for name, value in part.chosen.items()},
        blank=tuple(name for part in parts for name in part.blank),
        unreadable=tuple(name for part in parts for name in part.unreadable),
        unasked={name: said for name, said in beside.items() if said},
    )


def _said_to_safety_questions(instrument: Instrument, posted: Posted) -> Answers:
    said = _read_one(instrument, posted).answers[instrument.id]
    asked = (alert.item for alert in instrument.alerts if alert.safety)
    return {item: said[item] for item in asked if said[item] is not None}


def resumed(
    instruments: Sequence[Instrument], stored: Mapping[str, Mapping[str, object]]
) -> Reading:
    """A draft as the page showed it, nothing marked open; what is no longer offered is left out."""
    fields = {
        f"{instrument}.{code}": [str(value)]
        for instrument, form in stored.items()
        for code, value in form.items()
        if value is not None
    }
    return as_filled_in(read(instruments, _Stored(fields)))


class _Stored(dict[str, list[str]]):
    def getlist(self, key: str) -> list[str]:
        return self.get(key, [])


def _read_one(instrument: Instrument, posted: Posted) -> Reading:
    sent = {item.code: posted.getlist(name_of(instrument, item)) for item in instrument.items}
    offered = {item.code: _choices(item) for item in instrument.items}
    said = {
        code: offered[code][values[0]]
        for code, values in sent.items()
        if len(values) == 1 and values[0] in offered[code]
    }
    passed_over = _passed_over(instrument, said)
    said = {code: value for code, value in said.items() if code not in passed_over}
    nobody_asks = passed_over | excused(instrument, said)
    left = [i for i in instrument.items if i.code not in said and i.code not in nobody_asks]
    return Reading(
        answers={instrument.id: {item.code: said.get(item.code) for item in instrument.items}},
        chosen={f"{instrument.id}.{code}": sent[code][0] for code in said},
        blank=tuple(name_of(instrument, item) for item in left if not sent[item.code]),
        unreadable=tuple(name_of(instrument, item) for item in left if sent[item.code]),
    )


def _passed_over(instrument: Instrument, said: Answers) -> frozenset[str]:
    must_be_seen = {alert.item for alert in instrument.alerts} & said.keys()
    taken = [skip for skip in instrument.skips if said.get(skip.item) == skip.value]
    return frozenset(code for skip in taken for code in skip.blank) - must_be_seen


def _choices(item: Item) -> dict[str, Answer]:
    """What a field may hold, and what it means; there is no default among them."""
    return {str(option.value): option.value for option in item.options} | {DECLINED: DECLINED}


def must_be_read(instruments: Sequence[Instrument], reading: Reading, *, complete: bool) -> bool:
    """Whether a form is taken however much was posted before it: it is complete, or somebody at
    the clinic has to see one of its answers."""
    return complete or any(
        concerns(instrument, reading.said.get(instrument.id, {})) for instrument in instruments
    )


def as_filled_in(reading: Reading) -> Reading:
    """The same, with nothing pointed out."""
    return replace(reading, blank=(), unreadable=())


def pointing_at(trouble: str, reading: Reading) -> Reading:
    """The same, with only the trouble pointed out: beside what cannot be read nothing is open."""
    return replace(reading, blank=()) if trouble == "unreadable" else reading


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


@dataclass(frozen=True)
class Terms:
    """Attribution and licence that questionnaires share, in their own language."""

    names: str
    text: str
    language: str


def licences(instruments: Sequence[Instrument]) -> tuple[Terms, ...]:
    """One line for all questionnaires under the same terms."""
    names: dict[tuple[str, str], list[str]] = {}
    for instrument in instruments:
        terms = f"{instrument.attribution} {instrument.licence_line}".strip()
        names.setdefault((terms, instrument.language), []).append(instrument.short_title)
    return tuple(
        Terms(", ".join(titles), text, language)
        for (text, language), titles in names.items()
        if text
    )
