"""What clinicians rated: beside the patient's own answers, never among them."""

from collections.abc import Iterator, Mapping

from reports import wording
from reports.charts.axis import Days
from reports.charts.scene import Group, Mark, Row
from reports.evidence import Case
from reports.facts import FormFact
from reports.history import Block
from surveys.instrument import Instrument

SHOWN = 4


def rated_block(case: Case, instruments: Mapping[str, Instrument]) -> tuple[Block, ...]:
    """The last ratings of each such instrument, newest first, in its own words; none: no block."""
    lines = [
        _line(form, instrument, case)
        for instrument in _rated(case, instruments)
        for form in case.facts.forms_of(instrument.id)[: -SHOWN - 1 : -1]
    ]
    return (Block("Rated by the clinician", tuple(lines)),) if lines else ()


def rated_group(case: Case, instruments: Mapping[str, Instrument], day: Days) -> tuple[Group, ...]:
    """The ratings on the chart's time axis, a row for each instrument, on its own scale."""
    rows = tuple(_row(one, case, day) for one in _rated(case, instruments))
    return (Group("Rated by the clinician", rows),) if rows else ()


def _rated(case: Case, instruments: Mapping[str, Instrument]) -> Iterator[Instrument]:
    for instrument in instruments.values():
        if instrument.kind == "clinician-rated" and case.facts.forms_of(instrument.id):
            yield instrument


def _on(form: FormFact, case: Case) -> str:
    return wording.dated(form.answered_at, case.facts.zone, case.facts.as_of)


def _line(form: FormFact, instrument: Instrument, case: Case) -> str:
    said = ", ".join(
        item.label_of(answer)
        for item in instrument.items
        if isinstance(answer := form.answers.get(item.code), int)
    )
    shown = f"{instrument.short_title} {form.total}" if form.total else instrument.short_title
    by = f", {form.entered_by}" if form.entered_by else ""
    words = said or "total only, old record"
    return f"{shown}: {words}. {_on(form, case)}{by}."


def _row(instrument: Instrument, case: Case, day: Days) -> Row:
    low, high = instrument.score_range or (0, 1)
    forms = [form for form in case.facts.forms_of(instrument.id) if form.total is not None]
    marks = tuple(
        Mark(day(form.answered_at), form.total, "answer")
        for form in forms
        if form.total is not None
    )
    latest = "not assessed"
    if forms:
        latest = f"{forms[-1].total}, {_on(forms[-1], case)}"
    return Row(f"{instrument.short_title}, {low}–{high}", high, marks, latest, False)
