"""Chapter: whatever the order in which sessions are added, moved and cancelled, the plan is the
one that the final history gives. Through the real verbs."""

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.actions.treat import change_session, record_session
from tests.cast import DAY, START, ana

pytestmark = pytest.mark.django_db(transaction=False)

NOW = START + DAY
steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "move", "cancel", "take place"]),
        st.integers(0, 5),
        st.integers(2, 40),
    ),
    min_size=1,
    max_size=12,
)


class Undone(Exception):
    pass


def plan_of(course) -> list[tuple]:
    """Every form still to be asked: what sessions are called differs, when they were does not."""
    rows = course.occurrences.filter(state="planned")
    return sorted(
        (row.rule, row.ordinal, row.due_at, row.closes_at, tuple(row.instruments)) for row in rows
    )


def carry_out(course, history) -> None:
    sessions = []
    for step, which, day in history:
        at = START + day * DAY
        taken = course.sessions.filter(superseded_at=None, at=at).exists()
        if step == "add" and not taken:
            sessions.append(record_session(course, at=at, by="desk", now=NOW))
        elif sessions and step != "add":
            place = which % len(sessions)
            one = sessions[place]
            to = at if step == "move" and not taken else one.at
            status = {"cancel": "cancelled", "take place": "done"}.get(step, one.status)
            sessions[place] = change_session(one, at=to, status=status, by="desk", now=NOW)


def planned_after(history, *, by_way_of_edits: bool) -> list[tuple]:
    try:
        with transaction.atomic():
            course = ana()
            carry_out(course, history)
            if not by_way_of_edits:
                final = [(s.at, s.status) for s in course.sessions.filter(superseded_at=None)]
                direct = ana(code="A-009", email="nine@mail.example")
                for at, status in reversed(final):
                    record_session(direct, at=at, status=status, by="desk", now=NOW)
                course = direct
            found = plan_of(course)
            raise Undone
    except Undone:
        return found


@settings(max_examples=15, deadline=None)
@given(steps)
def test_edits_in_any_order_give_the_plan_of_the_final_history(history):
    edited = planned_after(history, by_way_of_edits=True)
    assert edited == planned_after(history, by_way_of_edits=False)
