"""When a decision is due, and the rules that say so."""

from reports import wording
from reports.evidence import Case
from reports.evidence.columns import Evidence

# Rules that, while they speak, ask for a decision before anything is given again.
BEFORE_NEXT = ("S1", "I2", "I3", "T2", "L1", "W1", "W2", "X2", "X3")


def decision_due(case: Case, evidence: Evidence) -> tuple[str, str] | None:
    """When, and by which rule or whose agreement; None where neither names a time."""
    calling = _calling(evidence)
    if calling:
        return _next_session(case), "; ".join([_rules(calling), *_besides(case, evidence)])
    if evidence.sufficiency.state == "not_interpretable":
        silent = evidence.sufficiency.silent
        first = "reach the patient first" if silent else "none while unreadable"
        return first, "; ".join(["D0†", *_besides(case, evidence)])
    review = evidence.finding("R1")
    if review.state == "fires":
        return review.values["what"], f"rule R1†, since {review.values['since']}"
    if evidence.state("I3") == "unfinished":
        return "end of induction", "rule I3"
    return _agreed(case)


def _calling(evidence: Evidence) -> list[str]:
    """Marks of those that speak now; of I3 only what speaks against going on."""
    failed = evidence.state("I3") in ("none", "worse")
    return [
        mark
        for mark in evidence.speaking
        if (rule := mark.rstrip("†")) in BEFORE_NEXT and (rule != "I3" or failed)
    ]


def _next_session(case: Case) -> str:
    """By its number and day where it is booked."""
    planned = case.facts.planned
    if not planned:
        return "before the next session"
    return f"before session {len(case.done) + 1} on {wording.day(planned[0].at, case.facts.zone)}"


def _rules(marks: list[str]) -> str:
    return f"rule{'s' if len(marks) > 1 else ''} {', '.join(marks)}"


def _besides(case: Case, evidence: Evidence) -> list[str]:
    """A review that is due as well, or the day that was agreed for one, however little is known of
    the scores."""
    review, agreed = evidence.finding("R1"), _agreed(case)
    if review.state == "fires":
        return [f"{review.values['what']} (R1†)"]
    return [f"agreed {agreed[0]}"] if agreed else []


def _agreed(case: Case) -> tuple[str, str] | None:
    last = case.facts.decisions[-1] if case.facts.decisions else None
    if last is None or last.review_on is None:
        return None
    made = wording.day(last.decided_at, case.facts.zone)
    return wording.calendar_day(last.review_on), f"agreed on {made}"
