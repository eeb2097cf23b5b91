"""Chapter: which answers somebody at the clinic has to see."""

import pytest

from surveys.catalogue import every_instrument
from surveys.instrument import shipped_instruments
from surveys.scoring import DECLINED, AnswerError, score
from surveys.triage import concerns, left_unsaid, safety_concerns, unanswered_safety_items, untold

PHQ9 = shipped_instruments()["phq9"]
GAD7 = shipped_instruments()["gad7"]
AFTER_SESSION = shipped_instruments()["after_session"]
C_SSRS = every_instrument()["c_ssrs_screener"]


@pytest.mark.parametrize(
    ("now", "before", "level", "why"),
    [
        (0, None, None, "not at all"),
        (0, 3, None, "not at all any more"),
        (1, None, "standard", "several days, and nothing to compare with"),
        (1, 1, "standard", "as before"),
        (1, 2, "standard", "less than before, still positive"),
        (1, 0, "urgent", "a rise"),
        (1, DECLINED, "standard", "declined before: no rise is known"),
        (2, None, "urgent", "two or more"),
        (2, 2, "urgent", "two or more, though as before"),
        (2, 3, "urgent", "two or more, though less than before"),
        (3, None, "urgent", "nearly every day"),
        (None, 3, None, "left open: a task of its own, see below"),
        (DECLINED, 3, None, "declined: a task of its own, see below"),
    ],
)
def test_question_9(now, before, level, why):
    found = concerns(PHQ9, {"9": now}, None if before is None else {"9": before})
    assert [concern.level for concern in found] == ([] if level is None else [level]), why


def test_a_positive_question_9_needs_no_total():
    answers = {"9": 1}
    assert score(PHQ9, answers).total is None
    assert [concern.code for concern in concerns(PHQ9, answers)] == ["item9"]


def test_a_positive_question_9_is_seen_at_a_minimal_total():
    answers = {**{str(item): 0 for item in range(1, 9)}, "9": 1}
    assert score(PHQ9, answers).band == "minimal"
    assert [concern.item for concern in concerns(PHQ9, answers)] == ["9"]


def test_a_high_total_without_question_9_raises_nothing():
    assert concerns(PHQ9, {**{str(item): 3 for item in range(1, 9)}, "9": 0}) == ()


def test_the_reason_says_what_was_answered_and_why_it_is_urgent():
    [concern] = concerns(PHQ9, {"9": 2}, {"9": 1})
    assert concern.reason == (
        'PHQ-9, thoughts of death or self-harm: "More than half the days" (2); 2 or more; up from 1'
    )


@pytest.mark.parametrize(
    ("answer", "open_items"), [(None, ("9",)), (DECLINED, ("9",)), (0, ()), (1, ())]
)
def test_an_unanswered_question_9_is_a_task_of_its_own(answer, open_items):
    assert unanswered_safety_items(PHQ9, {"9": answer}) == open_items


def test_a_question_9_not_mentioned_is_unanswered():
    assert unanswered_safety_items(PHQ9, {}) == ("9",)


@pytest.mark.parametrize(
    ("item", "level"),
    [
        ("redflag_cardiac", "urgent"),
        ("redflag_injury", "urgent"),
        ("redflag_care", "urgent"),
        ("high_energy", "standard"),
        ("callback", "standard"),
    ],
)
def test_each_yes_after_a_session_is_seen(item, level):
    [concern] = concerns(AFTER_SESSION, {item: 1})
    assert (concern.item, concern.level) == (item, level)
    assert concerns(AFTER_SESSION, {item: 0}) == ()
    assert concerns(AFTER_SESSION, {item: DECLINED}) == ()


def test_several_concerns_of_one_form_come_together():
    found = concerns(AFTER_SESSION, {"callback": 1, "redflag_injury": 1, "nausea": 3})
    assert [concern.code for concern in found] == ["redflag_injury", "callback"]


def test_symptoms_after_a_session_raise_nothing_by_themselves():
    symptoms = {item.code: 3 for item in AFTER_SESSION.items if item.group == "symptoms"}
    assert len(symptoms) == 10
    assert concerns(AFTER_SESSION, symptoms) == ()


def test_gad7_raises_nothing():
    highest = {str(item): 3 for item in range(1, 8)}
    assert concerns(GAD7, highest) == ()
    assert unanswered_safety_items(GAD7, {}) == ()


def test_an_impossible_answer_is_refused_before_it_is_judged():
    with pytest.raises(AnswerError):
        concerns(PHQ9, {"9": 4})
    with pytest.raises(AnswerError):
        concerns(PHQ9, {"9": True})


# --- what is told again: only what is worse than all that was told before


@pytest.mark.parametrize(
    ("told", "now", "again"),
    [
        ([], 1, True),
        ([], 0, False),
        ([1], 1, False),
        ([1], 2, True),
        ([1], 3, True),
        ([2], 1, False),
        ([1, 3], 2, False),
        ([3, 1], 3, False),
        ([1, 2], 3, True),
        ([1], None, False),
        ([1], DECLINED, False),
    ],
)
def test_question_9_is_told_again_where_it_is_worse(told, now, again):
    before = [one for answer in told for one in safety_concerns(PHQ9, {"9": answer})]
    assert bool(untold(safety_concerns(PHQ9, {"9": now}), before)) is again


def test_another_question_is_told_whatever_was_told_of_the_first():
    before = safety_concerns(C_SSRS, {"1": 1})
    found = safety_concerns(C_SSRS, {"1": 1, "2": 1})
    assert [one.item for one in untold(found, before)] == ["2"]
    assert [one.instrument for one in untold(safety_concerns(PHQ9, {"9": 1}), found)] == ["phq9"]


def test_what_was_told_before_stands_in_the_reason():
    (again,) = untold(safety_concerns(PHQ9, {"9": 3}), safety_concerns(PHQ9, {"9": 1}))
    assert again.reason.endswith('"Nearly every day" (3); 2 or more; told before: 1')


@pytest.mark.parametrize(
    ("now", "left"), [({}, True), ({"9": None}, True), ({"9": 0}, False), ({"9": DECLINED}, False)]
)
def test_only_another_answer_takes_one_about_self_harm_back(now, left):
    before = safety_concerns(PHQ9, {"9": 2})
    assert bool(left_unsaid(before, {"phq9": now})) is left
    assert left_unsaid(before, {"gad7": {"1": 0}}) == before
