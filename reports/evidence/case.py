"""One course laid out for the rules: its trend, its harms, how its sessions are spaced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise, takewhile

from reports import wording
from reports.facts import CourseFacts, FormFact, SessionFact
from reports.trends import Flag, Interval, Point, Trend
from reports.trends.course import induction_length
from surveys.planned import SAME_LENGTH_WITHIN

# Two intervals belong to the same rung when they differ by no more than this many days.
RUNG_TOLERANCE_DAYS = SAME_LENGTH_WITHIN.days


@dataclass(frozen=True)
class Harm:
    """One answer about a harm; `value` None: declined, left open or not answered (`missed`).

    `source`: the questionnaire that asked; `stands_days`: for how long its answer stands although a
    session followed; `degrees`: what the values of its row are called there, from 0 upward.
    """

    at: datetime
    value: int | None
    words: str
    missed: bool = False
    source: str = ""
    stands_days: int = 0
    degrees: tuple[str, ...] = ()


@dataclass(frozen=True)
class HarmRow:
    """One harm over time. `height` is the highest value its answers can take."""

    code: str
    title: str
    height: int
    answers: tuple[Harm, ...]

    @property
    def latest(self) -> Harm | None:
        """The newest answer; where two questionnaires ask, the worse of their newest answers, so
        that a good day after a session hides no bad month."""
        return max(self.newest, key=lambda harm: (harm.value or 0, harm.at), default=None)

    @property
    def heard(self) -> datetime | None:
        """When any questionnaire last brought an answer about it."""
        return max((harm.at for harm in self.newest), default=None)

    @property
    def newest(self) -> tuple[Harm, ...]:
        """The newest answer of each questionnaire."""
        return tuple({h.source: h for h in self.answers if h.value is not None}.values())


@dataclass(frozen=True)
class Case:
    """What the conditions read. `item_words` maps the answers of item 9 to their own words;
    `harmed` says which harms a rule of this course names, empty while none does."""

    facts: CourseFacts
    trend: Trend
    harms: tuple[HarmRow, ...]
    item_words: tuple[str, ...] = ()
    harmed: str = ""

    @cached_property
    def done(self) -> tuple[SessionFact, ...]:
        return self.facts.done

    @property
    def induction_over(self) -> bool:
        return self.facts.phase not in ("before", "induction")

    @cached_property
    def last_induction_session(self) -> SessionFact | None:
        """The session that ended the induction; where there was none, the last one of all."""
        return self.done[self.induction_length - 1] if self.done else None

    @property
    def induction_length(self) -> int:
        """How many sessions were given up to that one."""
        return min(induction_length(self.facts) or len(self.done), len(self.done))

    @property
    def maintenance(self) -> tuple[Interval, ...]:
        """The intervals after the induction; the first of them opens with its last session."""
        return self.trend.intervals[max(induction_length(self.facts) - 1, 0) :]

    @cached_property
    def phase_began(self) -> datetime | None:
        """When the present phase began: at session 1, then at the last session of the induction."""
        if not self.done:
            return None
        length = induction_length(self.facts)
        if not self.induction_over or not length:
            return self.done[0].at
        return self.done[min(length, len(self.done)) - 1].at

    @cached_property
    def rung(self) -> tuple[SessionFact, int] | None:
        """The session that opened the present interval and that interval's length in days.

        The interval is the spacing kept by the latest sessions; a longer stretch under way counts
        once it has outlasted that spacing, or once the next session is planned further out.
        """
        spacings = self._spacings
        if not spacings:
            return None
        opened, length = spacings[-1]
        for session, days in reversed(spacings[:-1]):
            if abs(days - length) > RUNG_TOLERANCE_DAYS:
                break
            opened = session
        return opened, length

    @property
    def unbooked(self) -> bool:
        """Whether the present interval is a stretch under way that no next session is booked to
        end: time since the last session, which nobody chose as an interval."""
        return self.rung is not None and self.rung[0] is self.done[-1] and not self.facts.planned

    @cached_property
    def rung_lengths(self) -> tuple[int, ...]:
        """Every spacing in days since the present interval began."""
        if self.rung is None:
            return ()
        opened = self.rung[0]
        return tuple(days for session, days in self._spacings if session.at >= opened.at)

    @cached_property
    def previous_rung(self) -> int | None:
        """The interval kept before the present one, in days."""
        if self.rung is None:
            return None
        opened = self.rung[0]
        before = [days for session, days in self._spacings if session.at < opened.at]
        return before[-1] if before else None

    @property
    def risen_since_step(self) -> bool:
        """Whether the standing worsening began within the present interval and was there when that
        had outlasted the one before; a rise before, or as soon, says nothing of a longer one."""
        if self.rung is None or self.previous_rung is None or not self.standing_run:
            return False
        opened, run = self.rung[0].at, self.standing_run
        past = self.facts.days_between(opened, run[-1].at) > self.previous_rung
        return run[0].at > opened and past

    @cached_property
    def step_backs(self) -> Mapping[int, int]:
        """How often each interval of the maintenance, in days, was followed by a shorter one.

        Intervals that differ by no more than the tolerance are one rung, named by the first.
        """
        found: dict[int, int] = {}
        lengths = [one.days for one in self.maintenance if one.until is not None]
        for before, after in pairwise(lengths):
            if after < before - RUNG_TOLERANCE_DAYS:
                near = (one for one in found if abs(one - before) <= RUNG_TOLERANCE_DAYS)
                rung = next(near, before)
                found[rung] = found.get(rung, 0) + 1
        return found

    @cached_property
    def _spacings(self) -> list[tuple[SessionFact, int]]:
        done = self.done
        pairs = [(a, self.facts.days_between(a.at, b.at)) for a, b in pairwise(done)]
        if done and self._open_length > (pairs[-1][1] if pairs else 0) + RUNG_TOLERANCE_DAYS:
            pairs.append((done[-1], self._open_length))
        return pairs

    @cached_property
    def _open_length(self) -> int:
        until = self.facts.planned[0].at if self.facts.planned else self.facts.as_of
        return self.facts.days_between(self.done[-1].at, until)

    def session_since(self, at: datetime) -> int | None:
        """The number of the first session after an instant; None where there was none."""
        return next((n for n, one in enumerate(self.done, 1) if one.at > at), None)

    def unheard_since(self, row: HarmRow) -> int | None:
        """The number of the first session that no answer about this harm followed; None where the
        newest of some questionnaire still stands."""
        if row.heard is None or any(self.age_days(h.at) <= h.stands_days for h in row.newest):
            return None
        return self.session_since(row.heard)

    def forms_since(self, at: datetime) -> tuple[Point, ...]:
        return tuple(point for point in self.trend.points if point.at > at)

    def form_after_session(self, number: int, within_days: int) -> Point | None:
        """The last form after session `number`, before the next one and no more than so many days
        after it; None where there is none."""
        if number > len(self.done):
            return None
        opens = self.done[number - 1].at
        closes = self.done[number].at if number < len(self.done) else self.facts.as_of
        inside = [p for p in self.trend.points if opens < p.at <= closes]
        near = [p for p in inside if self.facts.days_between(opens, p.at) <= within_days]
        return near[-1] if near else None

    @cached_property
    def standing_flag(self) -> Flag | None:
        """The worsening flag on the latest form, if it carries one."""
        flags, latest = self.trend.flags, self.trend.latest
        return flags[-1] if flags and latest and flags[-1].at == latest.at else None

    @cached_property
    def standing_run(self) -> tuple[Flag, ...]:
        """The flags on the latest forms in a row, oldest first; empty where the newest has none.

        Told by the forms and not by what they are held against: two rises may have one reference.
        """
        flags = {flag.at: flag for flag in self.trend.flags}
        newest_first = takewhile(bool, (flags.get(p.at) for p in reversed(self.trend.points)))
        return tuple(flag for flag in newest_first if flag)[::-1]

    @cached_property
    def standing(self) -> Mapping[str, str]:
        """The latest form against baseline, in the words every statement uses."""
        latest = self.trend.latest
        if latest is None or self.trend.baseline is None:
            return {}
        return self.against_baseline(latest.at, latest.total)

    def against_baseline(self, at: datetime, score: float) -> dict[str, str]:
        """Any form against the baseline, which there must be."""
        assert self.trend.baseline is not None
        before = self.trend.baseline.value
        change, better = score - before, self.trend.percent_better(score) or 0.0
        return {
            "score": self.trend.measure.say(score),
            "date": wording.day(at, self.facts.zone),
            "baseline": wording.fixed(before),
            "points": wording.fixed(abs(change)),
            "change": wording.signed(change),
            "percent": wording.percent(abs(better)),
            "direction": "lower" if change < 0 else "higher",
        }

    @cached_property
    def self_harm(self) -> tuple[tuple[FormFact, int], ...]:
        """Forms on which item 9 of PHQ-9 was answered, oldest first."""
        forms = self.facts.forms_of("phq9")
        return tuple(
            (form, value) for form in forms if isinstance(value := form.answers.get("9"), int)
        )

    @cached_property
    def without_alert(self) -> tuple[FormFact, int] | None:
        """The latest form that has item 9, where it was answered above 0 and no alert, open or
        closed, is of that form."""
        if not self.self_harm or not self.self_harm[-1][1]:
            return None
        form = self.self_harm[-1][0]
        known = any(alert.response_id == form.response_id for alert in self.facts.alerts)
        return None if known else self.self_harm[-1]

    def age_days(self, at: datetime) -> int:
        """Days from then to the day of the report, on the patient's calendar."""
        return self.facts.days_between(at, self.facts.as_of)
