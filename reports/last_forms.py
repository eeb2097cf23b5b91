"""The last forms of a page: item by item, or part by part where a questionnaire is long."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reports import wording
from reports.evidence import Case
from reports.facts import Answer, FormFact
from surveys.instrument import Instrument, Item, Subscore

HEADS = Path(__file__).with_name("item_heads.toml")
FORMS_SHOWN = 3
# More columns than this are neither read in a glance nor wide enough for a word on paper.
MOST_ITEMS = 12


@dataclass(frozen=True)
class FormRow:
    answered: str
    answers: tuple[str, ...]
    total: str
    note: str


@dataclass(frozen=True)
class FormsTable:
    """The last forms; `items` are the columns before the total, `unscored` the items outside it,
    in words. `short_title`: where `title` has no line of its own. `score`: the column's head."""

    title: str
    short_title: str
    items: tuple[str, ...]
    unscored: tuple[str, ...]
    score: str
    rows: tuple[FormRow, ...]


@cache
def _heads() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(HEADS.read_text("utf-8"))["heads"]
    return found


def forms_table(case: Case, instrument: Instrument) -> FormsTable:
    scored = [item for item in instrument.items if item.scored]
    unscored = [item for item in instrument.items if not item.scored]
    every = case.facts.forms_of(instrument.id)
    forms = every[-FORMS_SHOWN:]
    parts = _parts(instrument, scored)
    which = _how_many(len(forms), len(every))
    return FormsTable(
        f"{which}, {'part by part' if parts else 'item by item'}",
        which,
        tuple(part.title for part in parts) or _titles(scored, instrument),
        _titles(unscored, instrument),
        instrument.score_word.capitalize(),
        tuple(_form_row(form, parts or scored, unscored, case) for form in forms),
    )


def _how_many(shown: int, answered: int) -> str:
    if answered > shown:
        return f"Last {wording.word(shown)} of {wording.word(answered)} forms"
    return "The one form" if shown == 1 else f"All {wording.word(shown)} forms"


def _parts(instrument: Instrument, scored: Sequence[Item]) -> Sequence[Subscore]:
    """Its subscores in place of its items, where it is long and each item is in one of them."""
    codes = [code for part in instrument.subscores for code in part.items]
    whole = sorted(codes) == sorted(item.code for item in scored)
    return instrument.subscores if whole and len(scored) > MOST_ITEMS else ()


def _titles(items: Iterable[Item], instrument: Instrument) -> tuple[str, ...]:
    short = _heads().get(instrument.id, {})
    return tuple(f"{item.code} {short.get(item.code, '')}".strip() for item in items)


def _form_row(
    form: FormFact,
    columns: Sequence[Item] | Sequence[Subscore],
    unscored: Sequence[Item],
    case: Case,
) -> FormRow:
    answers = [_cell(form, _value(form, column)) for column in columns]
    answers += [_words(item, form.answers.get(item.code)) for item in unscored]
    notes = ["total only, old record"] if form.total_only else []
    if form.prorated:
        notes = ["prorated: an item is missing"]
    measure = case.trend.measure
    if again := _asked_again(form, case):
        notes.append(f"asked again {wording.plural(again, 'day')} inside its {measure.recall_days}")
    total = measure.say(form.read_as(exact=measure.exact))
    return FormRow(_answered_day(form, case), tuple(answers), total, "; ".join(notes))


def _asked_again(form: FormFact, case: Case) -> int:
    """Days that the form before asked about too, as the page counts days; 0 where the ledger found
    none. The ledger counts a started day whole, and is gone by where that form is not here."""
    before = [
        one for one in case.facts.forms_of(form.instrument) if one.answered_at < form.answered_at
    ]
    if not form.overlap_days or not before:
        return form.overlap_days or 0
    apart = case.facts.days_between(before[-1].answered_at, form.answered_at)
    return max(0, (case.trend.measure.recall_days or 0) - apart)


def _value(form: FormFact, column: Item | Subscore) -> Answer:
    """The answer to an item; of a part the sum, None where an answer of it is missing."""
    if isinstance(column, Item):
        return form.answers.get(column.code)
    answers = [form.answers.get(code) for code in column.items]
    given = [answer for answer in answers if isinstance(answer, int)]
    return sum(given) if len(given) == len(answers) else None


def _answered_day(form: FormFact, case: Case) -> str:
    day = wording.dated(form.answered_at, case.facts.zone, case.facts.as_of)
    before = [s for s in case.done if s.at < form.answered_at]
    if not before:
        return day
    return f"{day}, day {case.facts.days_between(before[-1].at, form.answered_at)}"


def _cell(form: FormFact, answer: Answer) -> str:
    if form.total_only:
        return "·"
    return "open" if answer is None else str(answer)


def _words(item: Item, answer: Answer) -> str:
    return (
        item.label_of(answer).lower().replace(" difficult", "") if isinstance(answer, int) else "–"
    )
