"""A made-up caseload: two years a patient, about sixty forms, the same for the same seed.

Nobody real is in it. Scores wander as weekly self-report does, fall with an induction, wane between
sessions, and one survey in eight is not answered.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from reports.facts import CourseFacts, FormFact, OccurrenceFact, SessionFact

START = datetime(2024, 1, 1, 16, 0, tzinfo=UTC)
DAYS = 728
INDUCTION = (21, 24, 28, 31, 35, 38)
# Weekly around the induction, then every two weeks: about sixty forms in two years.
FORM_DAYS = (*range(0, 98, 7), *range(105, DAYS, 13))
ANSWERED = 0.88
CHECK = ("nausea", "dizzy", "headache", "detached", "speech", "thinking", "high_energy")


def courses(first: int, stop: int, seed: int = 20260504) -> Iterator[CourseFacts]:
    """Patients `first` up to `stop`; patient n is the same in every caseload of that seed."""
    for number in range(first, stop):
        yield _course(Random(seed * 1_000_003 + number), number)


def _course(random: Random, number: int) -> CourseFacts:
    gaps = [random.choice((14, 21, 28, 35)) for _ in range(40)]
    days = [*INDUCTION, *(d for d in accumulate(gaps, initial=52) if d < DAYS - 3)]
    scores = _scores(random, days)
    forms = [_form(day, total) for day, total in scores if total is not None]
    asked = [_asked(day, total is not None) for day, total in scores]
    sessions = [SessionFact(f"s{n}", at(day + 0.2), "done", "IV", 0.5, 40) for n, day in
                enumerate(days)]  # fmt: skip
    return CourseFacts(
        patient=f"B-{number:05}",
        initials="A.B.",
        clinic="",
        indication="Depression",
        protocol_title="Six in three weeks",
        protocol_version=1,
        phase="maintenance",
        induction_sessions=6,
        primary="phq9",
        forms=(*forms, *(_check(random, day) for day in days)),
        sessions=(*sessions, SessionFact("next", at(DAYS + 9), "planned", "IV")),
        occurrences=tuple(asked),
        alerts=(),
        decisions=(),
        as_of=at(DAYS),
        known_at=at(DAYS),
        zone="America/Denver",
    )


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def _scores(random: Random, sessions: Sequence[float]) -> list[tuple[float, int | None]]:
    """The total of each form, or None where it was sent and not answered."""
    before, after, wane = random.gauss(18, 3), random.gauss(9, 4), random.uniform(0, 0.2)
    wander, found = 0.0, []
    for day in FORM_DAYS:
        wander += random.gauss(0, 0.8)
        since = min((day - one for one in sessions if one <= day), default=None)
        done = sum(one <= day for one in INDUCTION) / len(INDUCTION)
        level = before + (after - before) * done + wander + wane * (since or 0)
        total = min(27, max(0, round(level + random.gauss(0, 2.2))))
        answered = day < INDUCTION[0] or day > DAYS - 30 or random.random() < ANSWERED
        found.append((day, total if answered else None))
    return found


def _form(day: float, total: int) -> FormFact:
    answers = {str(n): min(3, total // 9 + (n <= total % 9)) for n in range(1, 10)}
    return FormFact(f"r{day}", "phq9", 1, at(day), total, answers=answers | {"10": total // 10})


def _check(random: Random, day: float) -> FormFact:
    answers = {code: int(random.random() < 0.15) for code in CHECK} | {"high_energy": 0}
    return FormFact(f"c{day}", "after_session", 1, at(day + 1.2), None, answers=answers)


def _asked(day: float, answered: bool) -> OccurrenceFact:
    state = "answered" if answered else "expired"
    return OccurrenceFact("weekly", ("phq9",), at(day - 0.1), at(day + 5), state)
