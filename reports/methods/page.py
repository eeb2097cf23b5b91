"""The methods page as plain text: every number comes from the file or the code that uses it."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports import wording
from reports.cohort import Declared
from reports.evidence import Rule
from reports.evidence.case import RUNG_TOLERANCE_DAYS
from reports.evidence.taper import GAINED_PERCENT, JUDGED_AFTER_DAYS
from reports.facts import Wander
from reports.methods.alarms import flag_chances
from reports.trends import Measure, level, measure_of
from reports.trends.baseline import BASELINE_DAYS
from reports.trends.course import (
    INDUCTION_AT_MOST,
    INDUCTION_BELOW_DAYS,
    INDUCTION_WITHIN_DAYS,
)
from reports.trends.intervals import START_FROM_DAY, START_TO_DAY
from reports.trends.lasting import BEFORE_WITHIN_DAYS, COMPARED
from reports.trends.projection import AT_MOST, LOOKS
from reports.trends.series import PARTIAL_FRACTION
from reports.trends.wander import AT_LEAST, PRIOR_PAIRS
from reports.trends.worsening import STABLE_FORMS
from surveys.instrument import Instrument

SHIPPED = Path(__file__).parents[1] / "methods.toml"
STATUS_WORDS = {
    "published": "published for this scale",
    "translated": "carried over from another scale or drug †",
    "opinion": "expert opinion, not validated †",
}
NUMBERS = (
    ("measurement_error", "standard error of measurement"),
    ("important_change", "important change"),
    ("reliable_change", "reliable change"),
    ("response_fraction", "response, share of baseline"),
    ("remission_below", "remission under"),
    ("cutoff", "cut-off"),
)


@dataclass(frozen=True)
class Formula:
    """`shown_as`: labels on a report that it stands behind."""

    title: str
    text: str
    source: str
    shown_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScaleNumber:
    """One number of a questionnaire, who says so, and who says otherwise."""

    what: str
    value: str
    source: str
    conflict: str


@dataclass(frozen=True)
class Scale:
    title: str
    version: int
    numbers: tuple[ScaleNumber, ...]


@dataclass(frozen=True)
class RuleEntry:
    mark: str
    title: str
    version: int
    status: str
    thresholds: tuple[tuple[str, str], ...]
    reason: str
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ChanceRow:
    """One row of the flags' error rates; chances as printed."""

    what: str
    single: str
    confirmed: str


@dataclass(frozen=True)
class LevelRow:
    """How far levels wander on one questionnaire, and whose forms say so."""

    title: str
    weekly: str
    rests_on: str


@dataclass(frozen=True)
class MethodsPage:
    version: int
    formulas: tuple[Formula, ...]
    scales: tuple[Scale, ...]
    rules: tuple[RuleEntry, ...]
    flags_title: str
    flags_source: str
    flags: tuple[ChanceRow, ...]
    flags_in_use: tuple[ChanceRow, ...]
    levels: tuple[LevelRow, ...]
    cohort: tuple[ScaleNumber, ...]
    limits: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def build_methods(
    instruments: Iterable[Instrument],
    rules: Sequence[Rule],
    declared: Declared,
    wanders: Iterable[Wander] = (),
) -> MethodsPage:
    """Pure: the page of exactly these questionnaires, rules and cohort numbers; `wanders` is what
    was pooled last over this clinic's patients."""
    file = _file()
    scored = [one for one in instruments if one.score_range is not None]
    phq9 = next(one for one in scored if one.id == declared.published_instrument)
    return MethodsPage(
        version=file["version"],
        formulas=tuple(_formula(row, _filled(rules, declared)) for row in file["formula"]),
        scales=tuple(_scale(one) for one in scored),
        rules=tuple(_rule(rule) for rule in rules),
        flags_title=_flags_title(measure_of(phq9), file["flags"]),
        flags_source=file["flags"]["source"],
        flags=tuple(_flag_rows(measure_of(phq9), file["flags"])),
        flags_in_use=tuple(_in_use(file["flags"]["in_use"])),
        levels=tuple(_levels(scored, {one.instrument: one for one in wanders})),
        cohort=tuple(_cohort_numbers(declared)),
        limits=tuple(row["text"] for row in file["limits"]),
        conditions=tuple((row["asks"], row["here"]) for row in file["condition"]),
    )


def _filled(rules: Sequence[Rule], declared: Declared) -> Mapping[str, object]:
    """The numbers of the formulas, from where the reports take them."""
    window = next(rule.thresholds for rule in rules if rule.id == "I3")
    return {
        "baseline_days": BASELINE_DAYS,
        "partial_percent": round(100 * PARTIAL_FRACTION),
        "wander": wording.number(level.WEEKLY_WANDER_IN_ERRORS, 2),
        "shift": wording.number(level.SHIFT_IN_ERRORS, 2),
        "fall": wording.number(level.INDUCTION_FALL_IN_ERRORS, 2),
        "induction_shift": wording.number(level.INDUCTION_SHIFT_IN_ERRORS, 2),
        "prior_pairs": PRIOR_PAIRS,
        "at_least": wording.percent(100 * AT_LEAST),
        "gap_forms": wording.word(level.GAP_FORMS),
        "gap_days": level.GAP_DAYS,
        "stable_forms": wording.word(STABLE_FORMS),
        "before_days": BEFORE_WITHIN_DAYS,
        "compared": wording.word(COMPARED),
        "both": wording.word(2 * COMPARED),
        "rung_days": RUNG_TOLERANCE_DAYS,
        "close_days": INDUCTION_BELOW_DAYS,
        "soon_days": INDUCTION_WITHIN_DAYS,
        "induction_most": wording.word(INDUCTION_AT_MOST),
        "judged_days": JUDGED_AFTER_DAYS,
        "gained_percent": GAINED_PERCENT,
        "looks": wording.word(LOOKS),
        "ahead_days": AT_MOST.days,
        "start_from": START_FROM_DAY,
        "start_to": START_TO_DAY,
        "fewest": wording.word(declared.fewest_for_percent.value),
        "window_from": window["from_day"],
        "window_to": window["to_day"],
    }


