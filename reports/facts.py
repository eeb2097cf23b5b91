"""The plain input of a report: what is known about one course at one instant, and nothing else."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Literal

from surveys.clock import local_date
from surveys.history import HistoryStatement, true_on

Answer = int | Literal["declined"] | None


@dataclass(frozen=True)
class FormFact:
    """One answered form. `total_only` marks an old record that came without its items.

    `overlap_days`: days of its recall period that the form before it asked about too; None where
    nothing came before it or it looks back on no particular time. `entered_by`: the name of the
    member of staff who typed or rated it, empty where the patient answered alone.
    """

    response_id: str
    instrument: str
    version: int
    answered_at: datetime
    total: int | None
    total_exact: Fraction | None = None
    prorated: bool = False
    band: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    mode: str = "web"
    total_only: bool = False
    overlap_days: int | None = None
    entered_by: str = ""

    def read_as(self, *, exact: bool) -> float | None:
        """Its total, or the unrounded one where that is how the instrument is read."""
        if exact and self.total_exact is not None:
            return float(self.total_exact)
        return self.total


@dataclass(frozen=True)
class SessionFact:
    """One treatment session; `status` is planned, done, cancelled or missed."""

    key: str
    at: datetime
    status: str
    route: str = ""
    dose_mg_per_kg: float | None = None
    duration_minutes: int | None = None


@dataclass(frozen=True)
class HistoryFact:
    """Another treatment or a substance. `record_id` numbers this version, `key` all of them."""

    record_id: str
    key: str
    told: HistoryStatement


@dataclass(frozen=True)
class OccurrenceFact:
    """One survey that fell due, and what became of it (`state`, with `reason` when skipped)."""

    survey: str
    instruments: tuple[str, ...]
    due_at: datetime
    closes_at: datetime
    state: str
    reason: str = ""


@dataclass(frozen=True)
class AlertFact:
    """`response_id`: the form that raised it; empty for answers that were never sent."""

    number: int
    raised_at: datetime
    level: str
    state: str
    text: str
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    outcome: str = ""
    response_id: str = ""


@dataclass(frozen=True)
class DecisionFact:
    """What was chosen. `rescue`: the score that would end a longer interval, as the page stated it
    on which it was chosen; None where it stated none."""

    option: str
    decided_at: datetime
    by: str
    reason: str
    interval_days: int | None = None
    review_on: date | None = None
    rescue: float | None = None


@dataclass(frozen=True)
class PreviousReport:
    """What the report before this one rested on, so that this one can say what changed.

    `forms` maps each response id to the total shown then; `sessions` each key to the session as
    shown; `missing` is when unanswered forms had fallen due; `head` holds indication,
    protocol_title, zone and initials; `history` maps the key of each entry to what it said then.
    """

    number: int
    as_of: datetime
    rules: tuple[str, ...]
    forms: Mapping[str, int | None] = field(default_factory=dict)
    sessions: Mapping[str, SessionFact] = field(default_factory=dict)
    missing: tuple[datetime, ...] = ()
    head: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, HistoryStatement] = field(default_factory=dict)


@dataclass(frozen=True)
class Wander:
    """How far levels wander on one instrument: `daily` in points² a day, pooled from `pairs` of
    neighbouring forms of `patients` and held by the prior. `pooled_at`: None for plain files."""

    instrument: str
    daily: float
    pairs: int
    patients: int
    pooled_at: datetime | None = None


@dataclass(frozen=True)
class CourseFacts:
    """One course as true at `as_of` and as known at `known_at`; all instants are aware UTC.

    `induction_sessions` is the protocol's number; `phase` is before, induction, left during
    induction, maintenance, taper or stopped. `primary` is the instrument the page is about.
    `occurrences` is None where nobody recorded what was sent (plain files): missing forms are then
    not knowable.
    """

    patient: str
    initials: str
    clinic: str
    indication: str
    protocol_title: str
    protocol_version: int
    phase: str
    induction_sessions: int | None
    primary: str
    forms: tuple[FormFact, ...]
    sessions: tuple[SessionFact, ...]
    occurrences: tuple[OccurrenceFact, ...] | None
    alerts: tuple[AlertFact, ...]
    decisions: tuple[DecisionFact, ...]
    as_of: datetime
    known_at: datetime
    zone: str = "UTC"
    report_number: int = 1
    previous: PreviousReport | None = None
    # as known at `known_at`, whenever it was so; see `history_then`
    history: tuple[HistoryFact, ...] = ()
    # as pooled over the clinic on the primary instrument; None: the documented prior holds
    wander: Wander | None = None

    def forms_of(self, instrument: str) -> tuple[FormFact, ...]:
        """Forms of one instrument up to `as_of`, oldest first."""
        return self._forms.get(instrument, ())

    def wander_on(self, instrument: str) -> float | None:
        """Points² a day; None where nothing was pooled on this instrument."""
        known = self.wander is not None and self.wander.instrument == instrument
        return self.wander.daily if self.wander and known else None

    @cached_property
    def _forms(self) -> Mapping[str, tuple[FormFact, ...]]:
        found: dict[str, list[FormFact]] = defaultdict(list)
        for form in sorted(self.forms, key=_when):
            if form.answered_at <= self.as_of:
                found[form.instrument].append(form)
        return {instrument: tuple(forms) for instrument, forms in found.items()}

    @cached_property
    def done(self) -> tuple[SessionFact, ...]:
        """Sessions that took place up to `as_of`, oldest first."""
        past = (s for s in self.sessions if s.status == "done" and s.at <= self.as_of)
        return tuple(sorted(past, key=lambda session: session.at))

    @cached_property
    def planned(self) -> tuple[SessionFact, ...]:
        """Sessions still to come, nearest first."""
        coming = (s for s in self.sessions if s.status == "planned" and s.at > self.as_of)
        return tuple(sorted(coming, key=lambda session: session.at))

    def days_between(self, earlier: datetime, later: datetime) -> int:
        """Days from one date to another on the patient's calendar, as a page counts all its days:
        the evening before is one day ago, whatever the hour and whatever the clocks did."""
        return days_between(earlier, later, self.zone)

    def date_of(self, at: datetime) -> date:
        """The patient's date at an instant."""
        return local_date(at, self.zone)

    @cached_property
    def history_then(self) -> tuple[HistoryFact, ...]:
        """Other treatments and substances as they were on the patient's day of `as_of`."""
        return self.history_on(self.as_of)

    def history_on(self, at: datetime) -> tuple[HistoryFact, ...]:
        """The same on the patient's day of `at`."""
        then = ((one, true_on(one.told, self.date_of(at))) for one in self.history)
        return tuple(replace(one, told=told) for one, told in then if told)


def days_between(earlier: datetime, later: datetime, zone: str) -> int:
    """Days from one date to another on the calendar of a zone; below 0 where `later` is not."""
    return (local_date(later, zone) - local_date(earlier, zone)).days


def _when(form: FormFact) -> datetime:
    return form.answered_at
