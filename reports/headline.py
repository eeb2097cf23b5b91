"""The one plain sentence, and why a course is worth a look. What moved, never why it moved."""

from collections.abc import Callable
from dataclasses import dataclass

from reports import wording
from reports.evidence import Case
from reports.evidence.columns import Evidence
from reports.evidence.reference import held_against
from reports.trends import Flag, Point

# Fixed order of the caseload page. Not a ranking of risk: it says what kind of look is asked for.
ATTENTION = (
    "open alert",
    "confirmed change",
    "single flag",
    "harm",
    "early course",
    "no response",
    "silence",
    "steady",
)
ATTENTION_NOTE = f"In fixed order: {', '.join(ATTENTION)}. Not a ranking of risk."


@dataclass(frozen=True)
class Attention:
    """Where a course stands on the caseload page: `place` counts from 0, `rules` are marks."""

    category: str
    place: int
    rules: tuple[str, ...]
    why: str


def sentence(case: Case, evidence: Evidence) -> str:
    """What moved, from what to what, when, and how sure."""
    trend = case.trend
    if trend.latest is None:
        return f"No {trend.measure.title} form has been answered yet."
    if evidence.sufficiency.state == "not_interpretable":
        return _unreadable(case, evidence)
    if not case.done and case.facts.sessions:
        return _before_treatment(case)
    for part in (_worsening, _early, _wave, _course):
        text = part(case)
        if text:
            return text
    return f"{trend.measure.title} is {trend.measure.say(trend.latest.total)}."


def _unreadable(case: Case, evidence: Evidence) -> str:
    latest = case.trend.points[-1]
    reasons = list(evidence.sufficiency.reasons)
    text = f"Not interpretable: {wording.listed(reasons)}"
    rise = _last_move(case.trend.points, case)
    day = wording.day(latest.at, case.facts.zone)
    return f"{text}; the last one, {day}, {rise}{_unconfirmed(case)}."


def _unconfirmed(case: Case) -> str:
    """That nobody heard whether the worsening on the newest form was one."""
    flag = case.standing_flag
    return ", a worsening on one form, never confirmed" if flag and flag.kind == "single" else ""


def _last_move(points: tuple[Point, ...], case: Case) -> str:
    """How the newest form compares with the one before it."""
    say = case.trend.measure.say
    if len(points) < 2:
        return f"was {say(points[-1].total)}"
    before, now = say(points[-2].total), say(points[-1].total)
    if before == now:
        return f"was {now}, as the one before"
    moved = "risen" if points[-1].total > points[-2].total else "fallen"
    return f"had {moved} from {before} to {now}"


def _before_treatment(case: Case) -> str:
    scores = [case.trend.measure.say(p.total) for p in case.trend.points[-3:]]
    return f"Before treatment {case.trend.measure.title} stands at {wording.listed(scores)}."


def _worsening(case: Case) -> str:
    """A standing flag: what it is held against, the interval, the rise, and whether confirmed."""
    flag = case.standing_flag
    if flag is None:
        return ""
    trend, sessions = case.trend, [s for s in case.done if s.at < flag.at]
    first = case.standing_run[0]
    rise = f"to {trend.measure.say(flag.score)}"
    when = ""
    if sessions:
        day = case.facts.days_between(sessions[-1].at, flag.at)
        when = f" by day {day} after session {len(sessions)}"
    sure = "on one form; a second is needed to confirm it"
    if flag.kind == "confirmed":
        seen = wording.day(first.at, case.facts.zone)
        sure = f"confirmed by a second form{_shared(first, case)}; first seen on {seen}"
    sure += _seen_before(first, case)
    lead, moved = _interval_lead(case), "rose" if trend.measure.higher_is_worse else "fell"
    against = f"against {held_against(flag, case)}"
    return f"{lead}{trend.measure.title} {moved} {rise}{when}, {against}; {sure}."


def _shared(first: Flag, case: Case) -> str:
    """How many days the form that confirmed asks about that the flagged one asked about too: the
    two are then not two measurements."""
    recall = case.trend.measure.recall_days
    second = next(f for f in case.trend.flags if f.at > first.at)
    days = max(0, (recall or 0) - case.facts.days_between(first.at, second.at))
    return f", which asks about {days} of the same {recall} days" if days else ""


