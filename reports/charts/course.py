"""The chart of one course, put together from its trend, its sessions and its rows of answers."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from reports import wording
from reports.charts.axis import Days, months
from reports.charts.described import described, with_beside
from reports.charts.scene import Chart, Dot, Group, LevelDot, Line, Span, Sparkline
from reports.charts.sessions import apart, doses, so_far, ticks
from reports.charts.stretches import stretches
from reports.evidence.case import Case
from reports.trends import Trend
from reports.trends.course import undelivered


def build_chart(
    case: Case, day: Days, extra_lines: tuple[Line, ...], groups: tuple[Group, ...]
) -> Chart:
    """The chart of one course. `extra_lines` are those a speaking rule asks for."""
    facts, trend = case.facts, case.trend
    measure = trend.measure
    return Chart(
        name=measure.title,
        title=f"{measure.title} {measure.score_word}, {measure.low}–{measure.high}.",
        direction="Higher is worse ↑" if measure.higher_is_worse else "Higher is better ↑",
        starts=day.starts,
        days=day(day.ends),
        today=day(facts.as_of),
        today_label=f"data to {wording.day(facts.as_of, facts.zone)}",
        low=measure.low,
        high=measure.high,
        bands=measure.bands,
        lines=reference_lines(trend) + extra_lines,
        level=_level(trend, day),
        level_label=level_label(trend),
        dots=_dots(trend, day),
        missed=tuple(day(due) for due in trend.missed),
        undelivered=tuple(day(due) for due in undelivered(facts, measure.id)),
        gaps=_gaps(trend, day),
        ticks=ticks(case, day),
        apart=apart(case, day),
        doses=doses(case, day),
        stretches=stretches(facts, day.starts),
        so_far=so_far(case),
        months=months(day.starts, day.ends, facts.zone),
        groups=groups,
        description=with_beside(case),
    )


def reference_lines(trend: Trend) -> tuple[Line, ...]:
    """Baseline, reliable change below it, and half of it."""
    if trend.baseline is None:
        return ()
    measure, value = trend.measure, trend.baseline.value
    better = -1 if measure.higher_is_worse else 1
    lines = [Line(value, f"baseline {wording.fixed(value)}", "long")]
    if measure.reliable is not None:
        at = value + better * measure.reliable
        sign = "−" if better < 0 else "+"
        label = f"{sign}{wording.number(measure.reliable)} points: {wording.fixed(at)}"
        lines.append(Line(at, label, "dots"))
    at = value * (1 + better * measure.response_fraction)
    share = f"{'−' if better < 0 else '+'}{round(measure.response_fraction * 100)} %"
    lines.append(Line(at, f"{share}: {wording.fixed(at)}", "short"))
    return tuple(line for line in lines if measure.low <= line.value <= measure.high)


def _level(trend: Trend, day: Days) -> tuple[LevelDot, ...]:
    """Its interval ends where the scale ends."""
    low, high = trend.measure.low, trend.measure.high
    return tuple(
        LevelDot(day(p.at), p.estimate, max(p.low90, low), min(p.high90, high), p.segment)
        for p in trend.level
    )


def level_label(trend: Trend) -> str:
    if not trend.level:
        return ""
    last, measure = trend.level[-1], trend.measure
    low, high = max(last.low90, measure.low), min(last.high90, measure.high)
    return f"level {wording.fixed(last.estimate)} ({wording.fixed(low)}–{wording.fixed(high)})"


def _dots(trend: Trend, day: Days) -> tuple[Dot, ...]:
    kinds = {flag.at: flag.kind for flag in trend.flags}
    times = [point.at for point in trend.points]
    for earlier, later in pairwise(times):
        if kinds.get(later) == "confirmed":
            kinds[earlier] = "confirmed"
    ends = [
        t
        for t, later in zip(times, [*times[1:], None], strict=False)  # no form: no pair
        if t in kinds and (later is None or kinds.get(later) != "confirmed")
    ]
    latest = times[-1] if times else None
    return tuple(
        Dot(
            day(point.at),
            point.total,
            str(kinds.get(point.at, "")),
            _dot_label(trend.measure.say(point.total), point.at, kinds, ends, latest),
        )
        for point in trend.points
    )


def _dot_label(
    score: str, at: datetime, kinds: Mapping[datetime, object], ends: list[datetime], latest: object
) -> str:
    if at in ends:
        return f"{score} {kinds[at]}"
    return score if at == latest else ""


def _gaps(trend: Trend, day: Days) -> tuple[Span, ...]:
    """Words where the level stops: how many forms are missing, never a guess at their scores."""
    spans = []
    for (left, right), restarts in zip(pairwise(trend.points), trend.restarts[1:], strict=True):
        unanswered = sum(left.at < due < right.at for due in trend.missed)
        if restarts:
            text = f"{wording.plural(unanswered, 'form')} missing" if unanswered else "no forms"
            spans.append(Span(day(left.at), day(right.at), text))
    if trend.points:
        after = [due for due in trend.missed if due > trend.points[-1].at]
        if len(after) > 1:
            text = f"{len(after)} forms missing"
            spans.append(Span(day(trend.points[-1].at), day(after[-1]), text))
    return tuple(spans)


def build_sparkline(case: Case, chart: Chart) -> Sparkline:
    trend = case.trend
    return Sparkline(
        days=chart.days,
        low=chart.low,
        high=chart.high,
        baseline=trend.baseline.value if trend.baseline else None,
        level=chart.level,
        dots=chart.dots,
        missed=chart.missed,
        ticks=tuple(tick.day for tick in chart.ticks if not tick.planned),
        latest=trend.measure.say(trend.latest.total if trend.latest else None),
        description=described(case),
    )
