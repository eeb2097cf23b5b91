"""Whether a benefit lasts: steady at an interval, a step not held, a response lost, none now."""

from collections.abc import Sequence
from statistics import fmean

from reports import wording
from reports.evidence.case import Case
from reports.evidence.finding import (
    PHQ9,
    QUIET,
    Finding,
    improved_score,
    percent_better,
    said,
)
from reports.evidence.reference import held_against
from reports.evidence.rules import Rule
from reports.evidence.taper import (
    gained,
    no_reliable_gain,
    no_rescue,
    rescue_words,
    stated_rescue,
)
from reports.trends import Point
from reports.trends.lasting import effects


def steady_at_interval(case: Case, rule: Rule) -> Finding:
    """In remission, or half of baseline and mild, twice in a row, four weeks at this interval."""
    limits, rung = rule.thresholds, case.rung
    if rung is None or case.trend.latest is None or case.trend.baseline is None:
        return QUIET
    if _ceiling(case, rule) is None and case.trend.measure.remission_below is None:
        return QUIET
    opened, days = rung
    held = case.age_days(opened.at)
    run = _trailing(case, rule)
    values = {
        **case.standing,
        "interval": str(days),
        "held": str(held),
        "needed": str(limits["days"]),
        "forms": wording.word(run).capitalize(),
        "reach": _reach(run, case, rule),
        "last": said(case.trend.points[-2:], case, "then"),
        "ceiling": _say_limit(case, _ceiling(case, rule)),
        "low": _low(case, rule),
        "rescue": _rescue(case),
        "unknown": _unknown(case),
        "next": str(next((n for n in limits["ladder"] if n > days + 3), "")),
        **_interval_words(case, days, held),
    }
    if run < limits["forms"] or held < limits["days"] or case.standing_flag:
        return Finding("not_met", values)
    return Finding("fires" if values["next"] else "top", values)


def _interval_words(case: Case, days: int, held: int) -> dict[str, str]:
    """A stretch that no booked session will end is time since the last one, and no interval."""
    if not case.unbooked:
        return {
            "at": f"at {days} days",
            "kept": f"{held} days at this interval",
            "closer": f"The present interval, {days} days",
        }
    since = f"{held} days since the last session, none booked"
    before = f"The interval before, {case.previous_rung} days" if case.previous_rung else "Sessions"
    return {"at": since, "kept": since, "closer": before}


def _unknown(case: Case) -> str:
    """What a calm score does not say: question 9 on none of the last two forms, no harm asked."""
    recent = {point.response_id for point in case.trend.points[-2:]}
    parts = []
    if not any(form.response_id in recent for form, _ in case.self_harm):
        parts.append("question 9")
    if not any(row.latest for row in case.harms):
        parts.append("harms")
    return f" Not known: {wording.listed(parts)}." if parts else ""


def _rescue(case: Case) -> str:
    """The score that would end a longer interval, fixed before it is begun."""
    rescue, agreed_at = stated_rescue(case)
    if rescue is None:
        return f"no rescue score: {no_rescue(case, case.facts.as_of)}"
    ends = no_reliable_gain(case, rescue)
    said = f"{rescue_words(case, rescue, agreed_at)}, on two forms"
    return f"{said}; the {ends}" if ends else said


def _trailing(case: Case, rule: Rule) -> int:
    """How many of the latest forms in a row qualify."""
    count = 0
    for point in reversed(case.forms_since(case.rung[0].at) if case.rung else ()):
        if not _qualifies(point.total, case, rule):
            break
        count += 1
    return count


def _reach(run: int, case: Case, rule: Rule) -> str:
    """In words, how low those forms were: in remission where all were, else under the ceiling."""
    limit = case.trend.measure.remission_below
    last = [point.total for point in case.trend.points[-run:]] if run else []
    if limit is not None and last and all(_in_remission(score, case) for score in last):
        return (
            f"{'below' if case.trend.measure.higher_is_worse else 'above'} {wording.number(limit)}"
        )
    ceiling = _ceiling(case, rule)
    if ceiling is None:
        return "in remission"
    return f"at {wording.number(ceiling)} or {_better_word(case)}"


def _qualifies(score: float, case: Case, rule: Rule) -> bool:
    half = percent_better(case, score) >= case.trend.measure.response_fraction * 100
    ceiling = _ceiling(case, rule)
    mild = ceiling is not None and case.trend.measure.worse(score - ceiling) <= 0
    return _in_remission(score, case) or (half and mild)


