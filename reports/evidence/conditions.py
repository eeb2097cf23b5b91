"""The test behind each rule: reads a case, ends in one state, and names the values it rests on.

Thresholds come from the rule's file. States: `fires` (or a more exact word the file names),
`not_met` (the page says what it would need), `quiet` (nothing to say).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from reports import wording
from reports.beside import said as said_of_entry
from reports.evidence.beside import treated_beside
from reports.evidence.case import Case
from reports.evidence.finding import QUIET, Condition, Finding, baseline_of, percent_better, said
from reports.evidence.lasting import (
    benefit_not_lasting,
    response_lost,
    steady_at_interval,
    step_not_held,
)
from reports.evidence.rules import Rule
from reports.trends import Point
from surveys.history import CURRENT, kinds


def self_harm_answered(case: Case, rule: Rule) -> Finding:
    """Item 9 of the latest form that has it, at or above the rule's answer."""
    if not case.self_harm:
        return QUIET
    _, value = case.self_harm[-1]
    words = case.item_words[value] if value < len(case.item_words) else str(value)
    recent = [
        f"{answer} on {wording.day(earlier.answered_at, case.facts.zone)}"
        for earlier, answer in reversed(case.self_harm[-3:])
    ]
    handled = "The alert is handled apart from this page."
    if case.without_alert:
        handled = "No alert is recorded for it."
    values = {"answer": words, "recent": ", ".join(recent), "handled": handled}
    return Finding("fires" if value >= rule.thresholds["answer"] else "quiet", values)


def early_non_improvement(case: Case, rule: Rule) -> Finding:
    """After one or two sessions, less than the rule's percentage below baseline."""
    count, latest = len(case.done), case.trend.latest
    if latest is None or not 1 <= count <= rule.thresholds["last_session"]:
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
    study's figure is of people who had not.
    """
    limits, latest = rule.thresholds, case.trend.latest
    if not case.done or latest is None or case.trend.baseline is None:
        return QUIET
    values = {**case.standing, "target": _target(case, rule)}
    if _is_esketamine(case) and case.age_days(case.done[0].at) < limits["esketamine_from_day"]:
        return Finding("esketamine", values)
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


def _form_read(case: Case, rule: Rule, number: int) -> Point | None:
    """The last form between this session and the next, within the rule's own days."""
    days = rule.thresholds["read_within_days"]
    return case.form_after_session(number, timedelta(days=days))


def _never_improved(case: Case, rule: Rule, forms: Sequence[Point | None]) -> Point | None:
    """The last of these forms, where each was below the improvement and so was every later one."""
    read = [form for form in forms if form is not None]
    if len(read) < len(forms):
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
    """Classifies the first form 14 to 31 days after the last induction session."""
    limits, facts = rule.thresholds, case.facts
    last = case.last_induction_session
    values = {"done": str(len(case.done)), "planned": str(facts.induction_sessions or "")}
    if last is None:
        return QUIET
    if not case.induction_over:
        return Finding("unfinished", values)
    opens = last.at + timedelta(days=limits["from_day"])
    closes = last.at + timedelta(days=limits["to_day"] + 1)
    if facts.as_of > closes + timedelta(days=limits["speaks_for_days"]):
        return QUIET
    form = next((p for p in case.trend.points if opens <= p.at < closes), None)
    if form is None:
        waiting = facts.as_of < closes
        return Finding("waiting" if waiting else "no_form", values)
    if case.trend.baseline is None:
        return QUIET
    return Finding(_class(case, form.total), values | case.against_baseline(form.at, form.total))


def _class(case: Case, score: float) -> str:
    """Response, partial, worse or none, as I3 names them."""
    better, measure = percent_better(case, score), case.trend.measure
    if better >= measure.response_fraction * 100:
        return "response"
    if better >= 20:
        return "partial"
    rise = measure.worse(score - baseline_of(case))
    return "worse" if measure.reliable is not None and rise >= measure.reliable else "none"


def reliable_improvement(case: Case, rule: Rule) -> Finding:
    """Reliably and noticeably better, and either still falling or not yet in remission."""
    latest, measure = case.trend.latest, case.trend.measure
    if latest is None or case.trend.baseline is None or measure.reliable is None:
        return QUIET
    values = {**case.standing, "reliable": wording.number(measure.reliable)}
    fall = -measure.worse(latest.total - baseline_of(case))
    better = percent_better(case, latest.total)
    if fall < measure.reliable or better < rule.thresholds["improvement_percent"]:
        return Finding("not_met", values)
    response = better >= measure.response_fraction * 100
    if case.trend.remission and not _still_falling(case):
        return Finding("held", values)
    return Finding("response" if response else "fires", values)


def _still_falling(case: Case) -> bool:
    """The level's band no longer holds the level of three forms earlier."""
    level = [p for p in case.trend.level if p.segment == case.trend.level[-1].segment]
    if len(level) < 4:
        return False
    now, before = level[-1], level[-4]
    return (
        now.high90 < before.estimate
        if case.trend.measure.higher_is_worse
        else (now.low90 > before.estimate)
    )