def _seen_before(first: Flag, case: Case) -> str:
    """In how many earlier intervals a form was flagged as well, and the newest of those forms: a
    loss that comes back is not read as a single one."""
    closed = [one for one in case.maintenance if one.until and one.until < first.at]
    found = [
        held[-1]
        for one in closed
        if (held := [f for f in case.trend.flags if one.since < f.at <= (one.until or f.at)])
    ]
    if not found:
        return ""
    last, day = found[-1], wording.day(found[-1].at, case.facts.zone)
    newest = f"{'last ' if len(found) > 1 else ''}{case.trend.measure.say(last.score)} on {day}"
    return f"; in {wording.plural_word(len(found), 'earlier interval')} too, {newest}"


def _interval_lead(case: Case) -> str:
    if case.rung is None or not case.induction_over:
        return ""
    if case.unbooked:
        return "With no next session booked, "
    days, before = case.rung[1], case.previous_rung
    if before and before >= 7 and days > before + 3:
        return f"At {days} days, after {before}, " if case.risen_since_step else ""
    return f"At {days} days "


def _early(case: Case) -> str:
    """In induction: where it is against before treatment, and whether that is beyond error."""
    if case.induction_over or not case.done or case.trend.latest is None:
        return ""
    count = wording.word(len(case.done))
    lead = f"After {count} session{'s' if len(case.done) > 1 else ''} {case.trend.measure.title} is"
    latest = case.trend.measure.say(case.trend.latest.total)
    if case.trend.baseline is None:
        return f"{lead} {latest}, with no form from before treatment to compare."
    return f"{lead} {latest}, {_against(case)}."


def _wave(case: Case) -> str:
    """Falls after a session and rises before the next, on the last two closed intervals."""
    important, worse = case.trend.measure.important, case.trend.measure.worse
    closed = [i for i in case.trend.intervals if i.until and i.rebound is not None][-2:]
    if important is None or len(closed) < 2:
        return ""
    rises = [worse((i.end or 0) - (i.start or 0)) for i in closed]
    if min(rises) < important:
        return ""
    say = case.trend.measure.say
    swings = [f"{say(i.start)} to {say(i.end)}" for i in closed]
    return (
        f"{case.trend.measure.title} falls after each session and rises before the next: "
        f"{wording.listed(swings)} on the last two intervals, beyond the change one form can show."
    )


def _course(case: Case) -> str:
    """The last four forms, against before treatment."""
    trend = case.trend
    last = [p.total for p in trend.since_treatment[-4:]]
    if trend.latest is None:
        return ""
    if len(last) < 2:
        return (
            f"{trend.measure.title} is {trend.measure.say(trend.latest.total)}, {_against(case)}."
        )
    say = trend.measure.say
    low, high = min(last), max(last)
    steady = trend.measure.important is None or high - low < trend.measure.important
    span = say(low) if low == high else f"{say(low)} to {say(high)}"
    verb = "has stayed at" if steady else "has moved between"
    span = span if steady else span.replace(" to ", " and ")
    count = wording.word(len(last))
    lead = f"{trend.measure.title} {verb} {span} on the last {count} forms"
    return f"{lead}; the newest, {say(trend.latest.total)}, is {_against(case, stands=True)}."


def _against(case: Case, stands: bool = False) -> str:
    """Points from baseline and whether they pass the reliable change, by that name: it is not the
    important change, nor one standard error."""
    trend = case.trend
    if trend.change is None or trend.baseline is None:
        return "without a baseline to compare with"
    points, baseline = trend.change.points, wording.fixed(trend.baseline.value)
    where = f"the {baseline} before treatment" if case.done else f"the first score of {baseline}"
    if round(points, 1) == 0:
        return f"the same as {where}" if stands else f"as against {where}"
    way = "lower" if points < 0 else "higher"
    needs = wording.number(trend.measure.reliable or 0)
    sure = {
        True: f", a reliable change ({needs} or more)",
        False: f", less than a reliable change ({needs})",
        None: f"; {trend.measure.against_error(points)}",
    }
    tail = sure[trend.change.reliable]
    if stands:
        return f"{wording.fixed(abs(points))} points {way} than {where}{tail}"
    return f"against {where[4:]}: {wording.fixed(abs(points))} points {way}{tail}"


