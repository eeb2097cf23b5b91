"""Why a form is asked, held back or left out, in words and from the rule itself. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from itertools import chain, count, islice
from zoneinfo import ZoneInfo

from surveys.clock import QUIET_FROM, QUIET_UNTIL, Zone, elapsed, outside_quiet_hours
from surveys.confirmation import REASONS, Reason
from surveys.planned import UNPLANNED, Asked, LeftOut, Planned
from surveys.protocol import Elapsed, PlanRule, Protocol, Wall

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
ANCHORS = {
    "enrolment": "enrolment on {day}",
    "each-session": "the session of {day}",
    "first-session": "the first session, {day}",
    "last-induction-session": "the last session of the induction, {day}",
    "maintenance-session": "the session of {day}, in {phase}",
}
# Gives the title under which people know a questionnaire.
Title = Callable[[str], str]


def reason(
    protocol: Protocol, rule_id: str, ordinal: int, anchor_at: datetime | None, zone: Zone
) -> str:
    """When the rule asks, as "7 days after the session of 3 March". `anchor_at`: what it counts
    from, None where that is unknown; then the rule's own words say why it asks. Empty for a rule
    that the protocol does not have. A form more counts from the form that gave the reason."""
    if rule_id in REASONS:
        return _form_more(REASONS[rule_id], anchor_at, zone)
    if rule_id == UNPLANNED:
        return "filled in at the clinic, outside the plan"
    rule = _rule(protocol, rule_id)
    if rule is None:
        return ""
    if anchor_at is None or rule.anchor not in ANCHORS:
        return rule.why
    words = ANCHORS[rule.anchor]
    anchor = words.format(day=day(anchor_at, zone), phase=protocol.after_induction)
    if isinstance(rule.due, Elapsed):
        return _hours(rule.due, anchor, anchor_at, zone)
    only = "; only while the interval is longer than the one before" if rule.during else ""
    return _days(rule.due, anchor, ordinal) + only


def purpose(protocol: Protocol, rule_id: str) -> str:
    """What the rule is for, in its author's words; empty for a rule the protocol does not have."""
    if rule_id in REASONS:
        return REASONS[rule_id].why
    rule = _rule(protocol, rule_id)
    return rule.why if rule else ""


def held(form: Planned, zone: Zone) -> str:
    """Why it falls due later than its rule says; empty where it does not."""
    if form.held_from is None:
        return ""
    return f"held back from {day(form.held_from, zone)}, which was too soon after an earlier form"


def left_out(one: LeftOut, protocol: Protocol, zone: Zone, title: Title) -> str:
    """Why a form is not asked."""
    if one.because == "cap":
        return (
            f"not asked, because of the cap of {protocol.most_questions_per_week} questions in"
            " any seven days"
        )
    other = one.of
    if isinstance(other, Planned):
        return (
            f"not asked, because {protocol.surveys[other.survey].title} of"
            f" {day(other.due_at, zone)} asks {_same(one, other, title)} and comes first"
        )
    if isinstance(other, Asked):
        return (
            f"not asked, because {_same(one, other, title)} was asked on"
            f" {day(other.due_at, zone)} and this form closes before it is time again"
        )
    return "not asked"


def day(at: datetime, zone: Zone) -> str:
    """3 March, on the patient's calendar."""
    local = at.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]}"


def moment(at: datetime, zone: Zone) -> str:
    """3 March, 09:00, on the patient's clock."""
    local = at.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))
    return f"{day(at, zone)}, {local:%H:%M}"


def _rule(protocol: Protocol, rule_id: str) -> PlanRule | None:
    return next((rule for rule in protocol.rules if rule.id == rule_id), None)


def _same(one: LeftOut, other: Planned | Asked, title: Title) -> str:
    shared = [title(name) for name in one.form.instruments if name in other.instruments]
    return " and ".join(shared)


def _form_more(reason: Reason, answered_at: datetime | None, zone: Zone) -> str:
    if answered_at is None:
        return reason.why
    return f"{_span(reason.after_hours, 'hour')} after the form of {day(answered_at, zone)}"


def _hours(due: Elapsed, anchor: str, anchor_at: datetime, zone: Zone) -> str:
    when = f"{_span(due.hours, 'hour')} after {anchor}" if due.hours else f"at {anchor}"
    asked_at = elapsed(anchor_at, due.hours)
    if outside_quiet_hours(asked_at, zone) == asked_at:
        return when
    return f"{when}; not between {_clock(QUIET_FROM)} and {_clock(QUIET_UNTIL)}"


def _days(due: Wall, anchor: str, ordinal: int) -> str:
    days = next(islice(_asked_on(due), ordinal - 1, None), 0)
    if due.every is None or days in due.days[:-1] or (due.days[-1] != due.every and ordinal == 1):
        return f"{_span(days, 'day')} after {anchor}"
    often = _every(due.every)
    return f"{often} after {anchor}: number {ordinal}, after {_span(days, 'day')}"


def _asked_on(due: Wall) -> Iterator[int]:
    if due.every is None:
        return iter(due.days)
    return chain(due.days, count(due.days[-1] + due.every, due.every))


def _every(days: int) -> str:
    if days % 7:
        return f"every {_span(days, 'day')}" if days > 1 else "every day"
    weeks = days // 7
    return "every week" if weeks == 1 else f"every {weeks} weeks"


def _span(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
