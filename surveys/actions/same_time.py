"""Two forms of one instant: paper knows its day alone, and a clock may stand still.

One patient has one answer of an instrument at an instant. A second form moves on to the next free
second, so that no answer is ever refused for its time; only the very same answers are one form.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from surveys.models import Course, Response
from surveys.scoring import Answers

APART = timedelta(seconds=1)


def free_instant(course: Course, instruments: list[str], at: datetime) -> datetime:
    """`at`, or the first second after it at which none of these was answered yet."""
    taken = [when for when, _ in _answered_from(course, instruments, at)]
    return at + len(taken) * APART


def same_again(
    course: Course, answers: Mapping[str, Answers], at: datetime
) -> tuple[Response, ...]:
    """The forms stored with exactly these answers, at `at` or moved on from it. Else none."""
    asked = {name: dict(given) for name, given in answers.items()}
    for _, rows in _answered_from(course, list(answers), at):
        if {row.instrument: row.answers for row in rows} == asked:
            return rows
    return ()


def _answered_from(
    course: Course, instruments: list[str], at: datetime
) -> Iterator[tuple[datetime, tuple[Response, ...]]]:
    mine = Response.objects.filter(patient=course.patient_id, instrument__in=instruments)
    while rows := tuple(mine.filter(answered_at=at)):
        yield at, rows
        at += APART
