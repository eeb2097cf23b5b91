"""The line across the top of a page: the alert, and before it what its silence must not hide."""

from collections.abc import Mapping
from dataclasses import replace

from reports.evidence import Case
from reports.evidence.columns import Evidence
from reports.header import AlertLine, alert_line
from reports.wording import plural
from surveys.instrument import Instrument

REACH_FIRST = "Reach the patient first."
NOT_ASKED = "Self-harm was not asked on any form."


def banner(case: Case, evidence: Evidence, instruments: Mapping[str, Instrument]) -> AlertLine:
    """An open alert leads. Without one a patient to reach leads, or a question nobody asked: a bold
    "No open alert." would read as if all were well."""
    line, asked = alert_line(case), self_harm_asked(case, instruments)
    if line.open:
        return line if asked else replace(line, text=f"{line.text} {NOT_ASKED}")
    said = line.text if asked else _earlier(len(case.facts.alerts))
    first = [REACH_FIRST] if evidence.sufficiency.silent else []
    first += [] if asked else [NOT_ASKED]
    if not first:
        return line
    return replace(line, lead=" ".join(first), text=f"{line.lead} {said}".strip())


def _earlier(closed: int) -> str:
    return f"{plural(closed, 'earlier alert')}, each closed with an outcome." if closed else ""


def self_harm_asked(case: Case, instruments: Mapping[str, Instrument]) -> bool:
    """Whether any form of the course, answered or only sent, has a question that asks it."""
    names = {form.instrument for form in case.facts.forms}
    names |= {name for one in case.facts.occurrences or () for name in one.instruments}
    found = (instruments[name] for name in names if name in instruments)
    return any(alert.safety for instrument in found for alert in instrument.alerts)
