"""Whether another treatment began in the same weeks, so that the sessions may not be the cause."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reports import wording
from reports.beside import said, short_name
from reports.evidence.case import Case
from reports.evidence.finding import QUIET, Finding, percent_better
from reports.evidence.rules import Rule
from surveys.history import HistoryStatement
from surveys.partial_dates import first_day, last_day


def treated_beside(case: Case, rule: Rule) -> Finding:
    """`antidepressant`, `ect` or `both`, where one of those may have caused an improvement that
    there is; `start_unknown` where nobody recorded when it began."""
    limits, latest = rule.thresholds, case.trend.latest
    if latest is None or not case.done or case.trend.baseline is None:
        return QUIET
    if percent_better(case, latest.total) < limits["improvement_percent"]:
        return QUIET
    entries = [one.told for one in case.facts.history_then if one.told.kind in limits["kinds"]]
    given = [told for told in entries if _still_given(told, case)]
    found = [told for told in given if told.since and _may_have_helped(told, case, rule)]
    kinds = {told.kind for told in found}
    if found:
        return Finding("both" if len(kinds) > 1 else min(kinds), _values(found, case))
    unknown = [told for told in given if not told.since]
    return Finding("start_unknown", _values(unknown, case)) if unknown else QUIET


def _values(found: list[HistoryStatement], case: Case) -> dict[str, str]:
    first = _day(case.done[0].at, case).isoformat()
    return {
        **case.standing,
        "names": wording.listed([short_name(told) for told in found]),
        "entries": "; ".join(map(said, found)),
        "first": wording.partial_date(first),
    }


def _still_given(told: HistoryStatement, case: Case) -> bool:
    """It did not end before session 1, as far as its dates say."""
    return not told.until or last_day(told.until) >= _day(case.done[0].at, case)


def _may_have_helped(told: HistoryStatement, case: Case, rule: Rule) -> bool:
    """It may have begun within the weeks that count, and before the scores had come down."""
    opens = _day(case.done[0].at, case) - timedelta(days=rule.thresholds["days_before"])
    if last_day(told.since) < opens:
        return False
    before = [p for p in case.trend.points if _day(p.at, case) < first_day(told.since)]
    improved = rule.thresholds["improvement_percent"]
    return not before or percent_better(case, before[-1].total) < improved


def _day(at: datetime, case: Case) -> date:
    return at.astimezone(ZoneInfo(case.facts.zone)).date()