def _in_remission(score: float, case: Case) -> bool:
    limit = case.trend.measure.remission_below
    return limit is not None and case.trend.measure.worse(score - limit) < 0


def _ceiling(case: Case, rule: Rule) -> float | None:
    """The worst score that still counts as mild: the rule's on PHQ-9, elsewhere one point better
    than the instrument's cut-off; None where it has none."""
    measure = case.trend.measure
    if measure.id == PHQ9:
        return float(rule.thresholds["ceiling"])
    return None if measure.cutoff is None else measure.cutoff - measure.worse(1)


def _say_limit(case: Case, limit: float | None) -> str:
    return "–" if limit is None else case.trend.measure.say(limit)


def _low(case: Case, rule: Rule) -> str:
    """What counts as steady on this scale: "below 5, or at 9 or less and half of baseline"."""
    measure, ceiling = case.trend.measure, _ceiling(case, rule)
    side = "below" if measure.higher_is_worse else "above"
    parts = []
    if measure.remission_below is not None:
        parts.append(f"{side} {wording.number(measure.remission_below)}")
    if ceiling is not None:
        parts.append(f"at {wording.number(ceiling)} or {_better_word(case)} and half of baseline")
    return ", or ".join(parts)


def _better_word(case: Case) -> str:
    return "less" if case.trend.measure.higher_is_worse else "more"


def step_not_held(case: Case, rule: Rule) -> Finding:
    """A worsening at an interval that had been lengthened, from scores that had been gained, begun
    since and still there past the interval before. A stretch under way with no session booked was
    lengthened by nobody."""
    flag, rung, before = case.standing_flag, case.rung, case.previous_rung
    stepped = (
        rung is not None
        and (rung[0] is not case.done[-1] or bool(case.facts.planned))
        and before is not None
        and rung[1] > before + 3
        and case.induction_over
        and before >= rule.thresholds["from_interval_days"]
    )
    if not stepped or rung is None or (flag and not gained(case, flag.reference)):
        return QUIET
    values = {"interval": str(rung[1]), "before": str(before)} | _flag_values(case)
    doses = {s.dose_mg_per_kg for s in case.done[-3:] if s.dose_mg_per_kg is not None}
    values["dose"] = " The dose changed too." if len(doses) > 1 else ""
    values["bought"] = bought(case)
    if flag is None or flag.at <= rung[0].at:
        return Finding("not_met", values)
    if flag.kind == "single":
        return Finding("single", values)
    return Finding("fires" if case.risen_since_step else "not_met", values)


def bought(case: Case) -> str:
    """What came with the newest session, better or worse; empty where no form tells: whether a
    session still helps bears on treating closer and on treating again."""
    newest = effects(case.trend)[-1:]
    if not newest or newest[0].number != len(case.done):
        return ""
    say, one = case.trend.measure.say, newest[0]
    return f" With session {one.number}: {say(one.reached - one.change)} to {say(one.reached)}."


def worsening_confirmed(case: Case, rule: Rule) -> Finding:
    """The standing flag: two forms in a row worse than the stable ones, at whatever interval."""
    flag = case.standing_flag
    if flag is None:
        return QUIET
    values = _flag_values(case) | {"shared": _shared_days(case.trend.points[-2:], case)}
    return Finding("fires" if flag.kind == "confirmed" else "single", values)


def _shared_days(last: Sequence[Point], case: Case) -> str:
    """That the two forms are not two measurements, where they ask about the same days."""
    days, recall = case.facts.days_between(last[0].at, last[-1].at), case.trend.measure.recall_days
    shared = max(0, (recall or 0) - days)
    return f" The two forms ask about {shared} of the same {recall} days." if shared else ""


def response_lost(case: Case, rule: Rule) -> Finding:
    """Once a responder; the last two forms high and well above the best stable level."""
    points, measure = case.trend.points, case.trend.measure
    limits = _lost_limits(case, rule)
    if len(points) < 5 or case.trend.baseline is None or limits is None:
        return QUIET
    score_limit, above_best = limits
    best, last = _best_level(case), points[-2:]
    if best is None or percent_better(case, best) < measure.response_fraction * 100:
        return QUIET
    high = all(
        measure.worse(p.total - score_limit) >= 0
        and measure.reaches(measure.worse(p.total - best), above_best)
        for p in last
    )
    values = {
        **case.standing,
        "best": wording.number(best),
        "score_limit": wording.number(score_limit),
        "above_best": wording.number(above_best),
        "last": said(last, case),
        "overlap": _overlap(last, case),
        "bought": bought(case),
    }
    return Finding("fires" if high else "not_met", values)


