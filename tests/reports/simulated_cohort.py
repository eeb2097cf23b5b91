"""A clinic whose true outcomes are those of McInnes 2022, played through the real verbs.

537 people, PHQ-9, 14 to 31 days after induction: 53.6 % response, 28.9 % remission, 8.4 % worse;
of the responders about 80 % hold at four weeks and 60 % at eight. The time to loss is drawn from
an exponential law in each half so that both figures hold. Nothing here is taken from our own code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from random import Random

from surveys.actions.answer import submit
from surveys.actions.schedule import replan
from surveys.actions.treat import record_session
from surveys.models import Course, Occurrence
from tests import cast

PUBLISHED = {"response": 0.536, "remission": 0.289, "worse": 0.084}
HOLDS = {4: 0.80, 8: 0.60}
# Half answer nothing more after so many weeks: the rest of the curve stands on fewer people.
HALF_STAY_WEEKS = 26
NO_FORM = 0.06
SESSION_DAYS = (1, 3, 5, 8, 10, 12)
BOOSTER_DAYS = (40, 68)
AFTER_DUE = timedelta(hours=2)


@dataclass(frozen=True)
class Person:
    """What is true of one person. `lost_after`: days from the classifying form."""

    baseline: int
    after: int | None
    response: bool
    remission: bool
    worse: bool
    lost_after: float
    leaves_after: float


def person(random: Random) -> Person:
    """Totals of at most 24, so that question 9 stays at 0 and no alert is raised."""
    fate = random.random()
    response, remission = fate < PUBLISHED["response"], fate < PUBLISHED["remission"]
    worse = fate > 1 - PUBLISHED["worse"]
    baseline = random.randint(10, 18) if worse else random.randint(12, 24)
    half = baseline // 2
    if remission:
        after = random.randint(0, 4)
    elif response:
        after = random.randint(5, half)
    elif worse:
        after = random.randint(baseline + 6, 24)
    else:
        after = random.randint(half + 1, min(baseline + 5, 24))
    asked = random.random() >= NO_FORM
    return Person(
        baseline,
        after if asked else None,
        response and asked,
        remission and asked,
        worse and asked,
        lost_after=_time_to_loss(random),
        leaves_after=random.expovariate(log(2) / (7 * HALF_STAY_WEEKS)),
    )


def _time_to_loss(random: Random) -> float:
    early = random.expovariate(-log(HOLDS[4]) / 28)
    if early <= 28:
        return early
    return 28 + random.expovariate(-log(HOLDS[8] / HOLDS[4]) / 28)


def play(one: Person, number: int, random: Random) -> Course:
    """Enrols, treats and answers, all through the verbs of the house."""
    course = cast.ana(code=f"S-{number:04d}", protocol="six-in-two-weeks", email="")
    _answer(course, "baseline", cast.START + AFTER_DUE, one.baseline)
    for day in SESSION_DAYS:
        _treat(course, day)
    replan(course, by="front desk", now=cast.START + 13 * cast.DAY)
    first = course.occurrences.get(survey="end-of-induction")
    if one.after is None:
        return course
    answered = first.due_at + AFTER_DUE
    _answer(course, "end-of-induction", answered, one.after)
    if one.response:
        _follow_up(course, one, answered, random)
    return course


def _treat(course: Course, day: int) -> None:
    at = cast.START + day * cast.DAY
    record_session(course, at=at, by="front desk", now=at + cast.HOUR, plan_now=False)


def _follow_up(course: Course, one: Person, since: datetime, random: Random) -> None:
    """Forms between boosters, each booster recorded before the forms that follow from it."""
    ends = [*BOOSTER_DAYS[1:], BOOSTER_DAYS[-1] + 28]
    for booster, end in zip(BOOSTER_DAYS, ends, strict=True):
        _treat(course, booster)
        replan(course, by="front desk", now=cast.START + booster * cast.DAY + cast.HOUR)
        due = course.occurrences.filter(
            state="planned", due_at__gt=since, due_at__lt=cast.START + end * cast.DAY
        )
        for row in [row for row in due.order_by("due_at") if "phq9" in row.instruments]:
            at = row.due_at + AFTER_DUE
            day = (at - since) / cast.DAY
            if day > one.leaves_after:
                return
            half = one.baseline // 2
            total = random.randint(half + 1, one.baseline) if day >= one.lost_after else half
            _submit(row, at, total)


def _answer(course: Course, survey: str, at: datetime, total: int) -> None:
    _submit(course.occurrences.get(survey=survey), at, total)


def _submit(row: Occurrence, at: datetime, total: int) -> None:
    whole, rest = divmod(total, 8)
    values = [whole + (place < rest) for place in range(8)]
    forms = {"phq9": cast.phq9(*values, 0)}
    submit(row, forms, mode="web", by="patient", now=at)
