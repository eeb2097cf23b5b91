"""The answers about harm, gathered into the rows of the page."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from reports.evidence.case import Harm, HarmRow
from reports.facts import CourseFacts, FormFact
from reports.trends.course import missed_forms
from surveys.instrument import Instrument

_FILE = Path(__file__).parents[1] / "harms.toml"


@dataclass(frozen=True)
class _Declared:
    """One row: by the id of a questionnaire, which of its items it reads."""

    code: str
    title: str
    asks: Mapping[str, tuple[str, ...]]


@cache
def _declared() -> tuple[_Declared, ...]:
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["rows"]
    return tuple(
        _Declared(
            row["code"],
            row["title"],
            {one["instrument"]: tuple(one["items"]) for one in row["asks"]},
        )
        for row in rows
    )


@cache
def _stands_days() -> Mapping[str, int]:
    found: Mapping[str, int] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["stands_days"]
    return found


def harm_rows(facts: CourseFacts, instruments: Mapping[str, Instrument]) -> tuple[HarmRow, ...]:
    """One row per declared harm; a missed check is a mark in every row it would have filled."""
    return tuple(_row(row, facts, instruments) for row in _declared())


def _row(row: _Declared, facts: CourseFacts, instruments: Mapping[str, Instrument]) -> HarmRow:
    asked = [instruments[name].item(code) for name, codes in row.asks.items() for code in codes]
    height = max(max(item.values) for item in asked)
    answers = [
        harm
        for name, codes in row.asks.items()
        for harm in _answers(facts, _Question(instruments[name], codes, height))
    ]
    return HarmRow(row.code, row.title, height, tuple(sorted(answers, key=lambda harm: harm.at)))


def _answers(facts: CourseFacts, asks: "_Question") -> Iterator[Harm]:
    name = asks.instrument.id
    stands = _stands_days().get(name, 0)
    for form in facts.forms_of(name):
        if not form.total_only:
            yield replace(_answer(form, asks), stands_days=stands)
    for due in missed_forms(facts, name):
        yield Harm(due, None, "", missed=True, source=name)


class _Question:
    """What one questionnaire asks about one harm, on the row's own scale of `height`.

    The words of an answer are made once, not for each of a hundred forms.
    """

    def __init__(self, instrument: Instrument, items: tuple[str, ...], height: int) -> None:
        self.instrument, self.height = instrument, height
        self.highest = {code: max(instrument.item(code).values) for code in items}
        self.mixed = len({instrument.item(code).values for code in items}) > 1
        self.degrees = tuple(map(self._degree, range(height + 1)))
        self._said: dict[tuple[str, int], str] = {}

    def _degree(self, value: int) -> str:
        """The mildest answer that stands this high in the row, in the words of its question."""
        code, most = max(self.highest.items(), key=lambda one: one[1])
        item = self.instrument.item(code)
        reach = [one for one in sorted(item.values) if one * self.height // most >= value]
        return item.label_of(reach[0]).lower()

    def words(self, code: str, answer: int) -> str:
        """The answer's own words, and what it was about where a bare yes would leave that open."""
        if (code, answer) not in self._said:
            self._said[code, answer] = self._words(code, answer)
        return self._said[code, answer]

    def _words(self, code: str, answer: int) -> str:
        label = self.instrument.item(code).label_of(answer).lower()
        about = next((alert.about for alert in self.instrument.alerts if alert.item == code), "")
        return f"{label}: {about}" if answer and self.mixed and about else label


def _answer(form: FormFact, asks: _Question) -> Harm:
    """The highest answer of one form; of equals the one asked first."""
    highest, worst = 0, None
    for code, most in asks.highest.items():
        value = form.answers.get(code)
        if not isinstance(value, int):
            continue
        scaled = value * asks.height // most
        if worst is None or scaled > highest:
            highest, worst = scaled, (code, value)
    if worst is None:
        return Harm(form.answered_at, None, "not answered", source=asks.instrument.id)
    said = asks.words(*worst)
    return Harm(form.answered_at, highest, said, source=asks.instrument.id, degrees=asks.degrees)
