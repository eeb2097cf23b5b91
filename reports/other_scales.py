"""What the patient's other questionnaires say beside the one the page is about."""

from collections.abc import Mapping

from reports import wording
from reports.evidence import Case
from reports.trends import Change, Trend, course_trends, measure_of
from surveys.instrument import Instrument

Rows = tuple[tuple[str, str], ...]


def other_rows(case: Case, instruments: Mapping[str, Instrument]) -> Rows:
    """Of every other scored questionnaire that was answered: where it stands, and whether it moved
    as the page's own did. Two that disagree are both shown; neither is called the right one."""
    return tuple((t.measure.title, _words(t, case)) for t in _others(case, instruments))


def other_way(case: Case, instruments: Mapping[str, Instrument]) -> str:
    """A sentence for each questionnaire that moved the opposite way; empty where none did."""
    return " ".join(
        f"{t.measure.title} went the other way: {t.measure.say(t.latest.total)}, "
        f"{wording.fixed(abs(t.change.points))} points {_said(_way(t, t.change))} than before."
        for t in _others(case, instruments)
        if t.latest and t.change and case.trend.change
        if _way(t, t.change) * _way(case.trend, case.trend.change) < 0
    )


def _others(case: Case, instruments: Mapping[str, Instrument]) -> list[Trend]:
    names = sorted({form.instrument for form in case.facts.forms} - {case.facts.primary})
    measures = [measure_of(instruments[name]) for name in names if _followed(instruments[name])]
    trends = course_trends([(case.facts, measure) for measure in measures])
    return [trend for trend in trends if trend.latest is not None]


def _followed(instrument: Instrument) -> bool:
    return instrument.kind == "self-report" and instrument.score_range is not None


def _words(trend: Trend, case: Case) -> str:
    assert trend.latest is not None
    measure, latest = trend.measure, trend.latest
    band = measure.band(latest.total)
    said = f"{measure.say(latest.total)}{f', {band}' if band else ''}"
    said += f", on {wording.day(latest.at, case.facts.zone)}"
    if trend.change is None:
        return f"{said}; no baseline"
    moved = f"{said}; {wording.signed(trend.change.points)} from baseline"
    return f"{moved}{_against(trend, case.trend)}"


def _against(other: Trend, own: Trend) -> str:
    """Opposite ways by what matters to the person, or one beyond error and the other not moved."""
    if other.change is None or own.change is None:
        return ""
    this, page = _way(other, other.change), _way(own, own.change)
    if this == page:
        return ""
    return f"; disagrees: {_said(this)}, {own.measure.title} {_said(page)}"


def _way(trend: Trend, change: Change) -> int:
    """1 worse, -1 better, by the important change or more; 0 neither, or not known."""
    worse = trend.measure.worse(change.points)
    return 0 if not change.important else 1 if worse > 0 else -1


def _said(way: int) -> str:
    return {1: "worse", -1: "better", 0: "not clearly changed"}[way]
