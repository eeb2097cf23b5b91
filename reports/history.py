"""What changed since the last report, what was corrected or is missing, and the last decision."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from reports import wording
from reports.beside import said
from reports.evidence import Case
from reports.evidence.case import RUNG_TOLERANCE_DAYS
from reports.evidence.columns import Evidence
from reports.facts import DecisionFact, PreviousReport
from reports.restated import restatements
from reports.trends.course import MISSED_STATES

# Of the forms missing for one cause; the chart marks them all.
DAYS_NAMED = 6
# Between two forms: a reader asks what became of the forms in between.
LONG_GAP_DAYS = 28
SETTLED = ("answered", "cancelled", "superseded")
CAUSES = {"expired": "no answer", "unreachable": "could not be delivered"}


@dataclass(frozen=True)
class Block:
    title: str
    lines: tuple[str, ...]


def since_last_report(case: Case, evidence: Evidence) -> Block:
    """Forms and rules that are new; rules that no longer speak."""
    previous = case.facts.previous
    if previous is None:
        return Block("Since the last report", ("This is the first report of this course.",))
    lines = [_new_forms(case, previous)]
    lines += _beside(case, previous)
    item_nine = _item_nine(case, previous)
    lines += [item_nine] if item_nine else []
    came = [mark for mark in evidence.speaking if mark not in previous.rules]
    went = [mark for mark in previous.rules if mark not in evidence.speaking]
    if came:
        lines.append(f"{wording.listed(came)} now {'speak' if len(came) > 1 else 'speaks'}.")
    if went:
        lines.append(f"{wording.listed(went)} no longer {'speak' if len(went) > 1 else 'speaks'}.")
    if not came and not went:
        lines.append("The same rules speak as then.")
    return Block(f"Since report {previous.number}", tuple(lines))


def _new_forms(case: Case, previous: PreviousReport) -> str:
    new = [p for p in case.trend.points if p.response_id not in previous.forms]
    if not new:
        return "No form added."
    totals = wording.listed([case.trend.measure.say(point.total) for point in new], "then")
    return (
        f"{wording.word(len(new)).capitalize()} form{'s' if len(new) > 1 else ''} added: {totals}."
    )


def _beside(case: Case, previous: PreviousReport) -> list[str]:
    """Other treatments and substances that began or ended since."""
    then = {one.key: one.told for one in case.facts.history_on(previous.as_of)}
    now = {one.key: one.told for one in case.facts.history_then if not one.told.none}
    began = [f"Begun: {said(told)}." for key, told in now.items() if key not in then]
    ended = [f"Ended: {said(told)}." for key, told in now.items() if then.get(key, told) != told]
    return began + ended


def _item_nine(case: Case, previous: PreviousReport) -> str:
    then = [value for form, value in case.self_harm if form.answered_at <= previous.as_of]
    now = [value for _, value in case.self_harm]
    if not then or not now or len(now) == len(then) or then[-1] == now[-1]:
        return ""
    return f"Item 9: {then[-1]} to {now[-1]}."


def restated_and_missing(case: Case) -> Block:
    """Corrections to what the last report showed, every missing form by its cause, and how many
    harms no form ever asked about: a form that was never sent is not missing, and tells nothing."""
    restated = (one.text for one in restatements(case.facts))
    missing = _missing(case) or [_none_missing(case)]
    return Block("Restated and missing", (*restated, *missing, *_never_asked(case)))


def _none_missing(case: Case) -> str:
    """Where a long gap lies between two forms, that none was due in it."""
    if case.facts.occurrences is None:
        return "What was sent is not known."
    times = [point.at for point in case.trend.points]
    longest = max(pairwise(times), key=lambda pair: case.facts.days_between(*pair), default=None)
    if longest is None or case.facts.days_between(*longest) <= LONG_GAP_DAYS:
        return "No form missing."
    if any(longest[0] < due < longest[1] for due in _unanswered(case)):
        return "No form missing."
    since, until = (wording.dated(at, case.facts.zone, case.facts.as_of) for at in longest)
    return f"No form missing: between {since} and {until} none was due."


def _unanswered(case: Case) -> Iterator[datetime]:
    """When forms of the page's questionnaire fell due that were neither answered nor called off."""
    for one in case.facts.occurrences or ():
        if case.trend.measure.id in one.instruments and one.state not in SETTLED:
            yield one.due_at


