"""The induction: too little change early on, none by session 4, and how it ended."""

from collections.abc import Sequence

from reports import wording
from reports.evidence.case import Case
from reports.evidence.finding import (
    QUIET,
    Finding,
    baseline_of,
    improved_score,
    percent_better,
)
from reports.evidence.rules import Rule
from reports.trends import Point
from surveys.planned import LEFT

# By these words, in the title of the protocol or the route of a session, a spray is esketamine. A
# session "intranasal" names no drug: what needs its full four weeks is not cut short on a guess.
ESKETAMINE = ("esketamine", "spravato")
NASAL = "nasal"


def early_non_improvement(case: Case, rule: Rule) -> Finding:
    """After one or two sessions, less than the rule's percentage below baseline. Whoever left the
    induction there has no session 4 to come."""
    count, latest = len(case.done), case.trend.latest
    if latest is None or not 1 <= count <= rule.thresholds["last_session"]:
        return QUIET
    if case.facts.phase == LEFT:
        return QUIET
    better = case.trend.percent_better(latest.total)
    if better is None or latest.at <= case.done[-1].at:
        return QUIET
    state = "fires" if better < rule.thresholds["improvement_percent"] else "quiet"
    return Finding(state, {**case.standing, "sessions": wording.word(count)})


def no_improvement_by_session(case: Case, rule: Rule) -> Finding:
    """Below the improvement after session 4, or after each of sessions 1, 2 and 3; and still.

    Read only from forms of the sessions' own days: what no form said then is not known, and a
    later form does not stand for it. Silent once any later form reached the improvement: the
    study's figure is of people who had not. Esketamine has its own day (`_by_day_28`).
    """
    limits, latest = rule.thresholds, case.trend.latest
    if not case.done or latest is None or case.trend.baseline is None:
        return QUIET
    values = {
        **case.standing,
        "target": improved_score(case, limits["improvement_percent"]),
        "drug": _drug(case),
    }
    if _drug(case):
        return _by_day_28(case, rule, values)
    early, number = limits["early_sessions"], limits["session"]
    by_session = (
        (f"after session {number}", [_form_read(case, rule, number)]),
        (
            f"after each of sessions 1 to {early}",
            [_form_read(case, rule, n + 1) for n in range(early)],
        ),
    )
    for when, forms in by_session:
        if shown := _never_improved(case, rule, forms):
            read = case.against_baseline(shown.at, shown.total) | _recall(case, shown)
            since = _none_since(case, rule, shown)
            return Finding("fires", values | read | {"when": when, "since": since})
    return Finding(_unread_yet(case, rule), values)


def _by_day_28(case: Case, rule: Rule, values: dict[str, str]) -> Finding:
    """Below the improvement on the first form of the rule's day or later, and on every one since:
    of those without response in the first days half still responded by then (Turkoz 2021)."""
    first, from_day = case.done[0].at, rule.thresholds["esketamine_from_day"]
    forms = [p for p in case.trend.points if case.facts.days_between(first, p.at) >= from_day]
    shown = _never_improved(case, rule, forms[:1])
    if not forms:
        return Finding("esketamine", values)
    if shown is None:
        return Finding("quiet", values)
    day = str(case.facts.days_between(first, shown.at))
    read = case.against_baseline(shown.at, shown.total) | {"since": _none_since(case, rule, shown)}
    return Finding("esketamine_none", values | read | {"day": day})


def _form_read(case: Case, rule: Rule, number: int) -> Point | None:
    """The last form between this session and the next, within the rule's own days."""
    return case.form_after_session(number, rule.thresholds["read_within_days"])


def _never_improved(case: Case, rule: Rule, forms: Sequence[Point | None]) -> Point | None:
    """The last of these forms, where each was below the improvement and so was every later one."""
    read = [form for form in forms if form is not None]
    if not read or len(read) < len(forms):
        return None
    since = [point for point in case.trend.points if point.at > read[-1].at]
    return None if any(_improved(case, rule, point) for point in [*read, *since]) else read[-1]


def _improved(case: Case, rule: Rule, form: Point) -> bool:
    limit: float = rule.thresholds["improvement_percent"]
    return percent_better(case, form.total) >= limit


def _none_since(case: Case, rule: Rule, shown: Point) -> str:
    """That the later forms say no other thing, where there are any."""
    if case.trend.latest is None or case.trend.latest.at <= shown.at:
        return ""
    return f" No later form was {rule.thresholds['improvement_percent']} % lower."


