"""The rows beneath the chart: single answers that matter by themselves, and harms."""

from reports import wording
from reports.charts.axis import Days
from reports.charts.harm_rows import harm_group_rows
from reports.charts.scene import Group, Mark, Row
from reports.evidence import Case
from surveys.instrument import Instrument, Item


def row_groups(case: Case, instrument: Instrument, day: Days) -> tuple[Group, ...]:
    groups = []
    single = _single_rows(case, instrument, day)
    if single:
        groups.append(Group("Single answers, 0–3", single))
    harms = harm_group_rows(case.harms, case, day)
    groups.append(Group("Harms, beside the benefit", harms, foldable=True))
    return tuple(groups)


def _single_rows(case: Case, instrument: Instrument, day: Days) -> tuple[Row, ...]:
    """Items shown on their own: those that raise alerts, and those outside the total."""
    alerting = {alert.item for alert in instrument.alerts}
    titles = {("phq9", "9"): "Item 9, self-harm", ("phq9", "10"): "Item 10, daily life"}
    return tuple(
        _item_row(case, instrument, item.code, titles.get((instrument.id, item.code)), day)
        for item in instrument.items
        if item.code in alerting or not item.scored
    )


def _item_row(case: Case, instrument: Instrument, code: str, title: str | None, day: Days) -> Row:
    facts, item = case.facts, instrument.item(code)
    marks, last, last_at = [], None, None
    for form in facts.forms_of(instrument.id):
        answer = form.answers.get(code)
        if isinstance(answer, int):
            marks.append(Mark(day(form.answered_at), answer, "answer"))
            last, last_at = answer, form.answered_at
        elif not form.total_only:
            marks.append(Mark(day(form.answered_at), 0, "declined"))
    for due in case.trend.missed:
        marks.append(Mark(day(due), 0, "missed"))
    old = any(form.total_only for form in facts.forms_of(instrument.id))
    text = "not known: totals only" if old else "not asked"
    if last is not None and last_at is not None:
        silent = any(due > last_at for due in case.trend.missed)
        text = _latest_words(item, last, wording.dated(last_at, facts.zone, facts.as_of), silent)
    height = max(item.values)
    name = title or f"Item {code}"
    return Row(name, height, tuple(marks), text, bool(last) and item.scored)


def _latest_words(item: Item, answer: int, day: str, silent: bool) -> str:
    """Scored items as number and words, others in words; silence since then is said, not filled."""
    label = item.label_of(answer).lower()
    if not silent:
        return f"{answer}, {label}, {day}" if item.scored else f"{label}, {day}"
    shown = f"{answer} on {day}" if item.scored else f"{label.replace(' difficult', '')}, {day}"
    return f"{shown}; since: not known"
