"""The answers about harm, gathered into the rows of the page."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from reports.evidence.case import Harm, HarmRow
from reports.facts import CourseFacts, FormFact
from reports.trends.course import missed_forms
from reports.wording import listed
from surveys.instrument import Instrument

_FILE = Path(__file__).parents[1] / "harms.toml"
# One answer: the item's code and the value given.
_Given = tuple[str, int]


@dataclass(frozen=True)
class _Declared:
    """One row: by the id of a questionnaire, which of its items it reads; none: its total."""

    code: str
    title: str
    asks: Mapping[str, tuple[str, ...]]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _declared() -> tuple[_Declared, ...]:
    return tuple(
        _Declared(
            row["code"],
            row["title"],
            {one["instrument"]: tuple(one.get("items", ())) for one in row["asks"]},
        )
        for row in _file()["rows"]
    )


def harm_rows(facts: CourseFacts, instruments: Mapping[str, Instrument]) -> tuple[HarmRow, ...]:
    """One row per declared harm; a missed check is a mark in every row it would have filled."""
    return tuple(_row(row, facts, instruments) for row in _declared())


def _row(row: _Declared, facts: CourseFacts, instruments: Mapping[str, Instrument]) -> HarmRow:
    asked = [instruments[name].item(code) for name, codes in row.asks.items() for code in codes]
    height = max(max(item.values) for item in asked)
    alone = len(row.asks) == 1
    answers: list[Harm] = []
    for name, codes in row.asks.items():
        if codes:
            answers += _answers(facts, _Question(instruments[name], codes, height, alone=alone))
        elif name in instruments:
            answers += _totals(facts, instruments[name], height)
    return HarmRow(row.code, row.title, height, tuple(sorted(answers, key=lambda harm: harm.at)))


def _answers(facts: CourseFacts, asks: "_Question") -> Iterator[Harm]:
    name = asks.instrument.id
    stands = _file()["stands_days"].get(name, 0)
    for form in facts.forms_of(name):
        if not form.total_only:
            yield replace(_answer(form, asks), stands_days=stands)
    yield from _missed(facts, name)


def _totals(facts: CourseFacts, instrument: Instrument, height: int) -> Iterator[Harm]:
    """Totals that reach the instrument's own cut-off stand at the top of the row, those below it at
    0; nothing where it has no cut-off. The higher the total, the greater the harm."""
    name, cutoff = instrument.short_title, instrument.cutoff
    if cutoff is None:
        return
    degrees = (f"{name} below {cutoff}", *[f"{name} {cutoff} or more"] * height)
    for form in facts.forms_of(instrument.id):
        if form.total is None:
            yield Harm(form.answered_at, None, "no total", source=instrument.id)
            continue
        reached = form.total >= cutoff
        said = f"{name} {form.total}, {'at or above' if reached else 'below'} {cutoff}"
        value = height if reached else 0
        yield Harm(form.answered_at, value, said, source=instrument.id, degrees=degrees)
    yield from _missed(facts, instrument.id)


def _missed(facts: CourseFacts, name: str) -> Iterator[Harm]:
    for due in missed_forms(facts, name):
        yield Harm(due, None, "", missed=True, source=name)


class _Question:
    """What one questionnaire asks about one harm, on the row's own scale of `height`; `alone`: no
    other questionnaire has answers in this row.

    The words of an answer are made once, not for each of a hundred forms.
    """

    def __init__(
        self, instrument: Instrument, items: tuple[str, ...], height: int, *, alone: bool
    ) -> None:
        self.instrument, self.height, self.alone = instrument, height, alone
        self.highest = {code: max(instrument.item(code).values) for code in items}
        self.mixed = len({instrument.item(code).values for code in items}) > 1
        self.alerted = {one.item: one.about for one in instrument.alerts}
        urgent = [one for one in instrument.alerts if one.level == "urgent"]
        self.urgent_from = {one.item: one.at_least for one in urgent}
        self.degrees = tuple(map(self._degree, range(height + 1)))
        self._said: dict[tuple[_Given, ...], str] = {}

    def _degree(self, value: int) -> str:
        """The mildest answer that stands this high in the row, in the words of its question."""
        code, most = max(self.highest.items(), key=lambda one: one[1])
        item = self.instrument.item(code)
        reach = [one for one in sorted(item.values) if one * self.height // most >= value]
        return item.label_of(reach[0]).lower()

    def scaled(self, given: _Given) -> int:
        code, answer = given
        return answer * self.height // self.highest[code]

    def urgent(self, given: _Given) -> bool:
        """Whether it is an answer that raises an urgent alert."""
        code, answer = given
        return code in self.urgent_from and answer >= self.urgent_from[code]

    def words(self, told: tuple[_Given, ...]) -> str:
        """The answers' own words, and what they were about where these would leave that open."""
        if told not in self._said:
            self._said[told] = self._words(told)
        return self._said[told]

    def _words(self, told: tuple[_Given, ...]) -> str:
        """Answers in the same words together: "severe: nausea and headache"."""
        alike: dict[str, list[str]] = {}
        for code, answer in told:
            label = self.instrument.item(code).label_of(answer).lower()
            alike.setdefault(label, []).extend(self._named((code, answer), len(told) > 1))
        return "; ".join(
            f"{label}: {listed(about)}" if about else label for label, about in alike.items()
        )

    def _named(self, given: _Given, among_others: bool) -> list[str]:
        """What an answer above 0 was about; nothing where the row's own title says it."""
        code, answer = given
        about = self.alerted.get(code)
        if among_others:
            return [about or _file()["about"][self.instrument.id][code]]
        several = len(self.highest) > 1 and (self.mixed or self.urgent(given))
        bare = several or not self.alone
        return [about] if answer and about and bare else []


def _answer(form: FormFact, asks: _Question) -> Harm:
    """The highest answer of one form. Equals are all told, and whatever raised an urgent alert is
    told first, however high another stands: no tie may hide it."""
    given = [(c, v) for c in asks.highest if isinstance(v := form.answers.get(c), int)]
    if not given:
        return Harm(form.answered_at, None, "not answered", source=asks.instrument.id)
    highest = max(map(asks.scaled, given))
    told = [one for one in given if asks.urgent(one)]
    told += [one for one in given if asks.scaled(one) == highest and one not in told]
    said = asks.words(tuple(told) if highest else (given[0],))
    return Harm(form.answered_at, highest, said, source=asks.instrument.id, degrees=asks.degrees)
