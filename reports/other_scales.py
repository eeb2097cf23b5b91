"""What the patient's other questionnaires say beside the one the page is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reports import wording
from reports.charts.axis import Days
from reports.charts.scene import Group, Mark, Row
from reports.evidence import Case, Column
from reports.evidence.columns import EMPTY, Cell
from reports.trends import Change, Trend, course_trends, measure_of
from surveys.instrument import Instrument

Rows = tuple[tuple[str, str], ...]
# Where no rule speaks on this side, a reader takes it for calm.
CALM_WHEN_EMPTY = (("continue", "against"), ("taper", "against"), ("stop", "for"))
SEE_ABOVE = "see above."


def other_trends(case: Case, instruments: Mapping[str, Instrument]) -> list[Trend]:
    """Of every other scored questionnaire that was answered, by its own numbers."""
    names = sorted({form.instrument for form in case.facts.forms} - {case.facts.primary})
    measures = [measure_of(instruments[name]) for name in names if _followed(instruments[name])]
    trends = course_trends([(case.facts, measure) for measure in measures])
    return [trend for trend in trends if trend.latest is not None]


def _followed(instrument: Instrument) -> bool:
    return instrument.kind == "self-report" and instrument.score_range is not None


def other_rows(case: Case, others: Sequence[Trend]) -> Rows:
    """Of each where it stands, and whether it moved as the page's own did. Two that disagree are
    both shown; neither is called the right one."""
    return tuple((trend.measure.title, _words(trend, case)) for trend in others)


def other_way(case: Case, others: Sequence[Trend]) -> str:
    """A sentence for each questionnaire that moved the opposite way; empty where none did."""
    return " ".join(
        f"{t.measure.title} went the other way: {t.measure.say(t.latest.total)}, "
        f"{wording.fixed(abs(t.change.points))} points {_said(_way(t, t.change))} than before."
        for t in others
        if t.latest and t.change and case.trend.change
        if _way(t, t.change) * _way(case.trend, case.trend.change) < 0
    )


def disagreement(case: Case, others: Sequence[Trend], beside: Sequence[str] = ()) -> str:
    """What stands beside the options where two questionnaires moved differently; empty where none
    did. The rules read one of the two, those marked in `beside` more, and that is said."""
    own = case.trend
    apart = [other for other in others if _differ(other, own)]
    if not apart:
        return ""
    moved = "; ".join(_moved(trend) for trend in (own, *apart))
    return (
        f"{wording.listed([trend.measure.title for trend in (own, *apart)])} disagree: {moved}. "
        f"{_read_by(own, beside)}; neither overrules the other."
    )


def _read_by(own: Trend, beside: Sequence[str]) -> str:
    alone = f"read {own.measure.title} alone"
    if not beside:
        return f"The rules {alone}"
    reads = "reads" if len(beside) == 1 else "read"
    return f"{wording.listed(beside)} {reads} each of them, the other rules {alone}"


def columns_beside(
    columns: Sequence[Column], case: Case, others: Sequence[Trend]
) -> tuple[Column, ...]:
    """The columns, no empty cell calm where another questionnaire worsened by its own reliable
    change: the rules read one questionnaire, and their silence is about that one."""
    worse = [trend.measure.title for trend in others if _reliably_worse(trend)]
    if not worse:
        return tuple(columns)
    own = case.trend.measure.title
    beside = f"{wording.listed(worse)} worsened reliably, {SEE_ABOVE}"
    return tuple(
        replace(
            column,
            speaks_for=_not_bare(column.speaks_for, (column.option, "for"), own, beside),
            speaks_against=_not_bare(
                column.speaks_against, (column.option, "against"), own, beside
            ),
        )
        for column in columns
    )


def _not_bare(cell: Cell, place: tuple[str, str], own: str, beside: str) -> Cell:
    """Only a cell in which no rule speaks, and never one that says it is too early."""
    if place not in CALM_WHEN_EMPTY or not cell.answer.endswith(EMPTY[place]):
        return cell
    answer = f"No rule read on {own} {EMPTY[place].removesuffix('.')}; {beside}"
    return replace(cell, answer=answer)


def _reliably_worse(trend: Trend) -> bool:
    change = trend.change
    return bool(change and change.reliable and trend.measure.worse(change.points) > 0)


def _moved(trend: Trend) -> str:
    assert trend.change is not None
    assert trend.baseline is not None
    assert trend.latest is not None
    said, before = trend.measure.say(trend.latest.total), wording.fixed(trend.baseline.value)
    return (
        f"{trend.measure.title} {_said(_way(trend, trend.change))}, {before} to {said} "
        f"({_sure(trend, trend.change)})"
    )


def other_group(case: Case, others: Sequence[Trend], day: Days) -> tuple[Group, ...]:
    """Their courses on the chart's time axis, a row for each, on its own scale."""
    rows = tuple(_row(trend, case, day) for trend in others)
    title = f"Beside {case.trend.measure.title}, higher is worse"
    return (Group(title, rows, tall=True),) if rows else ()


