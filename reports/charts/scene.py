"""What the chart shows, in days and points: no pixels yet, so that every size shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from textwrap import wrap
from zoneinfo import ZoneInfo

from reports import wording
from reports.charts.described import described, with_beside
from reports.charts.stretches import Stretch, stretches
from reports.evidence.case import Case
from reports.trends import Trend
from reports.trends.course import undelivered

# Neighbouring sessions nearer than this are one group on the "days apart" row: an induction.
GROUP_BELOW_DAYS = 10
NOT_ASKED = "Not asked"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """A reference line: `style` long, dots or short says which dash it is drawn with."""

    value: float
    label: str
    style: str


@dataclass(frozen=True)
class Dot:
    day: float
    score: float
    ring: str
    label: str


@dataclass(frozen=True)
class LevelDot:
    day: float
    estimate: float
    low: float
    high: float
    segment: int


@dataclass(frozen=True)
class Tick:
    day: float
    number: int
    planned: bool


@dataclass(frozen=True)
class Span:
    """A stretch of days with words over it."""

    start: float
    end: float
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Mark:
    """One answer in a row: `kind` is answer, missed or declined."""

    day: float
    value: int
    kind: str


@dataclass(frozen=True)
class Row:
    title: str
    height: int
    marks: tuple[Mark, ...]
    latest: str
    strong: bool

    @property
    def only_0(self) -> bool:
        """Answered every time it was asked, and each time with 0."""
        return bool(self.marks) and all(m.kind == "answer" and m.value == 0 for m in self.marks)


@dataclass(frozen=True)
class Group:
    """Rows under one title. `shared`: lines that several rows share, each with the name
    it begins with, or none where it goes on from the line above. `foldable`: rows may do so.
    `tall`: their columns are scores, not single answers."""

    title: str
    rows: tuple[Row, ...]
    shared: tuple[tuple[str, str], ...] = ()
    foldable: bool = False
    tall: bool = False

    def folded(self, letters: int, *, always_0: bool) -> "Group":
        """The same, rows never asked about taken together, and those always answered 0 if asked;
        on lines of so many letters."""
        if not self.foldable:
            return self
        never = [row for row in self.rows if not row.marks and row.latest == "not asked"]
        calm = [row for row in self.rows if always_0 and row.only_0]
        rows = tuple(row for row in self.rows if row not in never and row not in calm)
        shared = _lines("Always 0", [f"{row.title} ({row.latest})" for row in calm], letters)
        shared += _lines(NOT_ASKED, [row.title for row in never], letters)
        return replace(self, rows=rows, shared=shared)


def _lines(name: str, parts: list[str], letters: int) -> tuple[tuple[str, str], ...]:
    found = wrap("; ".join(parts), letters)
    return tuple((name if number == 0 else "", line) for number, line in enumerate(found))


@dataclass(frozen=True)
class Chart:
    """`title` begins with the questionnaire's `name`. Days count from `starts`; the axis runs from
    0 to `days`, and data end at `today`. Of the `missed` forms, which were `undelivered`."""

    name: str
    title: str
    direction: str
    starts: datetime
    days: float
    today: float
    today_label: str
    low: int
    high: int
    bands: tuple[tuple[int, int, str], ...]
    lines: tuple[Line, ...]
    level: tuple[LevelDot, ...]
    level_label: str
    dots: tuple[Dot, ...]
    missed: tuple[float, ...]
    undelivered: tuple[float, ...]
    gaps: tuple[Span, ...]
    ticks: tuple[Tick, ...]
    apart: tuple[Span, ...]
    doses: tuple[Span, ...]
    stretches: tuple[Stretch, ...]
    so_far: str
    months: tuple[tuple[float, str], ...]
    groups: tuple[Group, ...]
    description: str


class Days:
    """The time axis of one course: days since its left edge, to a hundredth (15 minutes).

    A check after a session stands in every row of harms: its day is worked out once.
    """

    def __init__(self, case: Case) -> None:
        self.starts, self.ends = _span(case)
        self._known: dict[datetime, float] = {}

    def __call__(self, at: datetime) -> float:
        found = self._known.get(at)
        if found is None:
            found = self._known[at] = round((at - self.starts) / DAY, 2)
        return found


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
        level=tuple(
            LevelDot(
                day(p.at),
                p.estimate,
                max(p.low90, measure.low),
                min(p.high90, measure.high),
                p.segment,
            )
            for p in trend.level
        ),
        level_label=level_label(trend),
        dots=_dots(trend, day),
        missed=tuple(day(due) for due in trend.missed),
        undelivered=tuple(day(due) for due in undelivered(facts, measure.id)),
        gaps=_gaps(trend, day),
        ticks=_ticks(case, day),
        apart=_apart(case, day),
        doses=_doses(case, day),
        stretches=stretches(facts, day.starts),
        so_far=_so_far(case),
        months=_months(day.starts, day.ends, facts.zone),
        groups=groups,
        description=with_beside(case),
    )


def _span(case: Case) -> tuple[datetime, datetime]:
    facts = case.facts
    times = [p.at for p in case.trend.points] + [s.at for s in facts.done] + list(case.trend.missed)
    first = min(times, default=facts.as_of - timedelta(days=28))
    nearest = [s.at for s in facts.planned if s.at < facts.as_of + timedelta(days=35)]
    last = max([facts.as_of, *nearest])
    room = max((last - first) * 0.03, timedelta(days=2))
    return first - room, last + room


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


def _ticks(case: Case, day: Days) -> tuple[Tick, ...]:
    done = case.done
    planned = [s for s in case.facts.planned if s.at < case.facts.as_of + timedelta(days=35)]
    return tuple(
        Tick(day(session.at), number, session.status == "planned")
        for number, session in enumerate([*done, *planned], 1)
    )


def _apart(case: Case, day: Days) -> tuple[Span, ...]:
    """Days between sessions; close ones in one group, so that an induction reads "3–4"."""
    spans: list[Span] = []
    close: list[tuple[datetime, datetime]] = []
    for left, right in pairwise([session.at for session in case.done]):
        if right - left < timedelta(days=GROUP_BELOW_DAYS):
            close.append((left, right))
            continue
        spans += _group(close, day)
        close = []
        length = round((right - left) / DAY)
        spans.append(Span(day(left), day(right), str(length)))
    spans += _group(close, day)
    return tuple(_strong_last_change(spans))


def _group(close: list[tuple[datetime, datetime]], day: Days) -> list[Span]:
    if not close:
        return []
    lengths = sorted({round((b - a) / DAY) for a, b in close})
    text = str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]}–{lengths[-1]}"
    return [Span(day(close[0][0]), day(close[-1][1]), text)]


def _strong_last_change(spans: list[Span]) -> list[Span]:
    """The newest length in bold when it differs from the one before it."""
    if len(spans) < 2 or spans[-1].text == spans[-2].text:
        return spans
    last = spans[-1]
    return [*spans[:-1], Span(last.start, last.end, last.text, True)]


def _doses(case: Case, day: Days) -> tuple[Span, ...]:
    """Runs of one dose in mg/kg; a change of dose is a confounder and is drawn where it acts."""
    runs: list[tuple[float, datetime, datetime]] = []
    for session in case.done:
        dose = session.dose_mg_per_kg
        if dose is None:
            continue
        if runs and runs[-1][0] == dose:
            runs[-1] = (dose, runs[-1][1], session.at)
        else:
            runs.append((dose, session.at, session.at))
    return tuple(
        Span(day(first), day(last), wording.number(dose, 2), number > 0)
        for number, (dose, first, last) in enumerate(runs)
    )


def _so_far(case: Case) -> str:
    if not case.done:
        return ""
    return f"{round(case.age_days(case.done[-1].at))} so far"


def _months(starts: datetime, ends: datetime, zone: str) -> tuple[tuple[float, str], ...]:
    """First days of months inside the axis, the first with its year."""
    local = starts.astimezone(ZoneInfo(zone))
    year, month = local.year, local.month
    found: list[tuple[float, str]] = [(0.0, f"{wording.MONTHS[month - 1]} {year}")]
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
        if first >= ends:
            return tuple(found)
        label = wording.MONTHS[month - 1] + (f" {year}" if month == 1 else "")
        found.append(((first - starts) / DAY, label))


@dataclass(frozen=True)
class Sparkline:
    """The same grammar at row size: baseline, level, dots, missing, sessions, latest score."""

    days: float
    low: int
    high: int
    baseline: float | None
    level: tuple[LevelDot, ...]
    dots: tuple[Dot, ...]
    missed: tuple[float, ...]
    ticks: tuple[float, ...]
    latest: str
    description: str


def build_sparkline(case: Case, chart: Chart, day: Days) -> Sparkline:
    trend = case.trend
    return Sparkline(
        days=chart.days,
        low=chart.low,
        high=chart.high,
        baseline=trend.baseline.value if trend.baseline else None,
        level=tuple(
            LevelDot(day(p.at), p.estimate, p.low90, p.high90, p.segment) for p in trend.level
        ),
        dots=chart.dots,
        missed=chart.missed,
        ticks=tuple(tick.day for tick in chart.ticks if not tick.planned),
        latest=trend.measure.say(trend.latest.total if trend.latest else None),
        description=described(case),
    )
