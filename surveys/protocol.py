"""Treatment protocols as data: the phases, and which survey falls due when.

The schema of the files is documented in `surveys/protocols/README.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.catalogue import Entry, catalogue, every_instrument
from surveys.clock import QUIET_FROM, QUIET_UNTIL
from surveys.declaration import Declaration, DeclarationError, read_declaration
from surveys.instrument import Instrument

SHIPPED = Path(__file__).parent / "protocols"
# What a rule counts from. Only sessions that were done anchor anything.
ANCHORS = (
    "enrolment", "each-session", "first-session", "last-induction-session", "maintenance-session"
)  # fmt: skip
# What may close a window before its time, and what may end a rule.
CLOSERS = ("first-session", "next-session")
ENDS = ("end-of-induction", "next-session")
# When alone a rule asks: while the interval is longer than the one before it.
DURING = ("lengthened-interval",)
# Where a schedule comes from: published trials or cohorts, a product's label, the words of one
# clinic or health service about itself, or our own default without any of these.
STATUSES = ("studied", "label", "service", "template")
# Days from session 1 after which an induction with too few sessions, and none booked, is left and
# no longer under way, where its file names no other number. Our judgement: twice the 28 days of the
# longest induction described (McInnes 2022: four to eight infusions in 7 to 28 days).
LEFT_AFTER_DAYS = 56


@dataclass(frozen=True)
class Phase:
    """`patterns`: sessions per week, one row per customary arrangement.

    `sessions`: how many, or how many at least where there is `sessions_at_most`: then those within
    `within_days` of the first count. `interval_days`: the customary span between sessions, both
    ends included. `steps_days`: the intervals of a taper, one step after the other.
    `left_after_days`: from session 1 on, an induction that lacks sessions then is left.
    """

    id: str
    title: str
    sessions: int | None
    sessions_at_most: int | None
    within_days: int | None
    steps_days: tuple[int, ...]
    patterns: tuple[tuple[int, ...], ...]
    interval_days: tuple[int, int] | None
    source: str
    left_after_days: int = LEFT_AFTER_DAYS


@dataclass(frozen=True)
class Survey:
    """The instruments a patient answers under one link."""

    id: str
    title: str
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class Elapsed:
    """So many hours after the anchor, whatever the clocks on the wall do."""

    hours: int


@dataclass(frozen=True)
class Wall:
    """At `at` patient time on these days after the anchor's day; day 0 is the anchor's own.

    With `every` the days go on at that step, up to `at_most` times where that is set.
    """

    at: time
    days: tuple[int, ...]
    every: int | None
    at_most: int | None


@dataclass(frozen=True)
class PlanRule:
    """`open_hours` after falling due the window closes, or earlier at `closes_early_at`.

    Nothing falls due from `ends_after_days` past `ends_at` on, nor outside of `during` where that
    is set. `min_spacing_days` replaces the protocol's own.
    """

    id: str
    survey: str
    anchor: str
    due: Elapsed | Wall
    open_hours: int
    closes_early_at: str
    ends_at: str
    ends_after_days: int
    min_spacing_days: int
    during: str
    why: str


@dataclass(frozen=True)
class Protocol:
    """`rules` stand in order of importance: where two forms come too close, the earlier rule wins.

    `min_spacing_days`: calendar days, patient time, between two forms of the same instrument.
    `reminders_after_hours`: hours after the invitation, while the window is open.
    `most_questions_per_week`: in any seven days; `together_within_hours`: forms due so close to
    each other travel in one mail. `induction_sessions`: 0 where there is no induction, else the
    sessions without which it is not over. `known`: every questionnaire of the clinic by id, asked
    or not: how many questions one has is needed where a form asks it, or once asked it.
    """

    id: str
    version: int
    title: str
    summary: str
    status: str
    source: str
    route: str
    induction_sessions: int
    phases: tuple[Phase, ...]
    surveys: Mapping[str, Survey]
    rules: tuple[PlanRule, ...]
    reminders_after_hours: tuple[int, ...]
    min_spacing_days: int
    most_questions_per_week: int
    together_within_hours: int
    known: Mapping[str, Instrument] = field(default_factory=every_instrument, repr=False)

    def rule(self, rule_id: str) -> PlanRule:
        return next(rule for rule in self.rules if rule.id == rule_id)

    @property
    def induction(self) -> Phase | None:
        return next((phase for phase in self.phases if phase.id == "induction"), None)

    @property
    def after_induction(self) -> str:
        """The phase that a course comes to and stays in: "maintenance" or "taper"."""
        later = (phase.id for phase in self.phases if phase.id != "induction")
        return next(later, "maintenance")


def load_protocol(path: Path, entries: Mapping[str, Entry] | None = None) -> Protocol:
    """Raises DeclarationError naming every mistake in the file.

    `entries`: the questionnaires it may name, those of Afterglow alone where left out.
    """
    entries = catalogue(None) if entries is None else entries
    declaration = read_declaration(path)
    protocol = _read_protocol(declaration)
    declaration.finish()
    problems = declaration.problems or list(_contradictions(protocol, entries))
    if problems:
        raise DeclarationError(path, problems)
    known = {id_: entry.instrument for id_, entry in entries.items()}
    return replace(protocol, known=MappingProxyType(known))


@cache
def shipped_protocols() -> Mapping[str, Protocol]:
    protocols = [load_protocol(path) for path in sorted(SHIPPED.glob("*.toml"))]
    return MappingProxyType({protocol.id: protocol for protocol in protocols})


def _read_protocol(top: Declaration) -> Protocol:
    spacing = top.whole("min_spacing_days")
    phases = tuple(_read_phase(table) for table in top.tables("phases"))
    surveys = top.table("surveys").named_tables()
    return Protocol(
        id=top.text("id"),
        version=top.whole("version"),
        title=top.text("title"),
        summary=top.text("summary"),
        status=top.choice("status", STATUSES),
        source=top.text("source"),
        route=top.text("route"),
        induction_sessions=next((p.sessions or 0 for p in phases if p.id == "induction"), 0),
        phases=phases,
        surveys=MappingProxyType({name: _read_survey(name, surveys[name]) for name in surveys}),
        rules=tuple(_read_rule(table, spacing) for table in top.tables("rules")),
        reminders_after_hours=top.whole_numbers("reminders_after_hours"),
        min_spacing_days=spacing,
        most_questions_per_week=top.whole("most_questions_per_week"),
        together_within_hours=top.whole("together_within_hours"),
    )


def _read_phase(table: Declaration) -> Phase:
    phase = Phase(
        id=table.choice("id", ("induction", "maintenance", "taper")),
        title=table.text("title"),
        sessions=_whole_or_none(table, "sessions"),
        sessions_at_most=_whole_or_none(table, "sessions_at_most"),
        within_days=_whole_or_none(table, "within_days"),
        steps_days=table.whole_numbers("steps_days", []),
        patterns=table.rows("patterns"),
        interval_days=table.pair("interval_days") if "interval_days" in table else None,
        source=table.text("source"),
        left_after_days=table.whole("left_after_days", LEFT_AFTER_DAYS),
    )
    table.finish()
    return phase


def _whole_or_none(table: Declaration, key: str) -> int | None:
    return table.whole(key) if key in table else None


def _read_survey(name: str, table: Declaration) -> Survey:
    survey = Survey(name, table.text("title"), table.texts("instruments"))
    table.finish()
    return survey


def _read_rule(table: Declaration, spacing: int) -> PlanRule:
    hours = "open_hours" in table
    rule = PlanRule(
        id=table.text("id"),
        survey=table.text("survey"),
        anchor=table.choice("anchor", ANCHORS),
        due=_read_elapsed(table) if "after_hours" in table else _read_wall(table),
        open_hours=table.whole("open_hours") if hours else 24 * table.whole("open_days"),
        closes_early_at=table.choice("closes_early_at", CLOSERS, ""),
        ends_at=table.choice("ends_at", ENDS, ""),
        ends_after_days=table.whole("ends_after_days", 0),
        min_spacing_days=table.whole("min_spacing_days", spacing),
        during=table.choice("during", DURING, ""),
        why=table.text("why"),
    )
    table.finish()
    return rule


def _read_elapsed(table: Declaration) -> Elapsed:
    return Elapsed(table.whole("after_hours"))


def _read_wall(table: Declaration) -> Wall:
    every = _whole_or_none(table, "every_days")
    return Wall(
        at=_read_time(table),
        days=table.whole_numbers("days", [every] if every else None),
        every=every,
        at_most=_whole_or_none(table, "at_most"),
    )


def _read_time(table: Declaration) -> time:
    text = table.text("at")
    try:
        return time.fromisoformat(text)
    except ValueError:
        table.note(f'`at` is "{text}"; write a time of day such as "09:00"')
        return time(9)


def _contradictions(protocol: Protocol, entries: Mapping[str, Entry]) -> Iterator[str]:
    """What is well-formed in each place but cannot be true of one protocol."""
    if protocol.version < 1:
        yield "`version` starts at 1"
    if protocol.induction and protocol.induction_sessions < 1:
        yield 'the phase "induction" needs `sessions`, at least 1'
    if not protocol.rules:
        yield "[[rules]] are missing: nothing would ever fall due"
    yield from _phase_problems(protocol.phases)
    for survey in protocol.surveys.values():
        yield from naming_problems(survey.id, survey.instruments, entries)
    yield from _rule_problems(protocol)


def _phase_problems(phases: Iterable[Phase]) -> Iterator[str]:
    for phase in phases:
        for pattern in phase.patterns:
            if phase.sessions is not None and sum(pattern) != phase.sessions:
                yield f"pattern {list(pattern)} does not add up to {phase.sessions} sessions"
        if (phase.sessions_at_most is None) != (phase.within_days is None):
            yield f'phase "{phase.id}": `sessions_at_most` and `within_days` need each other'
        if phase.sessions_at_most is not None and phase.sessions_at_most < (phase.sessions or 0):
            yield f'phase "{phase.id}": `sessions_at_most` is less than `sessions`'
        if phase.left_after_days <= (phase.within_days or 0):
            yield f'phase "{phase.id}": `left_after_days` is more than 0 and than `within_days`'
        if list(phase.steps_days) != sorted(set(phase.steps_days)):
            yield f'phase "{phase.id}": the steps of a taper grow longer; reorder `steps_days`'


def naming_problems(
    survey: str, instruments: Iterable[str], entries: Mapping[str, Entry]
) -> Iterator[str]:
    """Why a survey cannot ask patients these questionnaires, each with what to do."""
    for name in instruments:
        reason = _cannot_be_asked(entries.get(name))
        if reason:
            yield f'survey "{survey}" names instrument "{name}", {reason}'


def _cannot_be_asked(entry: Entry | None) -> str:
    if entry is None:
        return "which no file declares; `afterglow instruments` lists them"
    if not entry.on:
        return f"which is {entry.why}; confirm it in your own folder or leave it out"
    if entry.instrument.kind == "clinician-rated":
        return "which a clinician rates, never a patient; leave it out"
    if not entry.instrument.items:
        return "which is known by its total alone; it has no questions to ask, leave it out"
    return ""


def _rule_problems(protocol: Protocol) -> Iterator[str]:
    ids = [rule.id for rule in protocol.rules]
    for rule in protocol.rules:
        if ids.count(rule.id) > 1:
            yield f'rule "{rule.id}" stands here twice'
        if rule.survey not in protocol.surveys:
            yield f'rule "{rule.id}" names survey "{rule.survey}", which is not declared'
        if rule.open_hours < 1:
            yield f'rule "{rule.id}" would close before it opens; raise open_days or open_hours'
        if rule.anchor == "last-induction-session" and not protocol.induction:
            yield f'rule "{rule.id}" counts from the induction, and no phase "induction" is there'
        yield from _due_problems(rule)


def _due_problems(rule: PlanRule) -> Iterator[str]:
    if isinstance(rule.due, Elapsed):
        if rule.due.hours < 0:
            yield f'rule "{rule.id}" falls due before its anchor; after_hours starts at 0'
        return
    if min(rule.due.days) < 1 or list(rule.due.days) != sorted(set(rule.due.days)):
        yield f'rule "{rule.id}": days start at 1 and rise'
    if rule.due.every is not None and rule.due.every < 1:
        yield f'rule "{rule.id}": every_days starts at 1'
    if not QUIET_UNTIL <= rule.due.at < QUIET_FROM:
        yield f'rule "{rule.id}" asks at {rule.due.at:%H:%M}, when patients are not written to'
