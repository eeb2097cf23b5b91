"""How fresh a report is: the report before it, what was asked and what came, how old it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reports import wording
from reports.evidence import Case, Rule
from reports.evidence.sufficiency import gate, newest_allowed
from reports.facts import CourseFacts

RECEIVED, UNREACHABLE, SKIPPED, UNANSWERED, OPEN = (
    "received", "unreachable", "skipped", "not answered", "still open",
)  # fmt: skip
# What became of a survey that fell due. Cancelled and superseded ones are not expected any more.
BECAME = {
    "answered": RECEIVED,
    "unreachable": UNREACHABLE,
    "skipped": SKIPPED,
    "expired": UNANSWERED,
    "planned": OPEN,
    "due": OPEN,
    "sent": OPEN,
}


@dataclass(frozen=True)
class Freshness:
    """`numbered` names this report and the one before it; `stale` is empty where nothing is."""

    numbered: str
    collected: str
    stale: str


def freshness_of(case: Case, rules: Sequence[Rule]) -> Freshness:
    return Freshness(_numbered(case.facts), _collected(case.facts), _stale(case, gate(rules)))


def counted(facts: CourseFacts) -> Counter[str]:
    """Surveys due up to `as_of`, by what became of them; together they are what was expected."""
    due = (o.state for o in facts.occurrences or () if o.due_at <= facts.as_of)
    return Counter(BECAME[state] for state in due if state in BECAME)


def _numbered(facts: CourseFacts) -> str:
    """Numbers have no gaps: whoever holds 5 and not 4 knows that one is missing."""
    before = facts.previous
    if before is None:
        return f"Report {facts.report_number}, none before it"
    day = wording.weekday(before.as_of, facts.zone)
    return f"Report {facts.report_number}, after report {before.number} of {day}"


def _collected(facts: CourseFacts) -> str:
    if facts.occurrences is None:
        return "Surveys expected: not known, the file does not say what was sent."
    found = counted(facts)
    named = (RECEIVED, UNREACHABLE, SKIPPED, UNANSWERED, OPEN)
    parts = ", ".join(f"{found[what]} {what}" for what in named)
    return f"Surveys expected so far {found.total()}: {parts}."


def _stale(case: Case, rule: Rule) -> str:
    """Older than rule D0 lets the newest form be; the page says so beside the number it read."""
    latest = case.trend.latest
    if latest is None:
        return "Stale: no form has been answered." if case.trend.missed else ""
    age, allowed = case.age_days(latest.at), newest_allowed(case, rule)
    if age <= allowed:
        return ""
    limit = wording.plural(int(allowed), "day")
    return f"Stale: the newest form is {age} days old; {rule.mark} allows {limit}."