def worse_than_baseline(case: Case, rule: Rule) -> Finding:
    """A reliable rise above baseline on the latest two forms."""
    reliable, latest = case.trend.measure.reliable, case.trend.latest
    if reliable is None or latest is None or case.trend.baseline is None:
        return QUIET
    last = case.trend.since_treatment[-2:]
    worse = [case.trend.measure.worse(p.total - baseline_of(case)) >= reliable for p in last]
    values = {
        **case.standing,
        "reliable": wording.number(reliable),
        "last": said(last, case),
        "before": said(last[:1], case),
        "flagged": _flagged(case),
    }
    if len(worse) == 2 and all(worse):
        return Finding("fires", values)
    if len(worse) == 1:
        return Finding("first" if worse[0] else "not_met", values)
    return Finding("single" if worse and worse[-1] else "not_met", values)


def _flagged(case: Case) -> str:
    """A rise above the stable forms may be confirmed while one above baseline is not."""
    flag = case.standing_flag
    if flag is None or flag.kind != "confirmed":
        return ""
    return f"The rise above the stable forms, mean {wording.fixed(flag.reference)}, is confirmed. "


def harm_reported(case: Case, rule: Rule) -> Finding:
    """A harm at or above the answer the rule names for it, on the latest check that asked; or a
    current use, recorded by the clinic, that the rule counts as one."""
    limits, limits_of_use = rule.thresholds["answers"], rule.thresholds.get("recorded_use", ())
    zone = case.facts.zone
    asked = [row for row in case.harms if row.code in limits and row.latest]
    found = [row for row in asked if row.latest and (row.latest.value or 0) >= limits[row.code]]
    use = [
        one.told
        for one in case.facts.history_then
        if one.told.kind in limits_of_use and one.told.use == CURRENT
    ]
    if not found and not use:
        if not asked:
            return Finding("not_asked")
        newest = max(row.latest.at for row in asked if row.latest)
        days = int(case.age_days(newest))
        age = f"{wording.plural(days, 'day')} ago" if days else "today"
        values = {"newest": wording.day(newest, zone), "age": age, **_short_of_harm(case, limits)}
        return Finding("not_met", values)
    inputs = [
        f"{row.title}: “{row.latest.words}” on {wording.day(row.latest.at, zone)}"
        for row in found
        if row.latest
    ]
    inputs += [f"Recorded by the clinic: {said_of_entry(told)}" for told in use]
    titles = [row.title for row in found] + [kinds()[told.kind].title for told in use]
    names = wording.listed([title.lower() for title in titles])
    return Finding("fires", {"harms": names, "inputs": "; ".join(inputs)})


def _short_of_harm(case: Case, limits: Mapping[str, int]) -> dict[str, str]:
    """What was answered above 0, each with the day of its own form, and what nobody asked: a harm
    not counted is not a harm absent."""
    rows = [row for row in case.harms if row.code in limits]
    above = [(row.latest.at, row.title.lower()) for row in rows if row.latest and row.latest.value]
    by_day: dict[str, list[str]] = {}
    for at, title in sorted(above, key=lambda one: one[0], reverse=True):
        by_day.setdefault(wording.day(at, case.facts.zone), []).append(title)
    below = [f"; above 0 on {day}: {'; '.join(titles)}" for day, titles in by_day.items()]
    unasked = sum(row.latest is None for row in rows)
    return {
        "below": "".join(below),
        "unasked": f" {unasked} of {len(rows)} harms not asked." if unasked else "",
    }


def review_due(case: Case, rule: Rule) -> Finding:
    """Twelve sessions, or six months, since treatment began or was last decided on."""
    limits, facts = rule.thresholds, case.facts
    if not case.done:
        return QUIET
    decided = facts.decisions[-1].decided_at if facts.decisions else None
    since = [s for s in case.done if decided is None or s.at > decided]
    start = decided or case.done[0].at
    if len(since) >= limits["sessions"]:
        at = since[limits["sessions"] - 1].at
        what = f"{limits['sessions']}-session review"
    elif case.age_days(start) >= limits["days"]:
        at, what = start + timedelta(days=limits["days"]), "six-month review"
    else:
        return QUIET
    return Finding("fires", {"what": what, "since": wording.day(at, facts.zone)})


def _target(case: Case, rule: Rule) -> str:
    """The score that would pass the improvement threshold."""
    part = rule.thresholds["improvement_percent"] / 100
    way = -1 if case.trend.measure.higher_is_worse else 1
    return wording.fixed(baseline_of(case) * (1 + way * part))


def _recall(case: Case, form: Point) -> dict[str, str]:
    """How much of the form's look-back lies before session 1."""
    days = case.trend.measure.recall_days or 0
    if not days:
        return {"recall": "The study asked about the last day; this scale looks further back."}
    overlap = days - int((form.at - case.done[0].at) / timedelta(days=1))
    name = case.trend.measure.title
    if overlap <= 0:
        return {"recall": f"{name} looks back {days} days; the study asked after 24 hours."}
    return {"recall": f"{name} looks back {days} days; {overlap} of them were before session 1."}


def _is_esketamine(case: Case) -> bool:
    return any("esketamine" in session.route.lower() for session in case.done)


CONDITIONS: Mapping[str, Condition] = {
    "benefit_not_lasting": benefit_not_lasting,
    "early_non_improvement": early_non_improvement,
    "end_of_induction": end_of_induction,
    "harm_reported": harm_reported,
    "no_improvement_by_session": no_improvement_by_session,
    "reliable_improvement": reliable_improvement,
    "response_lost": response_lost,
    "review_due": review_due,
    "self_harm_answered": self_harm_answered,
    "steady_at_interval": steady_at_interval,
    "step_not_held": step_not_held,
    "treated_beside": treated_beside,
    "worse_than_baseline": worse_than_baseline,
}
