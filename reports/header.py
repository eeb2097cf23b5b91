"""The top of a page: who, how fresh, which alert is open, where the scores stand."""

from dataclasses import dataclass

from reports import wording
from reports.due import decision_due
from reports.evidence import Case
from reports.evidence.columns import Evidence
from reports.facts import AlertFact
from reports.trends import Baseline
from reports.trends.projection import AT_MOST, LOOKS, projection


@dataclass(frozen=True)
class Figure:
    """One cell of the header: a label, its value, and what belongs to it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class AlertLine:
    """`open` alerts are boxed, and so is an answer that should have raised one and has none;
    `numbers` are the alerts somebody still has to deal with."""

    open: bool
    lead: str
    text: str
    numbers: tuple[int, ...]


def header_figures(case: Case, evidence: Evidence) -> tuple[Figure, ...]:
    facts = case.facts
    return (
        Figure("Protocol", facts.protocol_title, facts.phase),
        _sessions_figure(case),
        _interval_figure(case),
        _dose_figure(case),
        _forms_figure(case, evidence),
        *_due_figure(case, evidence),
    )


def _sessions_figure(case: Case) -> Figure:
    done, planned, zone = case.done, case.facts.planned, case.facts.zone
    coming = f"next {wording.day(planned[0].at, zone)}" if planned else "none planned"
    if not done:
        return Figure("Sessions", "none yet", coming)
    ago = wording.plural(case.age_days(done[-1].at), "day")
    value = f"{len(done)}, last {wording.dated(done[-1].at, zone, case.facts.as_of)}"
    return Figure("Sessions", value, f"{ago} ago; {coming}")


def _interval_figure(case: Case) -> Figure:
    if case.rung is None:
        return Figure("Interval", "–", "fewer than two sessions")
    opened, days = case.rung
    if not case.facts.planned:
        return _open_interval(case, case.previous_rung if case.unbooked else days)
    since = f"since {wording.day(opened.at, case.facts.zone)}"
    before = f"; before, {case.previous_rung}" if case.previous_rung else ""
    near = sorted({days, *case.rung_lengths})
    shown = (
        f"{near[0]}–{near[-1]} days"
        if near[-1] < 10 and len(near) > 1
        else (wording.plural(days, "day"))
    )
    # an interval that no second session has closed is not one that was kept
    planned = " planned" if opened is case.done[-1] else ""
    return Figure("Interval", shown + planned, since + before)


def _open_interval(case: Case, before: int | None) -> Figure:
    """The stretch under way, in the same words whether or not it outlasted the interval before;
    short: with every other figure of a silent course it has one line of the sheet."""
    days = wording.plural(case.age_days(case.done[-1].at), "day")
    note = f"before, {wording.plural(before, 'day')}" if before else "since the last session"
    return Figure("Interval", f"{days}, none booked", note)


def _dose_figure(case: Case) -> Figure:
    doses = [(n, s.dose_mg_per_kg) for n, s in enumerate(case.done, 1) if s.dose_mg_per_kg]
    if not doses:
        return Figure("Dose", "not recorded", "")
    last = case.done[-1]
    minutes = f", {last.duration_minutes} min" if last.duration_minutes else ""
    value = f"{wording.number(doses[-1][1], 2)} mg/kg{minutes}"
    before = [(n, dose) for n, dose in doses if dose != doses[-1][1]]
    note = (
        f"{wording.number(before[-1][1], 2)} up to session {before[-1][0]}"
        if before
        else ("all sessions")
    )
    return Figure("Dose", value, f"{note}, {last.route}" if last.route else note)


def _forms_figure(case: Case, evidence: Evidence) -> Figure:
    enough, count = evidence.sufficiency, len(case.trend.points)
    gap = f"longest gap {wording.plural(enough.longest_gap_days, 'day')}" if count else ""
    if case.facts.occurrences is None:
        return Figure("Forms answered", str(count), f"what was sent is not known; {gap}")
    value = f"{count} of {count + len(case.trend.missed)}"
    recent = f"{enough.answered} of {enough.asked} in 4 weeks; " if enough.asked else ""
    return Figure("Forms answered", value, recent + gap)


def _due_figure(case: Case, evidence: Evidence) -> tuple[Figure, ...]:
    """Nothing where no rule and nobody named a time: "none" would read as leave to go on."""
    due = decision_due(case, evidence)
    return (Figure("Decision due", *due),) if due else ()


def alert_line(case: Case) -> AlertLine:
    unsettled = [a for a in case.facts.alerts if a.state != "closed"]
    lost = _without_alert(case)
    if not unsettled:
        if lost:
            return AlertLine(True, lost, _closed_before(case), ())
        return AlertLine(False, "No open alert.", _calm_text(case), ())
    parts = []
    for alert in unsettled[-2:]:
        when = wording.moment(alert.raised_at, case.facts.zone)
        parts.append(f"{alert.text}, {when}. {_handled(alert, case)}")
    more = f" And {len(unsettled) - 2} more." if len(unsettled) > 2 else ""
    lead = "Open alert." if len(unsettled) == 1 else f"{len(unsettled)} open alerts."
    text = f"{' '.join(parts)}{more}{' ' if lost else ''}{lost}"
    return AlertLine(True, lead, text, tuple(a.number for a in unsettled))


def _without_alert(case: Case) -> str:
    """That the latest answer above 0 on item 9 has no alert, as in files from elsewhere; or ""."""
    if case.without_alert is None:
        return ""
    form, value = case.without_alert
    day = wording.day(form.answered_at, case.facts.zone)
    return f"Item 9 was {value} on {day}; no alert is recorded for it."


def _closed_before(case: Case) -> str:
    closed = len(case.facts.alerts)
    return (
        f"{wording.plural(closed, 'earlier alert')}, each closed with an outcome." if closed else ""
    )


def _handled(alert: AlertFact, case: Case) -> str:
    if alert.acknowledged_at is None:
        waits = wording.minutes((case.facts.as_of - alert.raised_at).total_seconds())
        return f"Not acknowledged for {waits}."
    after = wording.minutes((alert.acknowledged_at - alert.raised_at).total_seconds())
    return f"Acknowledged after {after} by {alert.acknowledged_by}. Outcome not yet recorded."


def _calm_text(case: Case) -> str:
    """What item 9 last said, and that its silence since is not knowledge."""
    ledger = f" {_closed_before(case)}".rstrip()
    if not case.self_harm:
        return f"Item 9 of PHQ-9, self-harm, is answered on no form here: it is not known.{ledger}"
    form, value = case.self_harm[-1]
    day = wording.dated(form.answered_at, case.facts.zone, case.facts.as_of)
    later = any(due > form.answered_at for due in case.trend.missed)
    since = " Since then it is not known." if later else ""
    return f"Item 9 was {value} on {day}.{since}{ledger}"


def standing_rows(case: Case, evidence: Evidence) -> tuple[tuple[str, str], ...]:
    trend, zone = case.trend, case.facts.zone
    measure = trend.measure
    if trend.latest is None:
        return (("Latest", "no form yet"), ("Outcome", "not known"))
    band = measure.band(trend.latest.total)
    said = measure.say(trend.latest.total)
    named = f"{said}, {band}" if band else said
    on = wording.dated(trend.latest.at, zone, case.facts.as_of)
    rows = [("Latest", f"{named}, on {on}")]
    if trend.level:
        rows.append(("Level", f"{_level_words(case)}{_since_then(case, evidence)}"))
    elif measure.error is None:
        rows.append(("Level", f"none: its standard error is not established for {measure.title}"))
    if trend.change and trend.baseline:
        share = (
            ""
            if trend.change.percent is None
            else f", {wording.signed_percent(trend.change.percent)}"
        )
        needs = (
            f"; reliable change needs {wording.number(measure.reliable)}"
            if measure.reliable
            else f"; reliable change of {measure.title} is not established"
        )
        made = _baseline_words(case, trend.baseline)
        moved = f"{wording.signed(trend.change.points)}{share} of {made}{needs}{_asked_twice(case)}"
        rows.append(("From baseline", moved))
    elif trend.baseline is None:
        rows.append(("Baseline", _no_baseline(case)))
    rows.append(("Outcome", _outcome_words(case, evidence)))
    rows.append(("Next two weeks", _ahead(case, evidence)))
    return tuple(rows)


def _ahead(case: Case, evidence: Evidence) -> str:
    """What the level says ahead, where it proved itself on this patient; else why nothing is."""
    if evidence.sufficiency.state != "enough":
        return "not projected from forms this few or this old"
    found = projection(case.trend)
    if found.looks < LOOKS:
        pairs = "pair of forms" if found.looks == 1 else "pairs of forms"
        return f"not projected: {found.looks} {pairs} to test it on, {LOOKS} needed"
    level, last = wording.fixed(found.by_level), wording.fixed(found.by_last)
    if found.value is None:
        return f"not projected: the level missed past forms by {level}, the last score by {last}"
    newest = case.trend.points[-1].at
    if case.age_days(newest) >= AT_MOST.days:
        return f"not projected: the newest form is {case.age_days(newest)} days old"
    until = wording.day(newest + AT_MOST, case.facts.zone)
    missed = f"missed past forms by {level}, last score by {last}"
    return f"about {wording.fixed(found.value)} up to {until}; {missed}"


def _asked_twice(case: Case) -> str:
    """Two forms that ask about the same days are not two measurements: said beside the change."""
    days = case.trend.overlap_with_baseline
    if not days:
        return ""
    recall = case.trend.measure.recall_days
    return f"; {days} of the {recall} days it asks about were already in the baseline"


def _level_words(case: Case) -> str:
    last, measure = case.trend.level[-1], case.trend.measure
    low, high = max(last.low90, measure.low), min(last.high90, measure.high)
    interval = f"90 %: {wording.fixed(low)} to {wording.fixed(high)}"
    return f"{wording.fixed(last.estimate)} ({interval})"


def _since_then(case: Case, evidence: Evidence) -> str:
    """Where the newest form is too old, the level is of its day and of no later one."""
    if evidence.sufficiency.state != "not_interpretable":
        return ""
    day = wording.day(case.trend.level[-1].at, case.facts.zone)
    return f", on {day}; since then not known"


def _baseline_words(case: Case, baseline: Baseline) -> str:
    """Its value, and the forms it is made of: one high form before treatment falls by itself."""
    measure, value = case.trend.measure, wording.fixed(baseline.value)
    scores = [p.total for p in case.trend.points if p.at in baseline.answered_at]
    if baseline.rule == "first-score":
        return f"{value} (the first form)"
    if len(scores) < 2:
        return f"{value} (one form)"
    low, high = measure.say(min(scores)), measure.say(max(scores))
    span = f"each {low}" if low == high else f"{low} to {high}"
    return f"{value} (mean of {len(scores)}, {span})"


def _no_baseline(case: Case) -> str:
    if case.done:
        return "none: no complete form in the 28 days up to session 1"
    return "not yet: session 1 has not taken place"


def _outcome_words(case: Case, evidence: Evidence) -> str:
    trend = case.trend
    if evidence.sufficiency.state == "not_interpretable":
        return "not interpretable (D0)"
    if trend.outcome == "too_early":
        planned = case.facts.induction_sessions
        return f"too early; classified after session {planned}" if planned else "too early"
    words = _class_words(case, evidence)
    limit = trend.measure.remission_below
    if limit is None:
        return words
    under = f"(<{wording.number(limit)})"
    if trend.remission:
        return f"{words}; in remission {under}"
    reached = any(p.total < limit for p in trend.since_treatment)
    return f"{words}; remission {under} {'reached before, not now' if reached else 'not reached'}"


def _class_words(case: Case, evidence: Evidence) -> str:
    """How the newest form is classed; of what is no response, that it is less than a reliable
    change, and when a response was last reached. Lost is what rule L1 calls lost: one form alone
    is not that."""
    trend = case.trend
    words = {
        "response": "response",
        "partial": "partial",
        "none": "no response",
        "worse": "worse than baseline",
        "not_interpretable": "not interpretable (no baseline)",
    }[trend.outcome]
    if trend.outcome == "partial" and trend.change and trend.change.reliable is False:
        words += ", less than a reliable change"
    last = _last_response(case) if trend.outcome in ("partial", "none", "worse") else ""
    if not last:
        return words
    lost = evidence.state("L1") == "fires"
    if trend.outcome == "none":
        return f"response lost, {last}" if lost else f"no response now, {last}"
    return f"{words}; response lost, {last}" if lost else f"{words}; response {last}"


def _last_response(case: Case) -> str:
    """ "last on 13 Oct"; empty where none was reached since session 1."""
    trend = case.trend
    needed = trend.measure.response_fraction * 100
    reached = [p for p in trend.since_treatment if (trend.percent_better(p.total) or 0) >= needed]
    if not reached:
        return ""
    return f"last on {wording.dated(reached[-1].at, case.facts.zone, case.facts.as_of)}"