def _never_asked(case: Case) -> tuple[str, ...]:
    unasked = sum(not row.answers for row in case.harms)
    return (f"Never asked: {unasked} of {len(case.harms)} harms.",) if unasked else ()


def _missing(case: Case) -> list[str]:
    by_cause: dict[str, list[datetime]] = defaultdict(list)
    facts = case.facts
    for occurrence in facts.occurrences or ():
        if occurrence.due_at > facts.as_of or case.trend.measure.id not in occurrence.instruments:
            continue
        if occurrence.state in MISSED_STATES or occurrence.state == "skipped":
            cause = CAUSES.get(
                occurrence.state, f"not sent ({occurrence.reason or 'no reason kept'})"
            )
            if occurrence.state == "unreachable" and occurrence.reason:
                cause = occurrence.reason.replace("_", " ")
            by_cause[cause].append(occurrence.due_at)
    return [f"Missing, {cause}: {_latest(due, case)}." for cause, due in sorted(by_cause.items())]


def _latest(due: list[datetime], case: Case) -> str:
    """The newest days, and how many came before them."""
    earlier = len(due) - DAYS_NAMED
    named = wording.days(sorted(due)[-DAYS_NAMED:], case.facts.zone, case.facts.as_of)
    return f"{named}; {earlier} before" if earlier > 0 else named


def last_decision(case: Case) -> Block:
    """What was chosen and why, when it is to be looked at again, and what followed."""
    decisions = case.facts.decisions
    if not decisions:
        return Block("Last decision, and after", ("None recorded in this course.",))
    last = decisions[-1]
    when = wording.dated(last.decided_at, case.facts.zone, case.facts.as_of)
    text = f"{when}, {last.by}: {_chosen(last, case)}. “{last.reason}”"
    return Block("Last decision, and after", (text, _review(last, case), _followed(last, case)))


def _chosen(decision: DecisionFact, case: Case) -> str:
    if not decision.interval_days:
        return decision.option
    booked = _booked_otherwise(decision.interval_days, case)
    return f"{decision.option} to {decision.interval_days} days{booked}"


def _booked_otherwise(agreed: int, case: Case) -> str:
    """That the next session is booked at another interval than was agreed, where it is: by more
    than the days within which two intervals count as one."""
    if not case.facts.planned or not case.done:
        return ""
    days = case.facts.days_between(case.done[-1].at, case.facts.planned[0].at)
    return f" (next booked at {days})" if abs(days - agreed) > RUNG_TOLERANCE_DAYS else ""


def _review(decision: DecisionFact, case: Case) -> str:
    """The day agreed for the next look, and how far off it is on the patient's calendar."""
    if decision.review_on is None:
        return "No day was agreed for the next review."
    today = case.facts.as_of.astimezone(ZoneInfo(case.facts.zone)).date()
    left = (decision.review_on - today).days
    agreed = f"Next review agreed for {wording.calendar_day(decision.review_on)}"
    if left == 0:
        return f"{agreed}: today."
    away = wording.plural(abs(left), "day")
    return f"{agreed}: in {away}." if left > 0 else f"{agreed}: {away} ago."


def _followed(decision: DecisionFact, case: Case) -> str:
    """Scores, forms missed, sessions and alerts since: what came after, not because of it."""
    since, trend = decision.decided_at, case.trend
    scores = [trend.measure.say(point.total) for point in trend.points if point.at > since]
    missed = sum(due > since for due in trend.missed)
    sessions = sum(session.at > since for session in case.done)
    alerts = sum(alert.raised_at > since for alert in case.facts.alerts)
    parts = [f"{trend.measure.title} {', '.join(scores)}" if scores else "no form"]
    parts += [f"{wording.plural(missed, 'form')} missing"] if missed else []
    parts += [wording.plural(sessions, "session")] if sessions else ["no session"]
    parts += [wording.plural(alerts, "alert")] if alerts else []
    return f"Since: {'; '.join(parts)}."
