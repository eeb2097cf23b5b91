"""The test behind each rule: reads a case, ends in one state, and names the values it rests on.

Thresholds come from the rule's file. States: `fires` (or a more exact word the file names),
`not_met` (the page says what it would need), `quiet` (nothing to say).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from reports import wording
from reports.beside import said as said_of_entry
from reports.evidence.beside import treated_beside
from reports.evidence.case import Case, Harm, HarmRow
from reports.evidence.finding import QUIET, Condition, Finding, baseline_of, percent_better, said
from reports.evidence.induction import (
    early_non_improvement,
    end_of_induction,
    no_improvement_by_session,
)
from reports.evidence.lasting import (
    benefit_not_lasting,
    far_from_best,
    no_benefit_now,
    response_lost,
    steady_at_interval,
    step_not_held,
    worsening_confirmed,
)
from reports.evidence.reference import held_against
from reports.evidence.rules import Rule
from surveys.history import CURRENT, kinds

# After which a harm was reported, named one by one up to so many.
SESSIONS_NAMED = 3
# The test that finds a harm.
HARM_TEST = "harm_reported"
# Tests that read no score: what they find stands although the scores are not interpretable.
READ_NO_SCORE = ("review_due",)


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
    values = {
        "answer": words,
        "recent": ", ".join(recent),
        "newest": ", ".join(recent[:2]),
        "handled": handled,
        "compared": _since_treatment(case),
    }
    return Finding("fires" if value >= rule.thresholds["answer"] else "quiet", values)


def _since_treatment(case: Case) -> str:
    """Item 9 now against its highest answer up to session 1; empty where nothing came after it."""
    if not case.done:
        return ""
    began, (newest, now) = case.done[0].at, case.self_harm[-1]
    if newest.answered_at <= began:
        return ""
    before = [answer for form, answer in case.self_harm if form.answered_at <= began]
    if not before:
        return "; before treatment not answered"
    return f"; before treatment {max(before)}{_moved(case, max(before), now)}"


def _moved(case: Case, before: int, now: int) -> str:
    treated = [one for one in case.self_harm if one[0].answered_at > case.done[0].at]
    if now <= before:
        return ", unchanged" if {answer for _, answer in treated} == {before} else ""
    first = next(form for form, answer in treated if answer > before)
    since = wording.dated(first.answered_at, case.facts.zone, case.facts.as_of)
    return f", {'higher' if before else 'new'} since {since}"


def reliable_improvement(case: Case, rule: Rule) -> Finding:
    """Reliably and noticeably better, and either still falling or not yet in remission.

    Silent where no session is known to have been given before the form: it is no benefit then.
    """
    latest, measure = case.trend.latest, case.trend.measure
    if latest is None or case.trend.baseline is None or measure.reliable is None:
        return QUIET
    if not case.done or latest.at <= case.done[0].at:
        return QUIET
    values = {
        **case.standing,
        "reliable": wording.number(measure.reliable),
        "half": wording.number(measure.response_fraction * 100),
        "harm": f" {case.harmed}." if case.harmed else "",
    }
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
    """A rise above the forms before it may be confirmed while one above baseline is not."""
    flag = case.standing_flag
    if flag is None or flag.kind != "confirmed":
        return ""
    return f"The rise is confirmed against {held_against(flag, case)}. "


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
        days = case.age_days(newest)
        age = f"{wording.plural(days, 'day')} ago" if days else "today"
        values = {"newest": wording.day(newest, zone), "age": age, "below": _below(case, limits)}
        values["calm"] = "" if values["below"] else ": no answer at its limit"
        return Finding("not_met", values | _unknown_harm(case, limits))
    inputs = [
        f"{row.title}: {_reached(row, limits[row.code], zone)}"
        f"{_how_often(row, limits[row.code], case)}"
        for row in found
    ]
    inputs += [f"Recorded by the clinic: {said_of_entry(told)}" for told in use]
    titles = [row.title for row in found] + [kinds()[told.kind].title for told in use]
    names = wording.listed([title.lower() for title in titles])
    said = {"harms": names, "inputs": "; ".join(inputs)}
    return Finding("fires", said | _unknown_harm(case, limits))


def _reached(row: HarmRow, limit: int, zone: str) -> str:
    """What it was, newest first: where two questionnaires ask about it, each that says so."""
    newest = sorted(row.newest, key=lambda harm: harm.at, reverse=True)
    return wording.listed(
        [
            f"“{harm.words}” on {wording.day(harm.at, zone)}"
            for harm in newest
            if (harm.value or 0) >= limit
        ]
    )


def _how_often(row: HarmRow, limit: int, case: Case) -> str:
    """How many of its answers reached the rule's limit, and after which sessions: a harm that came
    back is not read as a single one. Empty where it was answered once."""
    answered = [harm for harm in row.answers if harm.value is not None]
    reached = [harm for harm in answered if (harm.value or 0) >= limit]
    if len(answered) < 2:
        return ""
    said = f"; at its limit in {len(reached)} of {len(answered)} answers"
    return f"{said}{_after_sessions(reached, case)}" if len(reached) > 1 else said


def _after_sessions(reached: Sequence[Harm], case: Case) -> str:
    """Each by the session before it; of many the first."""
    before = [sum(one.at < harm.at for one in case.done) for harm in reached]
    numbers = [str(number) for number in dict.fromkeys(before) if number]
    if len(numbers) > SESSIONS_NAMED:
        return f", first after session {numbers[0]}"
    return (
        f", after session{'s' if len(numbers) > 1 else ''} {wording.listed(numbers)}"
        if numbers
        else ""
    )


def _unknown_harm(case: Case, limits: Mapping[str, int]) -> dict[str, str]:
    """What nobody asked, and since which session nothing was answered: a harm not counted is not a
    harm absent, whether another one was found or not."""
    rows = [row for row in case.harms if row.code in limits]
    unasked = sum(not row.answers for row in rows)
    silent = sum(row.latest is None for row in rows) - unasked
    newest = max((row.heard for row in rows if row.heard), default=None)
    session = case.session_since(newest) if newest else None
    parts = [f" {unasked} of {len(rows)} harms not asked."] if unasked else []
    parts += [f" {silent} of {len(rows)} asked and not answered."] if silent else []
    return {
        "unasked": "".join(parts),
        "since": f" No check answered since session {session}." if session else "",
    }


def _below(case: Case, limits: Mapping[str, int]) -> str:
    """What was answered above 0 and below its limit: the answer, the day of its own form, and the
    limit in the same words; like answers together. A reader who takes one for harm must meet it
    first."""
    rows = [row for row in case.harms if row.code in limits]
    above = [(row, row.latest) for row in rows if row.latest and row.latest.value]
    alike: dict[str, list[str]] = {}
    for row, harm in sorted(above, key=lambda one: one[1].at, reverse=True):
        on, limit = wording.day(harm.at, case.facts.zone), harm.degrees[limits[row.code]]
        said = f"“{harm.words}” on {on} (limit: {limit})"
        alike.setdefault(said, []).append(row.title.lower())
    found = "; ".join(f"{wording.listed(titles)} {said}" for said, titles in alike.items())
    return f"Above 0, below the rule’s limit: {found}. " if found else ""


def review_due(case: Case, rule: Rule) -> Finding:
    """Twelve sessions, or six months, since treatment began or was last decided on."""
    limits, facts = rule.thresholds, case.facts
    if not case.done:
        return QUIET
    decided = facts.decisions[-1].decided_at if facts.decisions else None
    since = [s for s in case.done if decided is None or s.at > decided]
    start = decided or case.done[0].at
    if len(since) >= limits["sessions"]:
        on = facts.date_of(since[limits["sessions"] - 1].at)
        what = f"{limits['sessions']}-session review"
    elif case.age_days(start) >= limits["days"]:
        on, what = facts.date_of(start) + timedelta(days=limits["days"]), "six-month review"
    else:
        return QUIET
    return Finding("fires", {"what": what, "since": wording.date_words(on)})


CONDITIONS: Mapping[str, Condition] = {
    "benefit_not_lasting": benefit_not_lasting,
    "early_non_improvement": early_non_improvement,
    "end_of_induction": end_of_induction,
    "far_from_best": far_from_best,
    HARM_TEST: harm_reported,
    "no_benefit_now": no_benefit_now,
    "no_improvement_by_session": no_improvement_by_session,
    "reliable_improvement": reliable_improvement,
    "response_lost": response_lost,
    "review_due": review_due,
    "self_harm_answered": self_harm_answered,
    "steady_at_interval": steady_at_interval,
    "step_not_held": step_not_held,
    "treated_beside": treated_beside,
    "worse_than_baseline": worse_than_baseline,
    "worsening_confirmed": worsening_confirmed,
}
