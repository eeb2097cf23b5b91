"""One form more, beside the protocol's rules: to confirm or withdraw what a single form showed.

Pure. A form flagged alone is as often chance as change: of stable patients 31 % meet one within
twelve weekly forms, 3.3 % two in a row (100,000 simulated courses, standard error 2.2, limit 5
points above the mean of three). So it is asked again after three to four days, our judgement, and
the change is confirmed or withdrawn within the week.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from surveys.burden import questions, questions_left
from surveys.clock import Zone, elapsed, local_date, outside_quiet_hours
from surveys.planned import Asked, Planned
from surveys.protocol import Protocol
from surveys.stepping import shipped_stepping

CONFIRMATION, FULL_FORM = "confirmation", "full-form"


@dataclass(frozen=True)
class Reason:
    """Hours are elapsed hours after the form that gave the reason was answered.

    It falls due `after_hours`, moved out of the quiet hours, and is not begun from `before_hours`
    on. `spacing_days`: calendar days, patient time, to any other form with that questionnaire.
    `did`: what is told of the one who asks, with no subject. `instrument`: what is asked where it
    is not the same again. `capped`: whether it gives way to the cap of questions.
    """

    title: str
    why: str
    did: str
    after_hours: int
    before_hours: int
    open_hours: int
    spacing_days: int
    instrument: str = ""
    capped: bool = True


REASONS: Mapping[str, Reason] = MappingProxyType({
    CONFIRMATION: Reason(
        title="Check-in once more",
        why="One form was worse than expected; asked again to confirm.",
        did="asked once more, to confirm a form that was worse than expected",
        after_hours=72,
        before_hours=96,
        open_hours=48,
        spacing_days=3,
    ),
    FULL_FORM: Reason(
        title="Full check-in",
        why="The short form was positive or had a gap; the full form, with question 9, is asked.",
        did="asked the full form after a short one",
        after_hours=0,
        before_hours=96,
        open_hours=120,
        spacing_days=1,
        instrument=shipped_stepping().full,
        capped=False,
    ),
})  # fmt: skip


def form_again(rule: str, instrument: str, answered_at: datetime, of: str, zone: Zone) -> Planned:
    """The one form more after the form `of`, under a key of its own; the survey has that name."""
    reason = REASONS[rule]
    due_at = outside_quiet_hours(elapsed(answered_at, reason.after_hours), zone)
    closes_at = elapsed(due_at, reason.open_hours)
    return Planned(rule, of, 1, rule, due_at, closes_at, (reason.instrument or instrument,))


def in_time(rule: str, answered_at: datetime, now: datetime) -> bool:
    """Whether it may still be begun; later, the next ordinary form tells as much."""
    return now < elapsed(answered_at, REASONS[rule].before_hours)


def with_room(
    extra: Iterable[Planned],
    forms: Collection[Planned],
    already: Collection[Asked],
    protocol: Protocol,
    zone: Zone,
) -> Iterator[Planned]:
    """Those that displace nothing: the ordinary forms come first, in time and in questions.

    None within its spacing of a form with the same questionnaire, planned or asked. None that would
    bring any seven days above the protocol's cap, question 9 or not; only the full form that a
    short one calls for is asked whatever the cap.
    """
    asked = {key for one in already for key in one.keys}
    # what went out counts with what it asked then
    taken = [form for form in forms if form.key not in asked]
    for form in extra:
        own = form.key in asked
        alone = not _too_close(form, taken, zone) and not _too_close(form, already, zone)
        if own or (alone and _within(form, taken, already, protocol, zone)):
            taken.append(form)
            yield form


def _too_close(form: Planned, others: Iterable[Planned | Asked], zone: Zone) -> bool:
    day, spacing = local_date(form.due_at, zone), REASONS[form.rule].spacing_days
    return any(
        abs(day - local_date(other.due_at, zone)) < timedelta(days=spacing)
        for other in others
        if not set(form.instruments).isdisjoint(other.instruments)
    )


def _within(
    form: Planned,
    taken: Collection[Planned],
    already: Collection[Asked],
    protocol: Protocol,
    zone: Zone,
) -> bool:
    if not REASONS[form.rule].capped:
        return True
    day, most = local_date(form.due_at, zone), protocol.most_questions_per_week
    known = protocol.known
    left = questions_left(taken, day, most, zone, already, known)
    return questions(form.instruments, known) <= left
