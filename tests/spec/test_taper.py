"""Chapter: a longer interval as an experiment, judged by a score fixed before it began.

Six sessions in three weeks, then every 14 days to day 80, then 28 days apart. The last three stable
forms before the step are 7 each, so the rescue score is 12 on the PHQ-9.
"""

from dataclasses import replace
from itertools import accumulate

import pytest

from reports.evidence.rules import shipped_rules
from reports.evidence.taper import taper_note, taper_steps
from reports.facts import DecisionFact
from reports.page import build_page, read_case
from reports.trends.course import induction_length
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.pieces import INDUCTION, course, day

BEFORE = [(5, 20), (12, 20), (19, 20), (26, 15), (33, 11), (40, 8), (47, 7), (54, 7), (61, 7)]
GIVEN = [*INDUCTION, 52, 66, 80]


def steps(after, as_of, given=(), planned=()):
    scores = [*BEFORE, (68, 7), (75, 7), *after]
    return case_of(scores, [*GIVEN, *given], as_of, planned)


def case_of(scores, given, as_of, planned):
    return read_case(course(scores, given, as_of, planned=planned), shipped_instruments())


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ((7, 8, 11, 11), "held"),
        ((7, 8, 12, 11), "held"),  # once at the rescue score is not twice
        ((7, 8, 12, 12), "not held"),
        ((7, 8, 13, 13), "not held"),
        ((12, 7, 12, 7), "held"),
    ],
)
def test_two_forms_in_a_row_at_the_rescue_score_end_a_step(scores, verdict):
    after = [(87 + 7 * n, total) for n, total in enumerate(scores)]
    (step,) = taper_steps(steps(after, 115, given=[108.1]))
    assert (step.days, step.before, step.rescue, step.verdict) == (28, 14, 12, verdict)


@pytest.mark.parametrize(
    ("as_of", "verdict"), [(107.6, "too early to tell"), (107.7, "held"), (109, "held")]
)
def test_a_step_is_judged_after_four_weeks(as_of, verdict):
    """The step began with the session of day 80; 107.7 is past midnight, on day 108."""
    (step,) = taper_steps(steps([(87, 7), (101, 8)], as_of, planned=[110]))
    assert step.verdict == verdict


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (86, "too early to tell"),
        (93, "too early to tell"),  # day 13
        (94, "too early to tell"),  # day 14: that far the interval before had reached too
        (95, "not held"),  # day 15
    ],
)
def test_a_step_is_not_held_as_soon_as_a_form_is_past_the_interval_before(second, verdict):
    (step,) = taper_steps(steps([(83, 12), (second, 13)], second + 1, planned=[108]))
    assert step.verdict == verdict


def test_an_unchanged_or_closer_interval_is_no_step():
    assert taper_steps(steps([(87, 7), (94, 7)], 100, given=[94])) == ()
    assert taper_steps(steps([(87, 7), (94, 7)], 100, given=[87, 94])) == ()


@pytest.mark.parametrize(
    ("gaps", "found"),
    [
        ([14], []),
        ([14, 17], []),  # a visit moved by three days is no step
        ([14, 18], [(14, 18)]),
        ([14, 28], [(14, 28)]),  # the very first interval after the induction counts as one
        ([28, 14, 28], [(14, 28)]),
        ([14, 14, 28], [(14, 28)]),
        ([14, 28, 42], [(14, 28), (28, 42)]),
    ],
)
def test_the_first_interval_after_the_induction_is_the_first_to_be_lengthened(gaps, found):
    """The induction ends on day 38. Nothing but the calendar is read here."""
    given = [*accumulate(gaps, initial=INDUCTION[-1])][1:]
    case = case_of([*BEFORE, (68, 7)], [*INDUCTION, *given], given[-1] + 1, [])
    assert [(step.before, step.days) for step in taper_steps(case)] == found


WEEKLY = [7 * n for n in range(30)]
TWICE = [0, 3, 7, 10, 14, 17, 21, 24]


@pytest.mark.parametrize(
    ("given", "length", "why"),
    [
        ([0], 0, "one session is no spacing"),
        ([0, 14, 28], 0, "never close together"),
        ([0, 9, 19], 2, "9 days are close, 10 are not"),
        ([0, 10], 0, "10 days"),
        ([0, 3, 7, 10, 14, 17, 31], 6, "twice a week, then two weeks"),
        ([*TWICE, 28, 35], 8, "twice a week, then weekly"),
        ([0, 2, 4, 7, 9, 11, 14], 7, "three a week, under way"),
        ([0, 2, 4, 7, 9, 11, 14, 16], 8, "eight"),
        ([0, 2, 4, 7, 9, 11, 14, 16, 18], 8, "a ninth is none of it"),
        (WEEKLY, 4, "weekly for ever: day 28 is none of it"),
        ([0, 9, 18, 27], 4, "day 27"),
        ([0, 9, 18, 27, 36], 4, "day 36"),
    ],
)
def test_where_no_protocol_says_the_induction_is_what_is_close_and_soon(given, length, why):
    """Sessions less than 10 days apart from the first on, in its first 28 days, eight at most."""
    facts = course([(-7, 20)], given, given[-1] + 1)
    assert induction_length(replace(facts, induction_sessions=None)) == length, why


