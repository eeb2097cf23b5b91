"""Corrections to what the last report showed: whatever differs and is no news."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reports import wording
from reports.beside import said
from reports.facts import CourseFacts, OccurrenceFact, PreviousReport, SessionFact
from reports.trends.course import MISSED_STATES

# What stands at the head of a report and can be corrected.
HEAD = ("indication", "protocol_title", "zone", "initials")


@dataclass(frozen=True)
class Restated:
    """`subject` names what was corrected: session:<key>, form:<id>, history:<key>, due:<instant>
    or a field."""

    subject: str
    text: str


def restatements(facts: CourseFacts) -> tuple[Restated, ...]:
    """Nothing is left out that would have changed the last report, had it been known then."""
    previous = facts.previous
    if previous is None:
        return ()
    return (
        *_forms(facts, previous),
        *_sessions(facts, previous),
        *_history(facts, previous),
        *_missing(facts, previous),
        *_head(facts, previous),
    )


def missing(occurrences: Iterable[OccurrenceFact], as_of: datetime) -> list[datetime]:
    """When forms fell due that were not answered: asked in vain, or never sent."""
    return sorted({o.due_at for o in occurrences if o.due_at <= as_of and o.state in _NOT_ANSWERED})


_NOT_ANSWERED = (*MISSED_STATES, "skipped")


def _forms(facts: CourseFacts, previous: PreviousReport) -> Iterator[Restated]:
    for form in facts.forms:
        subject = f"form:{form.response_id}"
        day = wording.day(form.answered_at, facts.zone)
        if form.response_id in previous.forms:
            was = previous.forms[form.response_id]
            if was != form.total:
                text = f"Form of {day}: {was} in report {previous.number}, now {form.total}."
                yield Restated(subject, text)
        elif form.answered_at <= previous.as_of:
            yield Restated(subject, f"Form of {day} became known after report {previous.number}.")


def _sessions(facts: CourseFacts, previous: PreviousReport) -> Iterator[Restated]:
    now = {session.key: (number, session) for number, session in enumerate(facts.done, 1)}
    for key, was in previous.sessions.items():
        if key not in now:
            day = wording.day(was.at, facts.zone)
            text = f"Session of {day}: counted in report {previous.number}, no longer counted."
            yield Restated(f"session:{key}", text)
            continue
        number, session = now[key]
        for what, before, after in _differences(was, session, facts.zone):
            text = f"{what} {number}: {before} in report {previous.number}, now {after}."
            yield Restated(f"session:{key}", text)
    for key, (_, session) in now.items():
        if key not in previous.sessions and session.at <= previous.as_of:
            day = wording.day(session.at, facts.zone)
            text = f"Session of {day} became known after report {previous.number}."
            yield Restated(f"session:{key}", text)


def _differences(was: SessionFact, now: SessionFact, zone: str) -> Iterator[tuple[str, str, str]]:
    if was.at != now.at:
        yield "Session", wording.moment(was.at, zone), wording.moment(now.at, zone)
    if was.dose_mg_per_kg != now.dose_mg_per_kg:
        yield "Dose at session", _dose(was.dose_mg_per_kg), _dose(now.dose_mg_per_kg)
    if was.route != now.route:
        yield "Route at session", was.route or "not recorded", now.route or "not recorded"
    if was.duration_minutes != now.duration_minutes:
        yield "Minutes at session", _whole(was.duration_minutes), _whole(now.duration_minutes)


def _history(facts: CourseFacts, previous: PreviousReport) -> Iterator[Restated]:
    """What was so by the last report and is told differently now."""
    now = {one.key: one.told for one in facts.history_on(previous.as_of)}
    for key, was in previous.history.items():
        if key not in now:
            text = f"{said(was)}, in report {previous.number}; taken back."
            yield Restated(f"history:{key}", text)
        elif now[key] != was:
            text = f"{said(was)}, in report {previous.number}; now {said(now[key])}."
            yield Restated(f"history:{key}", text)
    for key, told in now.items():
        if key not in previous.history:
            text = f"{said(told)}; became known after report {previous.number}."
            yield Restated(f"history:{key}", text)


def _dose(value: float | None) -> str:
    return "not recorded" if value is None else wording.number(value, 3)


def _whole(value: int | None) -> str:
    return "not recorded" if value is None else str(value)


def _missing(facts: CourseFacts, previous: PreviousReport) -> Iterator[Restated]:
    still = set(missing(facts.occurrences or (), facts.as_of))
    for due in previous.missing:
        if due not in still:
            day = wording.day(due, facts.zone)
            text = f"Form due {day}: missing in report {previous.number}, no longer missing."
            yield Restated(f"due:{due.isoformat()}", text)


def _head(facts: CourseFacts, previous: PreviousReport) -> Iterator[Restated]:
    for name in HEAD:
        was, now = previous.head.get(name, ""), getattr(facts, name)
        if was and was != now:
            what = name.removesuffix("_title").capitalize()
            what = {"Zone": "Time zone"}.get(what, what)
            yield Restated(name, f"{what}: {was} in report {previous.number}, now {now}.")
