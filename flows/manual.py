"""The manual of scoring and scheduling, written from the files themselves. Pure.

Three tables in Markdown. Sources stand in the files, one beside each number, and in
`afterglow instruments`.
"""

from collections.abc import Collection, Iterable, Iterator

from surveys.catalogue import Entry
from surveys.instrument import Instrument
from surveys.protocol import Elapsed, Phase, PlanRule, Protocol

OPENS, CLOSES = "<!-- manual: afterglow instruments --manual -->", "<!-- end of the manual -->"
WAYS = {
    "sum": "sum",
    "mean": "mean",
    "domain-maxima": "highest of each domain, added",
    "triage": "level, never a total",
}
ANCHORS = {
    "enrolment": "enrolment",
    "each-session": "each session",
    "first-session": "session 1",
    "last-induction-session": "the last session of the induction",
    "maintenance-session": "each session after the induction",
}


def manual(entries: Iterable[Entry], protocols: Collection[Protocol]) -> str:
    """Questionnaires, those that are on first, and protocols, between the README's two markers."""
    in_order = sorted(entries, key=lambda one: (not one.on, one.instrument.id))
    return "\n".join(
        [
            OPENS,
            *_table(
                "Questionnaire|Looks back|Questions|Score|Bands|Answers missing"
                "|Points that matter; beyond chance|Somebody is told of",
                (_instrument(entry) for entry in in_order),
            ),
            "",
            *_table(
                "Protocol|Phases|Asked, the more important first|Questions in seven days, at most",
                (_protocol(one) for one in protocols),
            ),
            "",
            *_table("Asked|When|In", _rules(protocols)),
            CLOSES,
        ]
    )


def _table(heads: str, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = heads.split("|")
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _instrument(entry: Entry) -> Iterator[str]:
    one = entry.instrument
    off = "" if entry.on else ", off until confirmed"
    yield f"`{one.id}` {one.version}: {one.short_title}{off}"
    yield f"{one.recall_days} days" if one.recall_days else "no fixed time"
    aside = len(one.items) - len(one.scored_items) if one.scored else 0
    yield f"{len(one.items)}, {aside} not added" if aside else str(len(one.items))
    yield _score(one)
    yield "; ".join(f"{band.lo}–{band.hi} {band.label}" for band in one.bands) or "none"
    yield _missing(one)
    yield _change(one)
    yield _told(one)


def _score(one: Instrument) -> str:
    if not one.scored:
        return "none: read answer by answer"
    way = WAYS[one.method]
    if one.score_range is None:
        return way
    low, high = one.score_range
    better = ", higher is better" if one.direction == "higher_is_better" else ""
    parts = [f"{way}, {low}–{high}{better}", *(subscore.title for subscore in one.subscores)]
    if one.cutoff is not None:
        side = "up to" if better else "from"
        parts.append(f"screen positive {side} {one.cutoff}")
    if one.remission_below is not None:
        parts.append(f"remission below {one.remission_below:g}")
    return "; ".join(parts)


def _missing(one: Instrument) -> str:
    if not one.scored:
        return "said, never counted"
    if one.method == "triage":
        return "a level only where no open answer could raise it"
    if one.domains:
        needs = "each domain needs its questions"
        partners = any(group for domain in one.domains for group in domain.needs if len(group) > 1)
        return f"{needs}; of partners one is enough" if partners else needs
    passed = ["questions passed over are not missing"] if one.skips else []
    allowed = one.missing_allowed
    if not allowed:
        return "; ".join(["all are needed", *passed])
    noun = "1 may be" if allowed == 1 else f"up to {allowed} may be"
    return "; ".join([f"{noun} open: the mean of the others stands in; more: no total", *passed])


def _change(one: Instrument) -> str:
    if one.important_change is None and one.reliable_change is None:
        return "not established"
    matters = "not established" if one.important_change is None else f"{one.important_change:g}"
    if one.reliable_change is None:
        return f"{matters}; not established"
    others = " or ".join(f"{choice.points}" for choice in one.reliable_choices)
    choice = f", or {others} if the clinic chooses" if others else ""
    return f"{matters}; {one.reliable_change:g}{choice}"


def _told(one: Instrument) -> str:
    answers = [f"{alert.item} ≥ {alert.at_least}" for alert in one.alerts]
    return ", ".join([*answers, *(alert.about for alert in one.flag_alerts)]) or "nothing"


def _protocol(one: Protocol) -> Iterator[str]:
    yield f"`{one.id}` {one.version}"
    yield "; ".join(_phase(phase) for phase in one.phases)
    yield ", ".join(rule.id for rule in one.rules)
    yield str(one.most_questions_per_week)


def _rules(protocols: Collection[Protocol]) -> Iterator[Iterable[str]]:
    """Each way of asking once, with the protocols that ask so."""
    asking: dict[tuple[str, str], list[str]] = {}
    for protocol in protocols:
        for rule in protocol.rules:
            asking.setdefault(_rule(rule, protocol), []).append(f"`{protocol.id}`")
    for (asked, when), names in sorted(asking.items()):
        yield asked, when, "every protocol" if len(names) == len(protocols) else ", ".join(names)


def _phase(phase: Phase) -> str:
    if phase.steps_days:
        return f"{phase.id}: {', '.join(map(str, phase.steps_days))} days apart"
    count = "" if phase.sessions is None else f" {phase.sessions}"
    if phase.sessions_at_most is not None:
        count += f" to {phase.sessions_at_most} in {phase.within_days} days"
    weeks = " or ".join("-".join(map(str, pattern)) for pattern in phase.patterns)
    spans = "" if phase.interval_days is None else "{}–{} days apart".format(*phase.interval_days)
    details = ", ".join(part for part in (f"{weeks} a week" if weeks else "", spans) if part)
    said = ", ".join(part for part in (f"sessions{count}" if count else "", details) if part)
    return f"{phase.id}: {said}" if said else f"{phase.id}: as needed"


def _rule(rule: PlanRule, protocol: Protocol) -> tuple[str, str]:
    asked = " + ".join(protocol.surveys[rule.survey].instruments)
    when = f"{_due(rule)}, open {_span(rule.open_hours)}{_end(rule)}"
    return f"{rule.id}: {asked}", when


def _due(rule: PlanRule) -> str:
    after = ANCHORS[rule.anchor]
    if isinstance(rule.due, Elapsed):
        return f"{rule.due.hours} h after {after}" if rule.due.hours else f"at {after}"
    days = ", ".join(map(str, rule.due.days))
    onward = "" if rule.due.every is None else f", then every {rule.due.every} days"
    if rule.due.every is not None and rule.due.days == (rule.due.every,):
        days, onward = "", f"every {rule.due.every} days"
    at_most = "" if rule.due.at_most is None else f", {rule.due.at_most} times at most"
    lead = f"on day {days}" if days else ""
    return f"{lead}{onward} after {after}, {rule.due.at:%H:%M}{at_most}"


def _span(hours: int) -> str:
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"


def _end(rule: PlanRule) -> str:
    early = {"first-session": " or to session 1", "next-session": " or to the next session"}
    ends = {"end-of-induction": "the end of the induction", "next-session": "the next session"}
    until = ""
    if rule.ends_at:
        later = f" and {rule.ends_after_days} days" if rule.ends_after_days else ""
        until = f", until {ends[rule.ends_at]}{later}"
    only = ", only while the interval is longer than the one before" if rule.during else ""
    return f"{early.get(rule.closes_early_at, '')}{until}{only}"
