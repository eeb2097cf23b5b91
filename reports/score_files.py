"""Plain files of scores and sessions as courses, and each course's trend as one JSON object."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reports.evidence import Case, Rule, weigh
from reports.evidence.columns import Evidence
from reports.facts import CourseFacts, FormFact, SessionFact
from reports.page import read_case
from reports.trends import Flag, Interval
from surveys.exchange.cells import (
    decimal,
    instant,
    moment,
    one_of,
    optional,
    required,
    text,
    whole,
)
from surveys.exchange.sessions import HIGHEST_DOSE, LOWEST_DOSE, STATUSES
from surveys.exchange.table import BadCell, Line, Problem, Sheet, cells_of, read, repeated
from surveys.instrument import Instrument

SCORE_COLUMNS = ("patient_id", "instrument", "answered_at", "total")
SESSION_COLUMNS = ("patient_id", "session_at", "status")
# A file of scores names no zone; a time without an offset is read as UTC, for all rows alike.
ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Series:
    """One patient's scores on one instrument; `stated` holds each instant as it was written."""

    patient: str
    instrument: str
    forms: tuple[FormFact, ...]
    stated: Mapping[datetime, str]


@dataclass(frozen=True)
class ScoreFiles:
    """Everything read, or every problem found; one excludes the other."""

    series: tuple[Series, ...]
    sessions: Mapping[str, tuple[SessionFact, ...]]
    sessions_given: bool
    problems: tuple[Problem, ...]


def read_files(
    scores: tuple[str, bytes],
    sessions: tuple[str, bytes] | None,
    instruments: Mapping[str, Instrument],
) -> ScoreFiles:
    """Each file as its name and bytes. With any problem there is nothing but problems."""
    series, problems = _series(read(*scores), instruments)
    given: Mapping[str, tuple[SessionFact, ...]] = {}
    if sessions is not None:
        given, more = _sessions(read(*sessions))
        problems += more
    if problems:
        return ScoreFiles((), {}, sessions is not None, tuple(sorted(problems)))
    return ScoreFiles(series, given, sessions is not None, ())


def _series(
    sheet: Sheet, instruments: Mapping[str, Instrument]
) -> tuple[tuple[Series, ...], list[Problem]]:
    problems = [*sheet.problems, *_missing_columns(sheet, SCORE_COLUMNS)]
    if problems and not set(SCORE_COLUMNS) <= set(sheet.header):
        return (), problems
    scored = sorted(name for name, one in instruments.items() if one.scored)
    parsers = {
        "patient_id": required(text(40), "Write whose score this is."),
        "instrument": required(one_of(scored, "instrument with a score"), "Write which one."),
        "answered_at": required(day_or_moment, "Write when it was answered, like 2026-03-14."),
    }
    rows, keys = [], []
    for line in sheet.lines():
        values, refused = cells_of(line, parsers)
        total = None if refused else _total(line, instruments[values["instrument"]], refused)
        problems += refused
        if not refused:
            keys.append((line, (values["patient_id"], values["instrument"], values["answered_at"])))
            rows.append((values, line, total))
    problems += repeated(keys, "answered_at", "the same form")
    return _grouped(rows, instruments), problems


def _total(line: Line, instrument: Instrument, refused: list[Problem]) -> int | None:
    """The score, None where the cell is blank; a problem is added where it cannot be one."""
    cell = line.cells["total"]
    assert instrument.score_range is not None
    try:
        return whole(*instrument.score_range, f"({instrument.short_title})")(cell) if cell else None
    except BadCell as bad:
        refused.append(line.problem("total", bad.message, bad.fix))
        return None


def _grouped(
    rows: Sequence[tuple[dict[str, Any], Line, int | None]], instruments: Mapping[str, Instrument]
) -> tuple[Series, ...]:
    forms: dict[tuple[str, str], list[FormFact]] = defaultdict(list)
    stated: dict[tuple[str, str], dict[datetime, str]] = defaultdict(dict)
    for values, line, total in rows:
        key = values["patient_id"], values["instrument"]
        at = values["answered_at"]
        version = instruments[key[1]].version
        forms[key].append(FormFact(f"{line.number}", key[1], version, at, total, total_only=True))
        stated[key][at] = line.cells["answered_at"]
    return tuple(
        Series(patient, instrument, tuple(forms[patient, instrument]), stated[patient, instrument])
        for patient, instrument in sorted(forms)
    )


def _sessions(sheet: Sheet) -> tuple[Mapping[str, tuple[SessionFact, ...]], list[Problem]]:
    problems = [*sheet.problems, *_missing_columns(sheet, SESSION_COLUMNS)]
    if problems and not set(SESSION_COLUMNS) <= set(sheet.header):
        return {}, problems
    known: dict[str, Any] = {
        "patient_id": required(text(40), "Write whose session this is."),
        "session_at": required(day_or_moment, "Write when it was, like 2026-03-14T14:00."),
        "status": required(one_of(STATUSES, "status"), f"Write one of: {', '.join(STATUSES)}."),
        "route": text(40),
        "dose_mg_per_kg": optional(_dose, None),
        "duration_minutes": optional(whole(1, 24 * 60, "minutes"), None),
    }
    parsers = {name: parse for name, parse in known.items() if name in sheet.header}
    found: dict[str, list[SessionFact]] = defaultdict(list)
    for line in sheet.lines():
        values, refused = cells_of(line, parsers)
        problems += refused
        if not refused:
            patient, at = values.pop("patient_id"), values.pop("session_at")
            found[patient].append(SessionFact(f"{line.number}", at, **values))
    return {patient: tuple(rows) for patient, rows in found.items()}, problems


def _dose(cell: str) -> float:
    fix = "Check the unit: mg per kg of body weight."
    return float(decimal(LOWEST_DOSE, HIGHEST_DOSE, 3, "mg/kg", fix)(cell))


def _missing_columns(sheet: Sheet, columns: Sequence[str]) -> Iterator[Problem]:
    if not sheet.readable:
        return
    for name in columns:
        if name not in sheet.header:
            fix = f"The header row needs {', '.join(columns)}."
            yield Problem(sheet.file, sheet.header_line, name, "is missing", fix)


def day_or_moment(cell: str) -> datetime:
    """An ISO date (its first instant) or date and time; without an offset it is read as UTC."""
    return instant(moment(cell if len(cell) > 10 else f"{cell}T00:00"), ZONE)


def trend_of(
    series: Series,
    files: ScoreFiles,
    instruments: Mapping[str, Instrument],
    rules: Sequence[Rule],
) -> dict[str, Any]:
    """One line of the trends file; instants are given back as they were written."""
    case = read_case(_course(series, files), instruments)
    evidence = weigh(case, rules)
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
        "level": _level(case),
        "flags": [_flag(flag, series) for flag in trend.flags],
        "intervals": [_interval(interval) for interval in trend.intervals],
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
    return {"value": found.total, "answered_at": series.stated[found.at]}


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
        "score": flag.score,
        "reference": round(flag.reference, 2),
        "reference_scores": list(flag.reference_scores),
        "threshold": flag.threshold,
    }
    answered = series.stated[flag.at]
    return {"rule": flag.rule, "kind": flag.kind, "answered_at": answered, "inputs": inputs}


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "number": interval.number,
        "since": interval.since.isoformat(),
        "until": interval.until.isoformat() if interval.until else None,
        "days": interval.days,
        "dose_mg_per_kg": interval.dose,
        "start": interval.start,
        "end": interval.end,
        "rebound_per_week": None if interval.rebound is None else round(interval.rebound, 2),
    }