def test_weekly_to_every_two_weeks_is_a_step_without_a_protocol_too():
    """Six in three weeks, eight weekly, then every two weeks: the step of Nijs 2020."""
    weekly = [24 + 7 * n for n in range(8)]
    scores = [(-14, 20), (-7, 20), *[(7 * n + 5, max(4, 18 - 2 * n)) for n in range(16)]]
    facts = course(scores, [0, 3, 7, 10, 14, 17, *weekly, 87, 101, 115], 116)
    case = read_case(replace(facts, induction_sessions=None), shipped_instruments())
    assert [(step.before, step.days, step.verdict) for step in taper_steps(case)] == [
        (7, 14, "held")
    ]


def test_without_three_stable_forms_there_is_no_reference():
    case = case_of([(5, 20), (87, 7), (94, 7)], GIVEN, 115, [116])
    (step,) = taper_steps(case)
    assert (step.rescue, step.verdict) == (None, "not interpretable")
    assert step.text(case) == "not interpretable, no three stable forms before"


@pytest.mark.parametrize(
    ("forms", "verdict"),
    [
        ([], "not interpretable, fewer than two forms in it"),
        ([(101, 7)], "not interpretable, fewer than two forms in it"),
        ([(87, 7), (93, 7)], "not interpretable, no form past day 14"),
        ([(87, 7), (94, 7)], "not interpretable, no form past day 14"),
        ([(83, 12), (86, 12)], "not interpretable, no form past day 14"),
        ([(87, 7), (95, 7)], "held"),
    ],
)
def test_after_four_weeks_it_is_the_forms_that_are_missing_and_not_the_time(forms, verdict):
    """The interval before was 14 days: of those beyond, only a form beyond can tell."""
    case = steps(forms, 109, planned=[110])
    (step,) = taper_steps(case)
    assert step.text(case) == f"{verdict} (rescue at 12.0 or more)"


def test_the_published_prior_stands_beside_the_verdict():
    note = taper_note(steps([(87, 7), (101, 8)], 109, planned=[110]))
    assert note.startswith("Steps to a longer interval: 30 days held (rescue at 12.0 or more).")
    assert "24 to 32 %" in note
    assert "47 %" in note
    assert taper_note(steps([(87, 7)], 90)) == ""


def test_a_stretch_that_only_goes_on_is_no_step():
    """Whoever stopped coming was not put on a longer interval."""
    assert taper_steps(steps([(87, 7), (94, 8)], 130)) == ()
    assert taper_note(read_case(courses.stopped_answering(), shipped_instruments())) == ""


@pytest.mark.parametrize(
    ("steady", "rescue", "verdict"),
    [
        (15, 20, "held"),  # 25 % below baseline, 20; the rescue score is baseline
        (16, None, "not interpretable"),  # 20 % below: the rescue score would be above baseline
        (17, None, "not interpretable"),  # 15 % below: nothing gained
        (20, None, "not interpretable"),
    ],
)
def test_what_was_not_gained_cannot_be_held(steady, rescue, verdict):
    scores = [(5, 20), (12, 20), (19, 20), *[(26 + 7 * n, steady) for n in range(12)]]
    case = case_of(scores, GIVEN, 109, [110])
    (step,) = taper_steps(case)
    assert (step.rescue, step.verdict) == (rescue, verdict)
    assert ("rescue at" in step.text(case)) == (rescue is not None)


AGREED = {
    "nothing decided": ((), 12.0),
    "ten days before": ([("taper", 70, 28, 9.0)], 9.0),
    "on the day of the session": ([("taper", 80.4, 28, 9.0)], 9.0),
    "the day after": ([("taper", 81, 28, 9.0)], 9.0),
    "while 14 days had not passed": ([("taper", 94, 28, 9.0)], 9.0),
    "a day later": ([("taper", 95, 28, 9.0)], 12.0),
    "when the interval before had just begun": ([("taper", 38, 28, 9.0)], 9.0),
    "a day sooner": ([("taper", 37, 28, 9.0)], 12.0),
    "to 18 days": ([("taper", 70, 18, 9.0)], 9.0),
    "to 17 days, which is no step": ([("taper", 70, 17, 9.0)], 12.0),
    "without a score": ([("taper", 70, 28, None)], 12.0),
    "and taken back": ([("taper", 70, 28, 9.0), ("continue", 75, None, 10.0)], 12.0),
    "and again": ([("taper", 70, 28, 9.0), ("taper", 75, 28, 10.0)], 10.0),
    "and again once it had begun": ([("taper", 70, 28, 9.0), ("taper", 90, 28, 10.0)], 9.0),
}