def far_from_best(case: Case, rule: Rule) -> Finding:
    """The last two forms reliably worse than the best stable level, however slowly it came: a flag
    is held against the newest stable forms, and those go with a slow loss."""
    measure, last, best = case.trend.measure, case.trend.points[-2:], _best_level(case)
    if measure.reliable is None or best is None:
        return QUIET
    if not all(measure.reaches(measure.worse(p.total - best), measure.reliable) for p in last):
        return QUIET
    values = {
        "best": wording.fixed(best),
        "reliable": wording.number(measure.reliable),
        "last": said(last, case),
        "overlap": _overlap(last, case),
    }
    return Finding("fires", values)


def _best_level(case: Case) -> float | None:
    """The best mean of three forms in a row since session 1; None without three."""
    after = [p.total for p in case.trend.since_treatment]
    runs = [fmean(after[i : i + 3]) for i in range(len(after) - 2)]
    return min(runs, key=case.trend.measure.worse, default=None)


def _overlap(last: Sequence[Point], case: Case) -> str:
    """Whether the two forms are two measurements."""
    days, recall = case.facts.days_between(last[0].at, last[1].at), case.trend.measure.recall_days
    apart = f"The two forms are {days} days apart"
    shared = max(0, (recall or 0) - days)
    if not shared:
        return f"{apart}; life events and other treatment in between are not in them."
    return f"{apart} and ask about {shared} of the same {recall} days."


def _lost_limits(case: Case, rule: Rule) -> tuple[float, float] | None:
    """The score a lost response reaches, and how far above the best: the rule's on PHQ-9, elsewhere
    the instrument's own cut-off and reliable change; None where it lacks either."""
    measure = case.trend.measure
    if measure.id == PHQ9:
        return rule.thresholds["score_limit"], rule.thresholds["above_best"]
    if measure.cutoff is None or measure.reliable is None:
        return None
    return measure.cutoff, measure.reliable


def benefit_not_lasting(case: Case, rule: Rule) -> Finding:
    """Still more than weekly in the second month, or stepped back twice from the same interval."""
    limits = rule.thresholds
    if not case.done:
        return QUIET
    first, month = case.done[0].at, range(limits["from_day"], limits["to_day"])
    count = sum(case.facts.days_between(first, session.at) in month for session in case.done)
    weeks = len(month) / 7
    age = case.age_days(first) - limits["to_day"]
    if 0 <= age <= limits["speaks_for_days"] and count > weeks * limits["sessions_a_week"]:
        days = f"from day {limits['from_day']} to {limits['to_day']}"
        often = wording.plural(limits["sessions_a_week"], "session")
        claim = f"More than {often} a week in the second month"
        return Finding("fires", {"what": f"{count} sessions {days}", "claim": claim})
    rung, backs = max(case.step_backs.items(), key=lambda one: one[1], default=(0, 0))
    if backs >= limits["step_backs"]:
        times = f"{wording.word(backs)} times"
        claim = f"Intervals were shortened {times}"
        return Finding("fires", {"what": f"Shortened {times} from {rung} days", "claim": claim})
    return QUIET


def no_benefit_now(case: Case, rule: Rule) -> Finding:
    """Sessions beyond the induction, and each of the last forms after treatment began less than
    the rule's percentage better than before it."""
    limits, count = rule.thresholds, rule.thresholds["forms"]
    beyond = len(case.done) - case.induction_length
    last = case.trend.since_treatment[-count:]
    if case.trend.baseline is None or not case.induction_over or len(last) < count:
        return QUIET
    improved = any(percent_better(case, p.total) >= limits["improvement_percent"] for p in last)
    if improved or beyond < limits["sessions_beyond"]:
        return QUIET
    values = {
        **case.standing,
        "beyond": str(beyond),
        "done": str(len(case.done)),
        "last": said(last, case),
        "target": improved_score(case, limits["improvement_percent"]),
        "better": _better_word(case),
    }
    return Finding("fires", values)


def _flag_values(case: Case) -> dict[str, str]:
    """Of the newest flag; `reference` and `stable` apart, for a clinic's copy that names them."""
    flags = case.trend.flags
    if not flags:
        return {}
    last = flags[-1]
    row = [flag.score for flag in case.standing_run[-2:]]
    return {
        "risen": wording.listed([case.trend.measure.say(score) for score in row]),
        "against": held_against(last, case),
        "reference": wording.fixed(last.reference),
        "stable": ", ".join(map(case.trend.measure.say, last.reference_scores)),
        "threshold": wording.number(last.threshold),
    }