def _unread_yet(case: Case, rule: Rule) -> str:
    """Why the rule does not speak: not read yet, no form to read, or improved."""
    number, latest = rule.thresholds["session"], case.trend.latest
    if len(case.done) < number:
        return "quiet" if case.induction_over else "waiting"
    if _form_read(case, rule, number) is None and latest and not _improved(case, rule, latest):
        days = case.age_days(case.done[number - 1].at)
        open_still = len(case.done) == number and days <= rule.thresholds["read_within_days"]
        return "waiting" if open_still else "no_form"
    return "quiet" if case.induction_over else "not_met"


def end_of_induction(case: Case, rule: Rule) -> Finding:
    """Classifies the first form 14 to 31 days after the last induction session. An induction that
    was left is neither to be finished nor classified: the study's people had finished theirs."""
    limits, facts = rule.thresholds, case.facts
    last = case.last_induction_session
    values = {"done": str(len(case.done)), "planned": str(facts.induction_sessions or "")}
    if last is None:
        return QUIET
    if not case.induction_over:
        return Finding("unfinished", values)
    if facts.phase == LEFT:
        return Finding("left", values | {"last": wording.dated(last.at, facts.zone, facts.as_of)})
    values["ended"] = _ended(case)
    age = case.age_days(last.at) - limits["to_day"]
    if age > limits["speaks_for_days"]:
        return QUIET
    inside = range(limits["from_day"], limits["to_day"] + 1)
    form = next((p for p in case.trend.points if facts.days_between(last.at, p.at) in inside), None)
    if form is None:
        return Finding("waiting" if age <= 0 else "no_form", values)
    if case.trend.baseline is None:
        return QUIET
    read = case.against_baseline(form.at, form.total) | {"when": _after_induction(case, form)}
    return Finding(_class(case, form.total), values | read)


def _ended(case: Case) -> str:
    """Which session ended the induction, on which day, and by whose word."""
    number, last = case.induction_length, case.last_induction_session
    assert last is not None
    named = f"session {number} of {wording.day(last.at, case.facts.zone)}"
    planned = case.facts.induction_sessions
    if planned is None:
        which = "the newest" if number == len(case.done) else "by the days between sessions"
        return f"{named}, {which}: no protocol says which ends the induction"
    if number < planned:
        return f"{named}, the last given of {planned} that the protocol has"
    return f"{named}, which ends the induction by the protocol"


def _after_induction(case: Case, form: Point) -> str:
    """How long after that session the form came, and what was given in between."""
    last = case.last_induction_session
    assert last is not None
    later = [str(n) for n, one in enumerate(case.done, 1) if last.at < one.at < form.at]
    between = ""
    if later:
        between = f"; session{'s' if len(later) > 1 else ''} {wording.listed(later)} in between"
    days = wording.plural(case.facts.days_between(last.at, form.at), "day")
    return f"{days} after {_ended(case)}{between}"


def _class(case: Case, score: float) -> str:
    """Response, partial, worse or none, as I3 names them."""
    better, measure = percent_better(case, score), case.trend.measure
    if better >= measure.response_fraction * 100:
        return "response"
    if better >= 20:
        return "partial"
    rise = measure.worse(score - baseline_of(case))
    return "worse" if measure.reliable is not None and rise >= measure.reliable else "none"


def _recall(case: Case, form: Point) -> dict[str, str]:
    """How much of the form's look-back lies before session 1."""
    days = case.trend.measure.recall_days or 0
    if not days:
        return {"recall": "The study asked about the last day; this scale looks further back."}
    overlap = days - case.facts.days_between(case.done[0].at, form.at)
    name = case.trend.measure.title
    if overlap <= 0:
        return {"recall": f"{name} looks back {days} days; the study asked after 24 hours."}
    were = "was" if overlap == 1 else "were"
    return {"recall": f"{name} looks back {days} days; {overlap} of them {were} before session 1."}


def _drug(case: Case) -> str:
    """What is given where it is, or may be, esketamine; else empty."""
    names = [case.facts.protocol_title, *(session.route for session in case.done)]
    if any(word in name.lower() for name in names for word in ESKETAMINE):
        return "Esketamine"
    nasal = any(NASAL in session.route.lower() for session in case.done)
    return "Nasal, so perhaps esketamine" if nasal else ""