def _row(trend: Trend, case: Case, day: Days) -> Row:
    assert trend.latest is not None
    measure = trend.measure
    marks = [Mark(day(p.at), round(p.total - measure.low), "answer") for p in trend.points]
    marks += [Mark(day(due), 0, "missed") for due in trend.missed]
    way = "" if measure.higher_is_worse else ", but higher is better"
    return Row(
        f"{measure.title} {measure.score_word}, {measure.low}–{measure.high}{way}",
        measure.high - measure.low,
        tuple(marks),
        " → ".join(_ends(trend, case)),
        False,
    )


def _ends(trend: Trend, case: Case) -> Iterator[str]:
    """First and last score, one where it is the same form."""
    for point in dict.fromkeys([trend.points[0], trend.points[-1]]):
        day = wording.dated(point.at, case.facts.zone, case.facts.as_of)
        yield f"{trend.measure.say(point.total)} on {day}"


def _words(trend: Trend, case: Case) -> str:
    assert trend.latest is not None
    measure, latest = trend.measure, trend.latest
    band = measure.band(latest.total)
    said = f"{measure.say(latest.total)}{f', {band}' if band else ''}"
    said += f", on {wording.day(latest.at, case.facts.zone)}{_level(trend)}"
    if trend.change is None or trend.baseline is None:
        return f"{said}; no baseline"
    moved = (
        f"{wording.signed(trend.change.points)} from baseline {wording.fixed(trend.baseline.value)}"
    )
    return f"{said}; {moved}, {_sure(trend, trend.change)}{_against(trend, case.trend)}"


def _level(trend: Trend) -> str:
    return f"; level {wording.fixed(trend.level[-1].estimate)}" if trend.level else ""


def _sure(trend: Trend, change: Change) -> str:
    """Whether that is more than error, by the questionnaire's own number."""
    if change.reliable is None:
        return trend.measure.against_error(change.points)
    needs = wording.number(trend.measure.reliable or 0)
    return f"reliable: {needs} or more" if change.reliable else f"not reliable: under {needs}"


def _against(other: Trend, own: Trend) -> str:
    """Opposite ways by what matters to the person, or one beyond error and the other not moved."""
    if not _differ(other, own) or other.change is None or own.change is None:
        return ""
    this, page = _way(other, other.change), _way(own, own.change)
    return f"; disagrees: {_said(this)}, {own.measure.title} {_said(page)}"


def _differ(other: Trend, own: Trend) -> bool:
    if other.change is None or own.change is None:
        return False
    return _way(other, other.change) != _way(own, own.change)


def _way(trend: Trend, change: Change) -> int:
    """1 worse, -1 better, by the important change or more; 0 neither, or not known."""
    worse = trend.measure.worse(change.points)
    return 0 if not change.important else 1 if worse > 0 else -1


def _said(way: int) -> str:
    return {1: "worse", -1: "better", 0: "not clearly changed"}[way]
