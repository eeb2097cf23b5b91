"""Protocol and sessions to surveys that fall due. A pure function of the final history.

Whatever the order in which sessions were recorded, moved, cancelled or imported, the same history
gives the same plan. What was already asked under an older history is given as `already`: it is
not asked again, and nothing of the same kind follows it too soon.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, count, islice
from zoneinfo import ZoneInfo

from surveys.burden import joined, within_cap
from surveys.clock import Zone, elapsed, instant_of, local_date, outside_quiet_hours, wall
from surveys.confirmation import REASONS, with_room
from surveys.planned import (
    LEFT,
    SAME_LENGTH_WITHIN,
    STATUSES,
    Asked,
    Explained,
    LeftOut,
    Planned,
    SessionFact,
)
from surveys.protocol import Elapsed, PlanRule, Protocol, Wall
from surveys.stepping import Standing, interval_changes, shipped_stepping, stands_for, stepped_down

__all__ = ["Asked", "Planned", "SessionFact", "explained", "induction_length", "phase", "plan"]


@dataclass(frozen=True)
class _Anchor:
    """`next_at`: the next session done or planned after this one; `number`: done up to it."""

    key: str
    at: datetime
    number: int
    next_at: datetime | None


def plan(
    protocol: Protocol,
    enrolled_at: datetime,
    sessions: Collection[SessionFact],
    zone: Zone,
    until: datetime,
    already: Collection[Asked] = (),
    extra: Collection[Planned] = (),
    standing: Standing | None = None,
) -> tuple[Planned, ...]:
    """Everything still to be asked from enrolment up to `until` (left out), as it falls due.

    Never due in the patient's quiet hours. A form that would come within its rule's minimum
    spacing of a form with the same instrument under a more important rule, or of an earlier one
    under its own, is left out. So is one whose window would close before it opens: there was no
    moment at which it could be asked. Too soon after a form that was already asked, it waits until
    the spacing is kept, or is left out where its window closes before. Then questionnaires above
    the protocol's cap of questions are left off, and forms due close together become one. Forms
    asked beside the rules (`extra`) come where `with_room` finds room for them. With `standing`,
    given only where the clinic's lead allows it, a stable patient is asked short forms in between.

    Raises ValueError on repeated keys, unknown statuses and instants without an offset.
    """
    return explained(protocol, enrolled_at, sessions, zone, until, already, extra, standing).forms


def explained(
    protocol: Protocol,
    enrolled_at: datetime,
    sessions: Collection[SessionFact],
    zone: Zone,
    until: datetime,
    already: Collection[Asked] = (),
    extra: Collection[Planned] = (),
    standing: Standing | None = None,
) -> Explained:
    """The plan, with what was left out of it and why."""
    _check(sessions)
    course = _Course(protocol, enrolled_at, sessions, zone)
    horizon = instant_of(until) + _reach(protocol)
    kept, left_out = _spaced(course, protocol, horizon, already)
    if standing:
        kept = _stepped(protocol, standing, kept, already, sessions)
    most = protocol.most_questions_per_week
    fitting = within_cap(kept, most, zone, already, protocol.known)
    left_out += _above_the_cap(kept, fitting)
    asked = {key for one in already for key in one.keys}
    more = with_room(extra, fitting, already, protocol, zone)
    unasked = (form for form in [*more, *fitting] if form.key not in asked)
    order = [*REASONS, *(rule.id for rule in protocol.rules)]
    forms = joined(unasked, protocol.together_within_hours, order, zone)
    due = (form for form in forms if form.due_at < until)
    missed = (one for one in left_out if one.form.due_at < until and one.form.key not in asked)
    return Explained(
        tuple(sorted(due, key=_in_time)),
        tuple(sorted(missed, key=lambda one: _in_time(one.form))),
    )


def _stepped(
    protocol: Protocol,
    standing: Standing,
    kept: list[Planned],
    already: Collection[Asked],
    sessions: Collection[SessionFact],
) -> list[Planned]:
    stepping = shipped_stepping()
    changes = interval_changes(stepping, sessions)

    def steady(at: datetime) -> bool:
        return phase(protocol, sessions, at) in ("maintenance", "taper")

    whole = {rule.id for rule in protocol.rules if rule.during}
    return stepped_down(stepping, standing, kept, already, changes, steady, whole)


def _in_time(form: Planned) -> tuple[datetime, str, str, int]:
    return (form.due_at, *form.key)


def _spaced(
    course: "_Course", protocol: Protocol, horizon: datetime, already: Collection[Asked]
) -> tuple[list[Planned], list[LeftOut]]:
    kept: list[Planned] = []
    left_out: list[LeftOut] = []
    for rule in protocol.rules:
        for candidate in sorted(course.candidates(rule, horizon), key=lambda form: form.due_at):
            near = _too_close(candidate, rule, kept, course.zone)
            if near:
                left_out.append(LeftOut(candidate, "spacing", near))
                continue
            placed = _after_what_was_asked(candidate, rule, already, course.zone)
            if isinstance(placed, Asked):
                left_out.append(LeftOut(candidate, "asked", placed))
            else:
                kept.append(placed)
    return kept, left_out


def _above_the_cap(before: Iterable[Planned], after: Iterable[Planned]) -> list[LeftOut]:
    """Each form with the questionnaires that the cap took off it."""
    fitted = {form.key: form.instruments for form in after}
    lost = (
        (form, tuple(i for i in form.instruments if i not in fitted.get(form.key, ())))
        for form in before
    )
    return [LeftOut(replace(form, instruments=names), "cap") for form, names in lost if names]


def phase(protocol: Protocol, sessions: Iterable[SessionFact], now: datetime) -> str:
    """ "before" the first session, "induction" until it is over, then what the protocol has next.

    An induction of four to eight is over with the eighth, or after its days once four are done. One
    that lacks sessions when its time is up, with none booked, is LEFT until it has them after all.
    """
    given = list(sessions)
    done = sorted(s.at for s in given if s.status == "done" and s.at <= now)
    if not done:
        return "before"
    induction = protocol.induction
    if induction is None or len(done) >= (induction.sessions_at_most or induction.sessions or 0):
        return protocol.after_induction
    days = induction.within_days
    over = days is not None and now >= elapsed(done[0], 24 * days)
    if over and _enough(protocol, done):
        return protocol.after_induction
    booked = any(s.status == "planned" and s.at > now for s in given)
    time_is_up = now >= elapsed(done[0], 24 * induction.left_after_days)
    return LEFT if time_is_up and not booked else "induction"


def _enough(protocol: Protocol, done: Sequence[datetime]) -> bool:
    return len(done) >= protocol.induction_sessions


def induction_length(protocol: Protocol, done: Sequence[datetime]) -> int:
    """How many of the sessions done, in order, make up the induction; 0 where there is none.

    Where it takes "four to eight in 28 days": those within 28 days of the first, eight at most,
    and four where fewer came within them. While too few are done, the number it still needs.
    """
    induction = protocol.induction
    if induction is None or induction.within_days is None or not done:
        return protocol.induction_sessions
    ends_at = elapsed(done[0], 24 * induction.within_days)
    within = [at for at in done[: induction.sessions_at_most] if instant_of(at) < ends_at]
    return max(len(within), protocol.induction_sessions)


def _check(sessions: Collection[SessionFact]) -> None:
    if len({session.key for session in sessions}) < len(sessions):
        raise ValueError("two sessions have the same key; give the current version of each")
    for session in sessions:
        if session.status not in STATUSES:
            raise ValueError(f'session {session.key} is "{session.status}"; use {STATUSES}')


def _reach(protocol: Protocol) -> timedelta:
    """How far past the end a more important form can still push an earlier one out.

    Each rule can push only less important ones, so the longest chain has one link per rule: once
    by spacing and once by the week's cap. Forms that travel together add hours only.
    """
    widest = max(rule.min_spacing_days for rule in protocol.rules)
    together = timedelta(hours=protocol.together_within_hours * len(protocol.rules))
    return timedelta(days=(widest + 1 + 7) * len(protocol.rules)) + together


def _too_close(
    candidate: Planned, rule: PlanRule, kept: Iterable[Planned], zone: Zone
) -> Planned | None:
    """The form that asks the same too close to this one."""
    day = local_date(candidate.due_at, zone)
    near = (
        form
        for form in kept
        if abs(day - local_date(form.due_at, zone)) < timedelta(days=rule.min_spacing_days)
        and not set(candidate.instruments).isdisjoint(form.instruments)
    )
    return next(near, None)


def _after_what_was_asked(
    candidate: Planned, rule: PlanRule, already: Collection[Asked], zone: Zone
) -> Planned | Asked:
    """The form at the first time that keeps its distance, or what was asked, where its window
    closes before.

    The same day is too soon for every rule. A form already asked keeps its place.
    """
    if any(candidate.key in asked.keys for asked in already):
        return candidate
    asks = set(candidate.instruments)
    alike = [one for one in already if asks & stands_for(shipped_stepping(), one.instruments)]
    placed, near = candidate, None
    for asked in sorted(alike, key=lambda one: one.due_at):
        spacing, asked_on = _spacing(rule, asked), local_date(asked.due_at, zone)
        shown = placed.due_at.astimezone(_zone(zone))
        if abs(shown.date() - asked_on) < spacing:
            later = outside_quiet_hours(wall(asked_on + spacing, shown.time(), zone), zone)
            placed = replace(placed, due_at=later, held_from=candidate.due_at)
            near = asked
    return near if near and placed.due_at >= placed.closes_at else placed


def _spacing(rule: PlanRule, asked: Asked) -> timedelta:
    """Between a form of the rule and what was asked; at least a day."""
    least = (rule.min_spacing_days, asked.spacing_days)
    return timedelta(days=max(1, min(days for days in least if days is not None)))


def _zone(zone: Zone) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


class _Course:
    """The anchors and ends that one patient's sessions give to the rules."""

    def __init__(
        self,
        protocol: Protocol,
        enrolled_at: datetime,
        sessions: Collection[SessionFact],
        zone: Zone,
    ) -> None:
        self.zone = zone
        self.surveys = protocol.surveys
        self.enrolled_at = instant_of(enrolled_at)
        in_order = sorted(sessions, key=lambda session: (instant_of(session.at), session.key))
        self.ahead = [s.at for s in in_order if s.status in ("done", "planned")]
        done = [s for s in in_order if s.status == "done"]
        self.done = [self._anchor(s, number) for number, s in enumerate(done, start=1)]
        length = induction_length(protocol, [anchor.at for anchor in self.done])
        self.last_of_induction = self.done[length - 1 : length] if length else []
        self.after_induction = self.done[length:]

    def _anchor(self, session: SessionFact, number: int) -> _Anchor:
        at = instant_of(session.at)
        return _Anchor(session.key, at, number, next((t for t in self.ahead if t > at), None))

    def candidates(self, rule: PlanRule, horizon: datetime) -> Iterator[Planned]:
        for anchor in self._anchors(rule):
            ends_at = self._end(rule, anchor)
            dues = self._due(rule, anchor)
            for ordinal, due_at in enumerate(dues, start=1):
                if due_at >= horizon or (ends_at is not None and due_at >= ends_at):
                    break
                if rule.during and not self.lengthened(due_at):
                    continue
                closes_at = self._close(rule, anchor, due_at)
                if due_at < closes_at:
                    asked = self.surveys[rule.survey].instruments
                    yield Planned(
                        rule.id, anchor.key, ordinal, rule.survey, due_at, closes_at, asked
                    )

    def lengthened(self, at: datetime) -> bool:
        """Whether the interval then running has come to where the one before it ended, and goes on.

        Known from the next session, done or planned. Where none is planned: once the interval has
        outlasted the one before by more than two of one length may differ.
        """
        before = [anchor for anchor in self.done if anchor.at < at]
        if len(before) < 2:
            return False
        earlier, last = (local_date(anchor.at, self.zone) for anchor in before[-2:])
        kept, so_far = last - earlier, local_date(at, self.zone) - last
        next_at = before[-1].next_at
        if next_at is None:
            return so_far > kept + SAME_LENGTH_WITHIN
        longer = local_date(next_at, self.zone) - last > kept + SAME_LENGTH_WITHIN
        return longer and so_far >= kept and at < next_at

    def _anchors(self, rule: PlanRule) -> Sequence[_Anchor]:
        return {
            "enrolment": [_Anchor("", self.enrolled_at, 0, None)],
            "each-session": self.done,
            "first-session": self.done[:1],
            "last-induction-session": self.last_of_induction,
            "maintenance-session": self.after_induction,
        }[rule.anchor]

    def _due(self, rule: PlanRule, anchor: _Anchor) -> Iterator[datetime]:
        if isinstance(rule.due, Elapsed):
            nominal: Iterator[datetime] = iter([elapsed(anchor.at, rule.due.hours)])
        else:
            day = local_date(anchor.at, self.zone)
            nominal = (
                wall(day + timedelta(days=after), rule.due.at, self.zone)
                for after in _days(rule.due)
            )
        return (outside_quiet_hours(instant, self.zone) for instant in nominal)

    def _close(self, rule: PlanRule, anchor: _Anchor, due_at: datetime) -> datetime:
        closes_at = elapsed(due_at, rule.open_hours)
        if rule.closes_early_at == "first-session" and self.ahead:
            return min(closes_at, instant_of(self.ahead[0]))
        if rule.closes_early_at == "next-session" and anchor.next_at is not None:
            return min(closes_at, instant_of(anchor.next_at))
        return closes_at

    def _end(self, rule: PlanRule, anchor: _Anchor) -> datetime | None:
        closing = {
            "end-of-induction": self.last_of_induction,
            "next-session": [later for later in self.done if later.at > anchor.at],
        }.get(rule.ends_at)
        return elapsed(closing[0].at, 24 * rule.ends_after_days) if closing else None


def _days(due: Wall) -> Iterator[int]:
    """Days after the anchor's day, without end where the rule goes on."""
    if due.every is None:
        return iter(due.days)
    onward = count(due.days[-1] + due.every, due.every)
    return islice(chain(due.days, onward), due.at_most)
