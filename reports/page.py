"""One patient's page as plain text and numbers: the same for the screen, the PDF and the JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any

from reports import wording
from reports.answer_rows import row_groups
from reports.banner import banner
from reports.beside import BesideRow, beside_rows
from reports.charts import Chart, Sparkline, build_chart, build_sparkline
from reports.charts.axis import Days
from reports.charts.legend import legend
from reports.charts.scene import Line
from reports.evidence import Case, Column, Rule, weigh
from reports.evidence.columns import Evidence, NotMet
from reports.evidence.harms import harm_rows
from reports.evidence.taper import stated_rescue
from reports.facts import CourseFacts
from reports.footer import footer, versions
from reports.freshness import Freshness, freshness_of
from reports.header import AlertLine, Figure, header_figures, standing_rows
from reports.headline import Attention, attention_of, sentence
from reports.history import Block, last_decision, restated_and_missing, since_last_report
from reports.last_forms import FormsTable, forms_table
from reports.other_scales import (
    columns_beside,
    disagreement,
    other_group,
    other_rows,
    other_trends,
    other_way,
)
from reports.ratings import rated_block, rated_group
from reports.tables import (
    IntervalRow,
    ValueRow,
    interval_findings,
    interval_note,
    interval_rows,
    interval_scale,
    interval_title,
    value_rows,
)
from reports.trace import Traced, told_once, trace
from reports.trends import Trend, course_trends, measure_of
from surveys.instrument import Instrument

__all__ = [
    "AlertLine",
    "Figure",
    "ReportPage",
    "as_plain",
    "build_page",
    "build_pages",
    "page_as_dict",
    "read_case",
]

# States of the early rules that look at 20 % below baseline.
EARLY = {"fires", "waiting", "esketamine_none"}
OTHER_PEOPLE = "The studies are of people with depression; none was read on"
OPTION_WORDS = {
    "continue": "treat on, at this interval or closer",
    "taper": "lengthen the interval",
    "stop": "end the course, with a plan for what follows",
}
EVIDENCE_NOTE = (
    "Fixed order, nothing ranked. Percentages describe the people studied, not this patient’s "
    "chances. † opinion, or carried over; not validated on this scale."
)


@dataclass(frozen=True)
class OptionText:
    """A column with its heading."""

    title: str
    subtitle: str
    column: Column


@dataclass(frozen=True)
class ReportPage:
    """Everything the page says. `needed_by_all`: not met in each option alike, and printed once.
    `sources` are the responses it rests on, by id; `traced` says of each sentence which of them,
    which questionnaire and which rule, with their versions. `rescue`: the score that would end a
    longer interval, kept with a decision for one."""

    patient: str
    initials: str
    clinic: str
    indication: str
    number: int
    as_of: datetime
    known_at: datetime
    zone: str
    as_of_text: str
    freshness: Freshness
    figures: tuple[Figure, ...]
    alert: AlertLine
    sentence: str
    standing: tuple[tuple[str, str], ...]
    chart: Chart
    chart_note: str
    beside: tuple[BesideRow, ...]
    values: tuple[ValueRow, ...]
    interval_days: int
    interval_title: str
    intervals: tuple[IntervalRow, ...]
    interval_findings: str
    interval_note: str
    forms: FormsTable
    evidence_note: str
    disagreement: str
    options: tuple[OptionText, ...]
    needed_by_all: tuple[NotMet, ...]
    blocks: tuple[Block, ...]
    footer: tuple[str, str, str]
    sparkline: Sparkline
    attention: Attention
    versions: Mapping[str, int]
    rules: tuple[str, ...]
    sources: tuple[str, ...]
    rescue: float | None
    traced: tuple[Traced, ...] = ()


def build_page(
    facts: CourseFacts, instruments: Mapping[str, Instrument], rules: Sequence[Rule]
) -> ReportPage:
    """The page of one course. Pure: the same facts, instruments and rules give the same page."""
    return next(build_pages([facts], instruments, rules))


def build_pages(
    courses: Sequence[CourseFacts], instruments: Mapping[str, Instrument], rules: Sequence[Rule]
) -> Iterator[ReportPage]:
    """The page of each course in turn; their trends are computed together, which is faster."""
    for case in read_cases(courses, instruments):
        page = _page(case, instruments, rules)
        yield replace(page, traced=trace(vars(page), case.facts, rules))


def _page(case: Case, instruments: Mapping[str, Instrument], rules: Sequence[Rule]) -> ReportPage:
    facts, instrument = case.facts, instruments[case.facts.primary]
    others = other_trends(case, instruments)
    evidence = weigh(case, rules, others)
    chart = _chart(case, evidence, others, instruments)
    columns = columns_beside(evidence.columns, case, others)
    return ReportPage(
        patient=facts.patient,
        initials=facts.initials,
        clinic=facts.clinic,
        indication=facts.indication,
        number=facts.report_number,
        as_of=facts.as_of,
        known_at=facts.known_at,
        zone=facts.zone,
        as_of_text=f"data as of {wording.moment(facts.as_of, facts.zone)}",
        freshness=freshness_of(case, rules),
        figures=header_figures(case, evidence),
        alert=banner(case, evidence, instruments),
        sentence=f"{sentence(case, evidence)} {other_way(case, others)}".strip(),
        standing=standing_rows(case, evidence) + other_rows(case, others),
        chart=chart,
        chart_note=legend(chart, case.trend.measure),
        beside=beside_rows(facts),
        values=value_rows(case),
        interval_days=interval_scale(case),
        interval_title=interval_title(case),
        intervals=interval_rows(case),
        interval_findings=interval_findings(case),
        interval_note=interval_note(case),
        forms=forms_table(case, instrument),
        evidence_note=_evidence_note(case, evidence, rules),
        disagreement=disagreement(case, others, evidence.beside_marks),
        options=_options(columns),
        needed_by_all=_needed_by_all(columns),
        blocks=_blocks(case, evidence, instruments),
        footer=footer(facts, instruments, rules),
        sparkline=build_sparkline(case, chart),
        attention=attention_of(case, evidence),
        versions=versions(facts, instruments, rules),
        rules=evidence.speaking,
        sources=_sources(facts),
        rescue=stated_rescue(case)[0],
    )


def _chart(
    case: Case,
    evidence: Evidence,
    others: Sequence[Trend],
    instruments: Mapping[str, Instrument],
) -> Chart:
    day = Days(case)
    groups = other_group(case, others, day)
    groups += row_groups(case, instruments[case.facts.primary], day)
    groups += rated_group(case, instruments, day)
    return build_chart(case, day, _rule_lines(case, evidence), groups)


def _options(columns: Sequence[Column]) -> tuple[OptionText, ...]:
    return tuple(
        OptionText(column.option.capitalize(), OPTION_WORDS[column.option], column)
        for column in columns
    )


def _needed_by_all(columns: Sequence[Column]) -> tuple[NotMet, ...]:
    first, *others = (column.not_met for column in columns)
    return tuple(need for need in first if all(need in other for other in others))


def _blocks(
    case: Case, evidence: Evidence, instruments: Mapping[str, Instrument]
) -> tuple[Block, ...]:
    return (
        since_last_report(case, evidence),
        restated_and_missing(case),
        last_decision(case),
        *rated_block(case, instruments),
    )


def _sources(facts: CourseFacts) -> tuple[str, ...]:
    """Every answer the page may have read."""
    return tuple(
        form.response_id
        for form in facts.forms
        if form.response_id and form.answered_at <= facts.as_of
    )


def read_case(facts: CourseFacts, instruments: Mapping[str, Instrument]) -> Case:
    """A course laid out for the rules."""
    return read_cases([facts], instruments)[0]


def read_cases(
    courses: Sequence[CourseFacts], instruments: Mapping[str, Instrument]
) -> tuple[Case, ...]:
    """Many courses laid out for the rules, their trends computed together."""
    measures = {name: measure_of(instruments[name]) for name in {c.primary for c in courses}}
    trends = course_trends([(facts, measures[facts.primary]) for facts in courses])
    words = _item_words(instruments)
    return tuple(
        Case(facts=facts, trend=trend, harms=harm_rows(facts, instruments), item_words=words)
        for facts, trend in zip(courses, trends, strict=True)
    )


def _item_words(instruments: Mapping[str, Instrument]) -> tuple[str, ...]:
    if "phq9" not in instruments:
        return ()
    return tuple(option.label.lower() for option in instruments["phq9"].item("9").options)


def page_as_dict(page: ReportPage) -> dict[str, Any]:
    """The page as JSON knows it: instants as ISO 8601 text, the answers that sentences rest on told
    once (`told_once`), everything else as it is."""
    plain: dict[str, Any] = as_plain(replace(page, traced=()))
    return plain | told_once(page.traced)


def as_plain(value: Any) -> Any:
    """Any part of a page in the values of JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): as_plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [as_plain(part) for part in value]
    return value


def _rule_lines(case: Case, evidence: Evidence) -> tuple[Line, ...]:
    """The −20 % line, only where an early rule uses it."""
    baseline = case.trend.baseline
    if baseline is None or not {evidence.state("I1"), evidence.state("I2")} & EARLY:
        return ()
    way = -0.2 if case.trend.measure.higher_is_worse else 0.2
    at = baseline.value * (1 + way)
    return (Line(at, f"{'−' if way < 0 else '+'}20 %: {wording.fixed(at)}", "mixed"),)


def _evidence_note(case: Case, evidence: Evidence, rules: Sequence[Rule]) -> str:
    enough, measure = evidence.sufficiency, case.trend.measure
    if enough.state != "not_interpretable":
        studied = any(measure.id in rule.published_on for rule in rules)
        return EVIDENCE_NOTE if studied else f"{EVIDENCE_NOTE} {OTHER_PEOPLE} {measure.title}."
    return (
        f"Rule D0†: {enough.text}. Safety and harm are still shown; nothing else is read from "
        "these scores."
    )