def attention_of(case: Case, evidence: Evidence) -> Attention:
    """The first category that applies, with the rule and the reason in a few words."""
    tests: tuple[
        tuple[str, Callable[[Case, Evidence], tuple[tuple[str, ...], str] | None]], ...
    ] = (
        ("open alert", _open_alert),
        ("confirmed change", _confirmed),
        ("single flag", _single),
        ("harm", _harm),
        ("early course", _early_course),
        ("no response", _no_response),
        ("silence", _silence),
    )
    for category, test in tests:
        found = test(case, evidence)
        if found:
            return Attention(category, ATTENTION.index(category), *found)
    return Attention("steady", ATTENTION.index("steady"), evidence.speaking, _steady(case))


def _open_alert(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    alerts = [alert for alert in case.facts.alerts if alert.state != "closed"]
    if not alerts:
        return None
    oldest = min(alerts, key=lambda alert: alert.raised_at)
    todo = "not acknowledged" if oldest.acknowledged_at is None else "outcome not recorded"
    return ("S1†",), f"{oldest.text}, {wording.day(oldest.raised_at, case.facts.zone)}: {todo}."


def _confirmed(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    flag = case.standing_flag
    if flag and flag.kind == "confirmed":
        marks = tuple(mark for mark in evidence.speaking if mark[:2] in ("T2", "L1", "W1", "X2"))
        reference = wording.fixed(flag.reference)
        return marks or (
            "worsening",
        ), f"{case.trend.measure.say(flag.score)}, against a reference of {reference}: confirmed."
    if evidence.state("X2") == "fires":
        return ("X2†",), f"{evidence.finding('X2').values['last']}: above baseline, confirmed."
    for rule, found in evidence.beside:
        if found.state == "beside_fires":
            said = f"{found.values['scale']} {found.values['last']}"
            return (rule.mark,), f"{said}: above its baseline, confirmed."
    return None


def _single(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    flag = case.standing_flag
    if flag is None or evidence.sufficiency.state == "not_interpretable":
        return None
    rise = wording.number(abs(flag.score - flag.reference))
    score = case.trend.measure.say(flag.score)
    way = "up" if flag.score > flag.reference else "down"
    return ("worsening",), f"{score} on one form, {way} {rise}; the rule needs a second."


def _harm(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    found = evidence.finding("X3")
    return (("X3†",), f"{found.values['inputs']}.") if found.state == "fires" else None


def _early_course(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    if case.induction_over or evidence.sufficiency.state == "not_interpretable":
        return None
    count = wording.plural(len(case.done), "session")
    marks = tuple(mark for mark in evidence.speaking if mark[:2] in ("I1", "I2", "I3"))
    latest = case.trend.latest
    better = case.trend.percent_better(latest.total) if latest else None
    if better is None or not case.done:
        return marks, f"{count} done."
    word = "lower" if better >= 0 else "higher"
    return marks, f"{wording.percent(abs(better))} {word} after {count}."


def _no_response(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    """Steady at or beyond the cut-off and no better than before treatment: calm, and not well."""
    if evidence.sufficiency.state != "enough" or case.trend.latest is None:
        return None
    measure, score = case.trend.measure, case.trend.latest.total
    mild = measure.cutoff is not None and measure.worse(score - measure.cutoff) < 0
    if case.trend.outcome not in ("none", "worse") or case.trend.remission or mild:
        return None
    standing = case.standing
    change = f"{standing['percent']} {standing['direction']} than before treatment"
    return evidence.speaking, f"{_steady(case)[:-1]}; {change}."


def _silence(case: Case, evidence: Evidence) -> tuple[tuple[str, ...], str] | None:
    if evidence.sufficiency.state != "not_interpretable":
        return None
    if case.trend.latest is None:
        return ("D0†",), "No form answered."
    days = case.age_days(case.trend.latest.at)
    return ("D0†",), f"Silent for {days} days; the last form {_last_move(case.trend.points, case)}."


def _steady(case: Case) -> str:
    last = [p.total for p in case.trend.points[-4:]]
    if not last:
        return "No form yet."
    say = case.trend.measure.say
    span = say(last[0]) if len(set(last)) == 1 else f"{say(min(last))} to {say(max(last))}"
    return f"{span} on the last {wording.plural(len(last), 'form')}."
