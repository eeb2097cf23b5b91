"""The answers about harm, gathered into the rows of the page."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


def harm_rows(facts: CourseFacts, instruments: Mapping[str, Instrument]) -> tuple[HarmRow, ...]:
    """One row per declared harm; a missed check is a mark in every row it would have filled."""
    return tuple(_row(row, facts, instruments) for row in _declared())


def _row(row: _Declared, facts: CourseFacts, instruments: Mapping[str, Instrument]) -> HarmRow:
    asked = [instruments[name].item(code) for name, codes in row.asks.items() for code in codes]
    height = max(max(item.values) for item in asked)
    answers = [
        harm
        for name, codes in row.asks.items()
        for harm in _answers(facts, instruments[name], codes, height)
    ]
    return HarmRow(row.code, row.title, height, tuple(sorted(answers, key=lambda harm: harm.at)))


def _answers(
    facts: CourseFacts, instrument: Instrument, items: tuple[str, ...], height: int
) -> Iterator[Harm]:
    for form in facts.forms_of(instrument.id):
        if not form.total_only:
            yield _answer(form, items, instrument, height)
    for due in missed_forms(facts, instrument.id):
        yield Harm(due, None, "", missed=True, source=instrument.id)


def _answer(form: FormFact, items: tuple[str, ...], instrument: Instrument, height: int) -> Harm:
    """The highest answer of one form, on the row's own scale."""
    given = [
        (value * height // max(instrument.item(item).values), item)
        for item in items
        if isinstance(value := form.answers.get(item), int)
    ]
    if not given:
        return Harm(form.answered_at, None, "not answered", source=instrument.id)
    highest, code = max(given, key=lambda one: one[0])
    words = _words(form, code, items, instrument)
    return Harm(form.answered_at, highest, words, source=instrument.id)


def _words(form: FormFact, code: str, items: tuple[str, ...], instrument: Instrument) -> str:
    """The answer's own words, and what it was about where a bare yes would leave that open."""
    item, answer = instrument.item(code), form.answers[code]
    assert isinstance(answer, int)
    label = item.label_of(answer).lower()
    mixed = {instrument.item(one).values for one in items} != {item.values}
    about = next((alert.about for alert in instrument.alerts if alert.item == code), "")
    return f"{label}: {about}" if answer and mixed and about else label
