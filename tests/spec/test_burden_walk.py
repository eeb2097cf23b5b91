"""Chapter: how much a patient is asked when everything comes together.

Day by day for nine weeks: sessions become known when they took place or some days late, what falls
due goes out and is answered, some forms are asked once more, and short forms are allowed.
"""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.burden import most_in_a_week
from surveys.catalogue import every_instrument
from surveys.clock import local_date
from surveys.confirmation import CONFIRMATION, REASONS, form_again
from surveys.plan import plan
from surveys.planned import Asked, Planned
from surveys.protocol import shipped_protocols
from surveys.stepping import Answered, Standing
from tests.spec.test_schedule import (
    DENVER,
    ENROLLED,
    MONDAY,
    histories,
    on_day,
    protocols,
    sessions,
)

TAPER = shipped_protocols()["taper-ladder"]
PHQ9, PHQ2 = every_instrument()["phq9"], every_instrument()["phq2"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALM = tuple(Answered(ENROLLED - n * DAY, False, 2, 0) for n in (3, 2, 1))
days_asked_again = st.sets(st.integers(-5, 63))


def walk(protocol, history, asked_again, days_late=0) -> list[Planned]:
    """Every form that went out, in order. Each session is recorded so many days late."""
    out: list[Planned] = []
    extra: list[Planned] = []
    answered = CALM
    for number in range(-5, 63):
        now = on_day(number, "20:59")
        known = [session for session in history if session.at + days_late * DAY <= now]
        standing = Standing(answered, False, PHQ9.remission_below, PHQ2.cutoff)
        already = [asked(form) for form in out]
        planned = plan(protocol, ENROLLED, known, DENVER, now, already, extra, standing)
        for form in (one for one in planned if one.closes_at > now):
            out.append(form)
            for short in (True, False):
                if ("phq2" if short else "phq9") in form.instruments:
                    answered = (*answered, Answered(now, short, 2, None if short else 0))
            if "phq9" in form.instruments and number in asked_again and not pending(extra, now):
                extra = [form_again(CONFIRMATION, "phq9", now, str(number), DENVER)]
    return out


def asked(form: Planned) -> Asked:
    spacing = REASONS[form.rule].spacing_days if form.rule in REASONS else None
    return Asked(frozenset([form.key, *form.carries]), form.due_at, form.instruments, spacing)


def pending(extra, now) -> bool:
    return any(form.closes_at > now for form in extra)


def test_the_walk_meets_all_of_it():
    """Ana tapers: every second form asks more and stays whole; two are asked again."""
    out = walk(TAPER, sessions(0, 7, 14, 21, 28, 35, 42), {-5, 28})
    found = [((local_date(f.due_at, DENVER) - MONDAY).days, f.rule, f.instruments[0]) for f in out]
    assert [one for one in found if one[2] in ("phq9", "phq2")] == [
        (-5, "baseline", "phq9"),
        (-2, "confirmation", "phq9"),
        (14, "two-weekly", "phq2"),
        (28, "monthly", "phq9"),
        (31, "confirmation", "phq9"),
        (42, "two-weekly", "phq2"),
        (56, "monthly", "phq9"),
    ]


@settings(max_examples=25, deadline=None)
@given(protocols, histories, days_asked_again, st.integers(0, 6))
def test_whatever_goes_out_no_week_is_above_the_cap_and_no_form_too_soon(
    protocol, history, asked_again, days_late
):
    out = walk(protocol, history, asked_again, days_late)
    assert most_in_a_week(out, DENVER) <= protocol.most_questions_per_week
    low = sorted(
        (local_date(form.due_at, DENVER), form.rule == CONFIRMATION)
        for form in out
        if {"phq9", "phq2"} & set(form.instruments)
    )
    for (day, more), (later, again) in pairwise(low):
        least = 3 if more or again else protocol.min_spacing_days
        assert (later - day).days >= least