@pytest.mark.parametrize(("decided", "rescue"), AGREED.values(), ids=AGREED)
def test_the_score_stated_when_a_step_was_decided_on_is_the_one_it_is_judged_by(decided, rescue):
    """Every 14 days since day 38; the session of day 80 opens the step."""
    case = with_decisions(steps([(87, 7), (101, 8)], 109, planned=[110]), decided)
    (step,) = taper_steps(case)
    assert step.rescue == rescue
    fixed = "" if rescue == 12 else ", fixed "
    assert f"(rescue at {rescue} or more{fixed}" in step.text(case)


@pytest.mark.parametrize(
    ("last", "verdict"), [((8, 8), "held"), ((8, 9), "held"), ((9, 9), "not held")]
)
def test_scores_that_rose_between_the_decision_and_the_session_do_not_move_it(last, verdict):
    """4, 4 and 4 when it was decided on: 9. By the session 4, 7 and 8, which would make it 11.3."""
    scores = [*BEFORE[:-1], (61, 4), (64, 4), (66, 4), (72, 7), (79, 8)]
    after = [(90, last[0]), (104, last[1])]
    shown = build_page(
        course(scores[:-2], GIVEN[:-1], 68, planned=[80]), shipped_instruments(), shipped_rules()
    )
    assert shown.rescue == 9
    case = case_of([*scores, *after], GIVEN, 109, [110])
    assert round(taper_steps(case)[0].rescue, 1) == 11.3
    (step,) = taper_steps(with_decisions(case, [("taper", 68, 28, shown.rescue)]))
    assert (step.rescue, step.verdict) == (9, verdict)


@pytest.mark.parametrize(
    ("decided", "stated"),
    [
        ((), "rescue at 12.0 or more, on two forms"),
        ([("taper", 79, 28, 9.0)], "rescue at 9.0 or more, fixed 22 Jul, on two forms"),
        ([("taper", 79, 28, 9.0), ("continue", 81, None, 12.0)], "rescue at 12.0 or more, on"),
    ],
)
def test_until_the_step_begins_the_page_goes_on_stating_the_score_agreed_on(decided, stated):
    """So that the page of a second decision freezes no other score than it shows."""
    case = with_decisions(steps([(82, 7)], 84, planned=[94]), decided)
    page = build_page(case.facts, shipped_instruments(), shipped_rules())
    (said,) = [one for one in page.options[1].column.speaks_for.statements if "T1" in one.mark]
    assert stated in said.inputs
    assert stated.startswith(f"rescue at {page.rescue} or more")


def with_decisions(case, decided):
    made = tuple(
        DecisionFact(option, day(number), "N. Okafor", "", interval, rescue=rescue)
        for option, number, interval, rescue in decided
    )
    return replace(case, facts=replace(case.facts, decisions=made))


def test_why_there_is_no_rescue_score_is_said():
    for steady, why in (
        (16, "the rescue score would be worse than baseline"),
        (17, "the stable forms before were not 20 % better than baseline"),
    ):
        scores = [(5, 20), (12, 20), (19, 20), *[(26 + 7 * n, steady) for n in range(12)]]
        note = taper_note(case_of(scores, GIVEN, 109, [110]))
        assert f"30 days not interpretable, {why}." in note


@pytest.mark.parametrize(
    ("steady", "rescue", "said"),
    [
        # baseline 20, a reliable change is 6: up to 14 the gain is reliable
        (8, 13.0, ""),
        (9, 14.0, ""),  # on it: whoever stays below has a reliable gain
        (10, 15.0, "; the reliable gain ends at 14.0"),
    ],
)
def test_a_rescue_score_past_the_reliable_gain_says_where_that_ends(steady, rescue, said):
    """What counts as held, below 15, may be less than a reliable change from 20."""
    scores = [(5, 20), (12, 20), (19, 20), *[(26 + 7 * n, steady) for n in range(12)]]
    case = case_of(scores, GIVEN, 109, [110])
    note = taper_note(case)
    assert note.startswith(f"Steps to a longer interval: 30 days held (rescue at {rescue}")
    assert note.partition(" or more)")[2].partition(". Published")[0] == said


def test_steady_at_an_interval_says_so_beside_the_next_rung():
    """GAD-7 aside: PHQ-9 from 18 to 8, so 13.3 would end a step and 12.0 the reliable gain."""
    column = build_page(courses.two_that_disagree(), shipped_instruments(), shipped_rules())
    (taper,) = column.options[1].column.speaks_for.statements
    assert "rescue at 13.3 or more, on two forms; the reliable gain ends at 12.0." in taper.inputs


def test_steps_in_a_row_that_ended_alike_are_said_together():
    scores = [(5, 20), (12, 20), (19, 20), *[(26 + 7 * n, 19) for n in range(18)]]
    note = taper_note(case_of(scores, [*GIVEN, 101], 145, [146]))
    assert note.startswith(
        "Steps to a longer interval: 21 then 45 days not interpretable, the stable forms before "
        "were not 20 % better than baseline. "
    )
