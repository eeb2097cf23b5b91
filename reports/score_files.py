"""Each course of a file of scores as one line of the trends file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from reports.evidence import Case, Rule, weigh
from reports.evidence.columns import Evidence
from reports.evidence.taper import Step, taper_steps
from reports.facts import CourseFacts, Wander
from reports.page import read_cases
from reports.score_tables import ScoreFiles, Series
from reports.trends import Flag, Interval, Trend, measure_of
from reports.trends.course import clinic_wander
from reports.trends.lasting import crossed_on_day, effects, lasting
from surveys.instrument import Instrument

# Courses read at once: enough to share the work, few enough to keep memory flat.
TOGETHER = 500


def trends_of(
    files: ScoreFiles, instruments: Mapping[str, Instrument], rules: Sequence[Rule]
) -> Iterator[dict[str, Any]]:
    """One object per series, in the order of the series; each is given when it is asked for."""
    wander = _wander(files, instruments)
    waiting = iter(files.series)
    while series := tuple(islice(waiting, TOGETHER)):
        courses = [replace(_course(s, files), wander=wander[s.instrument]) for s in series]
        cases = read_cases(courses, instruments)
        for one, case in zip(series, cases, strict=True):
            yield _trend(one, case, weigh(case, rules))


def _wander(files: ScoreFiles, instruments: Mapping[str, Instrument]) -> dict[str, Wander | None]:
    """Of each instrument how far a level wanders, pooled over everybody in the files."""
    rows: dict[str, list[Series]] = {}
    for one in files.series:
        rows.setdefault(one.instrument, []).append(one)
    return {
        name: clinic_wander((_course(one, files) for one in row), measure_of(instruments[name]))
        for name, row in rows.items()
    }


def _trend(series: Series, case: Case, evidence: Evidence) -> dict[str, Any]:
    """Instants are given back as they were written."""
    trend = case.trend
    return {
        "patient_id": series.patient,
        "instrument": series.instrument,
        "n": len(trend.points),
        "baseline": _baseline(case, series),
        "latest": _latest(case, series),
        "change": _change(case),
        "outcome": _outcome(case, evidence),
        "remission": trend.remission,
        "overlap_days": trend.overlap_days,
        "reliable_change": _reliable(case),
        "level": _level(case),
        "flags": [_flag(flag, series) for flag in trend.flags],
        "intervals": [_interval(interval, trend) for interval in trend.intervals],
        "effect": _lasting(trend),
        "taper": [_step(step) for step in taper_steps(case)],
        "evidence": {
            column.option: [
                {"rule": s.rule, "version": s.version, "side": side, "claim": s.claim,
                 "inputs": s.inputs, "source": s.source, "but": s.but}
                for side, cell in (("for", column.speaks_for), ("against", column.speaks_against))
                for s in cell.statements
            ]
            for column in evidence.columns
        },
    }  # fmt: skip


def _course(series: Series, files: ScoreFiles) -> CourseFacts:
    """Scores alone: no protocol, nothing known of what was sent, read at the newest instant."""
    sessions = files.sessions.get(series.patient, ())
    times = [form.answered_at for form in series.forms]
    times += [session.at for session in sessions if session.status == "done"]
    return CourseFacts(
        patient=series.patient,
        initials="",
        clinic="",
        indication="",
        protocol_title="",
        protocol_version=0,
        phase="maintenance",
        induction_sessions=None,
        primary=series.instrument,
        forms=series.forms,
        sessions=sessions,
        occurrences=None,
        alerts=(),
        decisions=(),
        as_of=max(times),
        known_at=max(times),
    )


def _lasting(trend: Trend) -> dict[str, Any]:
    found = lasting(trend)
    return {
        "verdict": found.verdict.replace(" ", "_"),
        "why": found.why,
        "last_two": None if found.latest is None else round(found.latest, 2),
        "two_before": None if found.earlier is None else round(found.earlier, 2),
    }


def _step(step: Step) -> dict[str, Any]:
    rescue = None if step.rescue is None else round(step.rescue, 2)
    return {
        "days": step.days,
        "before_days": step.before,
        "since": step.since.isoformat(),
        "rescue_at": rescue,
        "verdict": step.verdict,
    }


def _baseline(case: Case, series: Series) -> dict[str, Any] | None:
    found = case.trend.baseline
    if found is None:
        return None
    answered = [series.stated[at] for at in found.answered_at]
    return {"value": round(found.value, 2), "rule": found.rule, "answered_at": answered}


def _latest(case: Case, series: Series) -> dict[str, Any] | None:
    found = case.trend.latest
    if found is None:
        return None
    return {"value": _score(found.total), "answered_at": series.stated[found.at]}


def _change(case: Case) -> dict[str, Any] | None:
    found = case.trend.change
    if found is None:
        return None
    percent = None if found.percent is None else round(found.percent, 1)
    return {
        "points": round(found.points, 2),
        "percent": percent,
        "important": found.important,
        "reliable": found.reliable,
    }


def _reliable(case: Case) -> dict[str, Any] | None:
    """The rule for reliable change that was gone by, and whose it is."""
    measure = case.trend.measure
    if measure.reliable is None:
        return None
    return {"points": measure.reliable, "source": measure.reliable_source}


def _outcome(case: Case, evidence: Evidence) -> str:
    """D0 has the last word over what the latest score alone would say."""
    state = evidence.sufficiency.state
    return case.trend.outcome if state == "enough" else state


def _level(case: Case) -> dict[str, float] | None:
    if not case.trend.level:
        return None
    last, measure = case.trend.level[-1], case.trend.measure
    return {
        "estimate": round(last.estimate, 2),
        "low90": round(max(last.low90, measure.low), 2),
        "high90": round(min(last.high90, measure.high), 2),
    }


def _flag(flag: Flag, series: Series) -> dict[str, Any]:
    inputs = {
        "score": _score(flag.score),
        "reference": round(flag.reference, 2),
        "reference_scores": [_score(one) for one in flag.reference_scores],
        "threshold": flag.threshold,
    }
    answered = series.stated[flag.at]
    return {"rule": flag.rule, "kind": flag.kind, "answered_at": answered, "inputs": inputs}


def _score(value: float) -> float:
    """Whole totals stay whole numbers; a mean to two decimals."""
    return value if isinstance(value, int) else round(value, 2)


def _interval(interval: Interval, trend: Trend) -> dict[str, Any]:
    crossed = crossed_on_day(interval, trend)
    effect = {one.number: one.change for one in effects(trend)}.get(interval.number)
    return {
        "number": interval.number,
        "since": interval.since.isoformat(),
        "until": interval.until.isoformat() if interval.until else None,
        "days": interval.days,
        "dose_mg_per_kg": interval.dose,
        "start": None if interval.start is None else _score(interval.start),
        "end": None if interval.end is None else _score(interval.end),
        "rebound_per_week": None if interval.rebound is None else round(interval.rebound, 2),
        "crossed_on_day": crossed,
        "effect": None if effect is None else _score(effect),
    }
