"""The answers about harm, gathered into the rows of the page."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reports.evidence.case import Harm, HarmRow
from reports.facts import CourseFacts, FormFact
from reports.trends.course import missed_forms
from surveys.instrument import Instrument

_FILE = Path(__file__).parents[1] / "harms.toml"


@cache
def _declared() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def harm_rows(facts: CourseFacts, instruments: Mapping[str, Instrument]) -> tuple[HarmRow, ...]:
    """One row per declared harm; a missed check is a mark in every row it would have filled."""
    declared = _declared()
    instrument = instruments[declared["instrument"]]
    forms = facts.forms_of(instrument.id)
    missed = [Harm(due, None, "", missed=True) for due in missed_forms(facts, instrument.id)]
    return tuple(
        _row(row["code"], row["title"], row["items"], forms, missed, instrument)
        for row in declared["rows"]
    )


def _row(
    code: str,
    title: str,
    items: list[str],
    forms: tuple[FormFact, ...],
    missed: list[Harm],
    instrument: Instrument,
) -> HarmRow:
    if not items:
        return HarmRow(code, title, 1, ())
    answers = [_answer(form, items, instrument) for form in forms if not form.total_only]
    height = max(max(instrument.item(item).values) for item in items)
    return HarmRow(code, title, height, tuple(sorted(answers + missed, key=lambda harm: harm.at)))


def _answer(form: FormFact, items: list[str], instrument: Instrument) -> Harm:
    given = [(v, item) for item in items if isinstance(v := form.answers.get(item), int)]
    if not given:
        return Harm(form.answered_at, None, "not answered")
    value, item = max(given)
    return Harm(form.answered_at, value, instrument.item(item).label_of(value).lower())
