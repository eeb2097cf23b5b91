"""The foot of a page: which report, where its sentences come from, which versions it used."""

from collections.abc import Mapping, Sequence

from reports import wording
from reports.evidence import Rule
from reports.facts import CourseFacts
from reports.packet import file_stem
from surveys.instrument import Instrument

# Letters of a source in the footer.
LONGEST_SOURCE = 80


def footer(
    facts: CourseFacts, instruments: Mapping[str, Instrument], rules: Sequence[Rule]
) -> tuple[str, str, str]:
    """Which report this is and how to trace it; the versions it used; what it is for."""
    known = wording.moment(facts.known_at, facts.zone)
    instrument = instruments[facts.primary]
    used = [instrument, *(instruments[name] for name in _others(facts))]
    asked = ", ".join(f"{one.short_title} v{one.version}" for one in used)
    written = f"{asked}; protocol v{facts.protocol_version}"
    points = instrument.reliable_change
    if points is not None:
        source = _in_short(instrument.sources.get("reliable_change", "the clinic's own file"))
        written += f"; reliable change {wording.number(points)} points ({source})"
    written += _level_from(facts, instrument)
    versions = ", ".join(rule.name for rule in rules)
    head = f"Report {facts.report_number}, known at {known}."
    return (
        " ".join(filter(None, (head, _how_to_trace(facts), facts.clinic))),
        f"{written}; rules {versions}.",
        "Evidence to weigh, not advice. The decision is the clinician’s.",
    )


def _in_short(source: str) -> str:
    """Its first words where it is long; the whole is on the methods page."""
    return source if len(source) <= LONGEST_SOURCE else source.split(",")[0]


def _others(facts: CourseFacts) -> Sequence[str]:
    """The questionnaires beside the primary one that a page of these facts reads."""
    answered = {form.instrument for form in facts.forms if form.answered_at <= facts.as_of}
    return sorted(answered - {facts.primary})


def _how_to_trace(facts: CourseFacts) -> str:
    file = f"{file_stem(facts.patient, facts.report_number)}.json"
    return f"Trace of each sentence: {file}."


def _level_from(facts: CourseFacts, instrument: Instrument) -> str:
    """Whose forms say how far the level wanders, or that only the prior does."""
    if instrument.measurement_error is None:
        return ""
    found = facts.wander
    if found is None:
        return "; level by the prior alone, nothing pooled yet"
    when = f" on {wording.day(found.pooled_at, facts.zone)}" if found.pooled_at else ""
    pairs = wording.plural(found.pairs, "pair")
    return (
        f"; level pooled{when} from {pairs} of forms of {wording.plural(found.patients, 'patient')}"
    )


def versions(
    facts: CourseFacts, instruments: Mapping[str, Instrument], rules: Sequence[Rule]
) -> Mapping[str, int]:
    """Of everything a page was made from, by name."""
    used = {form.instrument for form in facts.forms} | {facts.primary}
    found = {f"instrument {name}": instruments[name].version for name in sorted(used)}
    found["protocol"] = facts.protocol_version
    return found | {f"rule {rule.id}": rule.version for rule in rules}