def _formula(row: Mapping[str, Any], numbers: Mapping[str, object]) -> Formula:
    return Formula(
        row["title"],
        row["text"].format_map(numbers),
        row["source"].format_map(numbers),
        tuple(row.get("shown_as", ())),
    )


def _scale(instrument: Instrument) -> Scale:
    return Scale(
        instrument.short_title,
        instrument.version,
        tuple(
            ScaleNumber(
                what,
                _number(name, getattr(instrument, name)),
                instrument.sources.get(name, ""),
                instrument.conflicts.get(name, ""),
            )
            for name, what in NUMBERS
            if getattr(instrument, name) is not None
        ),
    )


def _number(name: str, value: float) -> str:
    if name == "response_fraction":
        return wording.percent(100 * value)
    return wording.number(value, 2)


def _rule(rule: Rule) -> RuleEntry:
    said = [(one.source, one.but) for one in rule.statements]
    return RuleEntry(
        mark=rule.mark,
        title=rule.title,
        version=rule.version,
        status=STATUS_WORDS[rule.status],
        thresholds=tuple(
            (name.replace("_", " "), _threshold(value)) for name, value in rule.thresholds.items()
        ),
        reason=rule.reason,
        sources=tuple((source, "" if "{" in but else but) for source, but in dict.fromkeys(said)),
    )


def _threshold(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {least}" for name, least in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _flags_title(measure: Measure, people: Mapping[str, Any]) -> str:
    return (
        f"{measure.title}, a true level of {people['true_level']} that stays, {people['forms']} "
        f"forms; then the same with a true rise of {people['step']} points"
    )


def _flag_rows(measure: Measure, people: Mapping[str, Any]) -> Iterable[ChanceRow]:
    """False alarms against one form and against the mean of three; then what a true rise finds."""
    assert measure.important is not None
    assert measure.reliable is not None
    for reference in (1, STABLE_FORMS):
        against = "one form" if reference == 1 else f"the mean of {wording.word(reference)} forms"
        for threshold in (measure.important, measure.reliable, measure.reliable + 1):
            what = f"False alarm: {wording.number(threshold)} points or more against {against}"
            yield _row(what, measure, people, reference, threshold, people["forms"], 0)
    for threshold in (measure.important, measure.reliable):
        for forms in people["step_within_forms"]:
            what = f"True rise found within {forms} forms: {wording.number(threshold)} points"
            yield _row(what, measure, people, STABLE_FORMS, threshold, forms, people["step"])


def _in_use(rows: Iterable[Mapping[str, Any]]) -> Iterable[ChanceRow]:
    for row in rows:
        yield ChanceRow(row["what"], _chance(row["single"] / 100), _chance(row["confirmed"] / 100))


def _row(
    what: str, measure: Measure, people: Mapping[str, Any], reference: int, threshold: float,
    forms: int, step: int,
) -> ChanceRow:  # fmt: skip
    assert measure.error is not None
    found = flag_chances(
        level=people["true_level"],
        error=measure.error,
        scale=(measure.low, measure.high),
        reference_forms=reference,
        threshold=threshold,
        forms=forms,
        step=step,
    )
    return ChanceRow(what, _chance(found.single), _chance(found.confirmed))


def _chance(share: float) -> str:
    """Small chances with one decimal, so that 0.1 % is not printed as none."""
    percent = 100 * share
    return f"{wording.number(percent)} %" if percent < 10 else wording.percent(percent)


def _levels(instruments: Iterable[Instrument], found: Mapping[str, Wander]) -> Iterable[LevelRow]:
    for one in instruments:
        if one.measurement_error is None:
            continue
        known = found.get(one.id)
        daily = known.daily if known else level.prior_wander(one.measurement_error)
        weekly = f"{_points((7 * daily) ** 0.5, one.score_word)} a week"
        yield LevelRow(one.short_title, weekly, _rests_on(known))


def _points(value: float, score_word: str) -> str:
    """1 point of the mean; 1.8 points of the total."""
    shown = wording.number(value, 2)
    return f"{shown} {'point' if shown == '1' else 'points'} of the {score_word}"


def _rests_on(found: Wander | None) -> str:
    if found is None:
        return "the prior alone: nothing pooled yet"
    share = wording.percent(100 * found.pairs / (found.pairs + PRIOR_PAIRS))
    pairs, people = wording.plural(found.pairs, "pair"), wording.plural(found.patients, "patient")
    when = f"{wording.moment(found.pooled_at, 'UTC')} UTC: " if found.pooled_at else ""
    return f"{when}{pairs} of forms of {people}, {share} of the weight; the rest is the prior"


def _cohort_numbers(declared: Declared) -> Iterable[ScaleNumber]:
    for what, number in (
        ("fewest people for a percentage", declared.fewest_for_percent),
        ("confidence of intervals, percent", declared.confidence_percent),
        ("weeks of forms shown", declared.weeks_shown),
        ("what followed a decision: from day", declared.after_decision_from_day),
        ("what followed a decision: to day", declared.after_decision_to_day),
    ):
        yield ScaleNumber(what, str(number.value), number.source, STATUS_WORDS[number.status])
