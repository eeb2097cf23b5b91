"""What will be sent to one patient, when and why, before it happens; and what will not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from surveys import why
from surveys.actions.asked import UNSENT
from surveys.actions.schedule import LEFT, explained_for
from surveys.actions.unreachable import why_not
from surveys.confirmation import REASONS
from surveys.in_use import followed_here, instruments_to_read
from surveys.models import Course, Occurrence, Patient, Response, Session
from surveys.planned import Explained, Key, Planned
from surveys.protocol import Protocol
from surveys.stepping import shipped_stepping

# What keeps mail from a patient, as `why_not` finds it.
HELD_BACK = {
    "on hold": "Held back: the patient is on hold.",
    "discharged": "Nothing is sent: the patient is discharged.",
    "deceased": "Nothing is sent: the patient has died.",
    "bounced": "Held back: mail to this address bounced.",
    "stopped": "Held back: the patient asked to stop mails.",
    "not_me": "Held back: somebody else reads this address.",
    "no address": "Held back: there is no e-mail address.",
    "no e-mail consent": "Held back: the patient has not agreed to e-mail.",
}


# Said of a form that answers gave rise to, to whoever may not see answers.
ONE_MORE = "one form more, beside the protocol’s own"


@dataclass(frozen=True)
class Line:
    """One form. `state` is "later" where no row exists yet; `notes` say what the rule does not."""

    title: str
    survey: str
    asks: tuple[str, ...]
    due_at: datetime
    closes_at: datetime
    state: str
    reason: str
    why: str
    purpose: str
    notes: tuple[str, ...] = ()


def held_back(patient: Patient) -> str:
    """Why nothing is mailed to this patient at present; empty where mail flows."""
    found = why_not(patient)
    return HELD_BACK[found[1]] if found else ""


def title_of(instrument: str) -> str:
    known = instruments_to_read().get(instrument)
    return known.short_title if known else instrument


class Outlook:
    """One course, looked at once: rows as they are, and what the rules make of it up to `until`."""

    def __init__(
        self, course: Course, *, until: datetime | None = None, clinical: bool = True
    ) -> None:
        """`clinical`: whether reasons that rest on answers are told."""
        self.course, self.zone, self.until = course, course.patient.timezone, until
        self.clinical = clinical

    @cached_property
    def _plan(self) -> Explained:
        horizon = max(filter(None, (self.until, self.course.planned_until)), default=None)
        if horizon is None or self.course.patient.status in LEFT:
            return Explained((), ())
        return explained_for(self.course, until=horizon)

    @cached_property
    def _versions(self) -> Mapping[str, list[Session]]:
        found: dict[str, list[Session]] = {}
        for row in Session.objects.filter(course=self.course).order_by("version"):
            found.setdefault(str(row.key), []).append(row)
        return found

    def coming(self) -> list[Line]:
        """What is planned or due, soonest first, with what the rules give later than any row."""
        rows = self.course.occurrences.filter(state__in=UNSENT).order_by("due_at", "pk")
        lines = [
            self._row(row) for row in (rows.filter(due_at__lte=self.until) if self.until else rows)
        ]
        return lines + [self._later(form) for form in self._further_ahead()]

    def gone_by(self) -> list[Line]:
        """What was sent, answered, missed or withdrawn, newest first."""
        rows = self.course.occurrences.exclude(state__in=UNSENT).order_by("-due_at", "-pk")
        return [self._row(row) for row in rows]

    def not_asked(self, now: datetime) -> list[Line]:
        """What the rules give from `now` on and the patient is not asked, with the reason."""
        protocol = self._protocol(self.course.protocol)
        return [
            self._later(one.form, why.left_out(one, protocol, self.zone, title_of))
            for one in self._plan.left_out
            if one.form.due_at >= now and (self.until is None or one.form.due_at <= self.until)
        ]

    def _further_ahead(self) -> Iterator[Planned]:
        written_until = self.course.planned_until
        for form in self._plan.forms:
            if written_until and form.due_at >= written_until:
                yield form

    def _protocol(self, name: str) -> Protocol:
        return followed_here(name, self.course.indication)

    def _row(self, row: Occurrence) -> Line:
        protocol = self._protocol(row.protocol)
        key = (row.rule, row.anchor, row.ordinal)
        unsent = row.state in UNSENT and row.protocol == self.course.protocol
        form = next((one for one in self._plan.forms if one.key == key), None) if unsent else None
        return Line(
            row.title, row.survey, tuple(title_of(one) for one in row.instruments),
            row.due_at, row.closes_at, row.state, row.reason,
            why=self._reason(protocol, key, row.sent_at),
            purpose=self._purpose(protocol, row.rule),
            notes=(
                *self._short(row.instruments),
                *self._together(protocol, row.carries),
                *self._notes(form, protocol),
            ),
        )  # fmt: skip

    def _later(self, form: Planned, note: str = "") -> Line:
        protocol = self._protocol(self.course.protocol)
        return Line(
            protocol.surveys[form.survey].title, form.survey,
            tuple(title_of(one) for one in form.instruments), form.due_at, form.closes_at,
            "later", "",
            why=self._reason(protocol, form.key, None),
            purpose=self._purpose(protocol, form.rule),
            notes=(note,) if note else (
                *self._short(form.instruments),
                *self._together(protocol, form.carries), *self._notes(form, protocol),
            ),
        )  # fmt: skip

    def _purpose(self, protocol: Protocol, rule: str) -> str:
        return why.purpose(protocol, rule) if self.clinical or rule not in REASONS else ""

    def _reason(self, protocol: Protocol, key: Key, sent_at: datetime | None) -> str:
        rule, anchor, ordinal = key
        if rule in REASONS and not self.clinical:
            return ONE_MORE
        if rule in REASONS:
            anchor_at = Response.objects.get(pk=anchor).answered_at
        else:
            anchor_at = self._anchor_at(anchor, sent_at)
        return why.reason(protocol, rule, ordinal, anchor_at, self.zone)

    def _anchor_at(self, anchor: str, sent_at: datetime | None) -> datetime | None:
        """What the form counts from: the session as it stood when the form went out, or stands."""
        if not anchor:
            return self.course.enrolled_at
        versions = self._versions.get(anchor, [])
        then = [one for one in versions if sent_at is None or one.recorded_at <= sent_at]
        return (then or versions)[-1].at if versions else None

    def _short(self, instruments: Iterable[str]) -> Iterator[str]:
        stepping = shipped_stepping()
        if stepping.short in instruments and self.clinical:
            short, full = title_of(stepping.short), title_of(stepping.full)
            yield f"{short} in place of {full}, as this course is stable; question 9 is not asked"

    def _together(self, protocol: Protocol, carries: Iterable[Iterable]) -> Iterator[str]:
        for rule, anchor, ordinal in carries:
            reason = self._reason(protocol, (rule, anchor, ordinal), None)
            more = REASONS.get(rule)
            title = more.title if more else protocol.surveys[protocol.rule(rule).survey].title
            yield f"mailed together with {title}, asked {reason}"

    def _notes(self, form: Planned | None, protocol: Protocol) -> Iterator[str]:
        if form is None:
            return
        if held := why.held(form, self.zone):
            yield held
        for one in self._plan.left_out:
            if one.form.key == form.key:
                names = " and ".join(title_of(name) for name in one.form.instruments)
                yield f"{names} {why.left_out(one, protocol, self.zone, title_of)}"
