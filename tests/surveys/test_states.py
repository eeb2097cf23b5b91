"""The state tables: what may follow what, and what may never."""

from itertools import pairwise, product

import pytest

from surveys.states import ALERT, MESSAGE, OCCURRENCE, IllegalMove, check_move, diagram

TABLES = pytest.mark.parametrize(
    "table", [OCCURRENCE, MESSAGE, ALERT], ids=["occurrence", "message", "alert"]
)


def reachable(table, start):
    seen, waiting = set(), [start]
    while waiting:
        for state in table[waiting.pop()]:
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return seen


@pytest.mark.parametrize(
    ("table", "path"),
    [
        (OCCURRENCE, "planned due sent answered"),
        (OCCURRENCE, "planned due sent expired answered"),
        (OCCURRENCE, "planned due answered"),
        (OCCURRENCE, "planned due planned due skipped"),
        (OCCURRENCE, "planned superseded"),
        (OCCURRENCE, "planned cancelled planned"),
        (OCCURRENCE, "planned due unreachable"),
        (OCCURRENCE, "planned due sent unreachable"),
        (OCCURRENCE, "planned due sent unreachable due sent answered"),
        (MESSAGE, "queued sending accepted delivered"),
        (MESSAGE, "queued sending accepted bounced"),
        (MESSAGE, "queued sending in_doubt accepted"),
        (MESSAGE, "queued sending in_doubt not_accepted"),
        (MESSAGE, "queued sending retry sending failed"),
        (MESSAGE, "queued cancelled"),
        (ALERT, "open notified escalated acknowledged closed"),
        (ALERT, "open acknowledged"),
        (ALERT, "open escalated"),
    ],
)
def test_the_ways_things_go(table, path):
    states = path.split()
    assert next(iter(table)) == states[0]
    for old, new in pairwise(states):
        check_move(table, old, new)


@pytest.mark.parametrize(
    ("table", "old", "new", "why"),
    [
        (OCCURRENCE, "sent", "planned", "nobody is asked twice"),
        (OCCURRENCE, "sent", "due", "nobody is asked twice"),
        (OCCURRENCE, "answered", "expired", "an answer is kept"),
        (OCCURRENCE, "answered", "superseded", "an answer is kept"),
        (MESSAGE, "in_doubt", "sending", "what may have arrived is never sent again"),
        (MESSAGE, "in_doubt", "retry", "what may have arrived is never sent again"),
        (MESSAGE, "accepted", "sending", "what was accepted is never sent again"),
        (MESSAGE, "sending", "queued", "a claim is not given back"),
        (ALERT, "acknowledged", "open", "never backwards"),
        (ALERT, "escalated", "notified", "never backwards"),
        (ALERT, "open", "closed", "not without a person"),
        (ALERT, "notified", "closed", "not without a person"),
    ],
)
def test_the_ways_things_never_go(table, old, new, why):
    with pytest.raises(IllegalMove):
        check_move(table, old, new)


@TABLES
def test_a_move_is_allowed_exactly_where_the_table_says_so(table):
    for old, new in product(table, table):
        if new in table[old]:
            check_move(table, old, new)
        else:
            with pytest.raises(IllegalMove, match=new):
                check_move(table, old, new)


@TABLES
def test_every_state_can_be_reached_and_every_move_leads_to_a_state(table):
    start = next(iter(table))
    assert reachable(table, start) | {start} == set(table)


def test_an_alert_only_moves_forward():
    order = list(ALERT)
    for old, onward in ALERT.items():
        assert all(order.index(new) > order.index(old) for new in onward)


def test_a_message_in_doubt_is_never_sent_again():
    assert "sending" not in reachable(MESSAGE, "in_doubt")


def test_an_occurrence_once_sent_is_never_planned_again_while_it_is_open():
    assert not {"planned", "due"} & set(OCCURRENCE["sent"])


@pytest.mark.parametrize("old", ["sent", "due", "expired"])
def test_a_late_answer_is_still_an_answer(old):
    check_move(OCCURRENCE, old, "answered")


@pytest.mark.parametrize(("old", "new"), [("lost", "open"), ("open", "lost")])
def test_an_unknown_state_is_named(old, new):
    with pytest.raises(IllegalMove, match='"lost" is not a state; the states are open, notified'):
        check_move(ALERT, old, new)


def test_a_table_draws_itself():
    assert diagram(ALERT) == (
        "stateDiagram-v2\n"
        "    [*] --> open\n"
        "    open --> notified\n"
        "    open --> escalated\n"
        "    open --> acknowledged\n"
        "    notified --> escalated\n"
        "    notified --> acknowledged\n"
        "    escalated --> acknowledged\n"
        "    acknowledged --> closed\n"
        "    closed --> [*]\n"
    )
