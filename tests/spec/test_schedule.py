"""Chapter: which survey falls due when.

Days are counted from session 1, which takes place on Monday 5 January 2026 at 14:00 in Denver.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.clock import elapsed, is_quiet, wall
from surveys.plan import SessionFact, phase, plan
from surveys.planned import LEFT
from surveys.protocol import shipped_protocols

SIX = shipped_protocols()["six-then-boosters"]
THREE_TWO_THREE = shipped_protocols()["three-two-three"]
DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 1, 5)
IN_TWO_WEEKS = (0, 2, 4, 7, 9, 11)
IN_THREE_WEEKS = (0, 3, 7, 10, 14, 17)
EIGHT = (0, 2, 4, 7, 9, 14, 16, 18)


def on_day(day: int, at: str = "14:00") -> datetime:
    return wall(MONDAY + timedelta(days=day), time.fromisoformat(at), DENVER)


ENROLLED = on_day(-5)


def sessions(*days: int, status: str = "done") -> list[SessionFact]:
    return [SessionFact(f"day {day}", on_day(day), status) for day in days]


def due(history, *, protocol=SIX, until=200, enrolled_at=ENROLLED, zone=DENVER):
    return plan(protocol, enrolled_at, history, zone, on_day(until))


def days_of(planned, rule: str, zone=DENVER) -> list[int]:
    """The days on which a rule's surveys fall due."""
    return [
        (form.due_at.astimezone(zone).date() - MONDAY).days for form in planned if form.rule == rule
    ]


# --- one whole course -----------------------------------------------------------------------------


def test_six_infusions_in_two_weeks_and_one_booster():
    planned = due(sessions(*IN_TWO_WEEKS, 41), until=80)
    found = [
        (form.rule, (form.due_at.astimezone(DENVER).date() - MONDAY).days, form.ordinal)
        for form in planned
        if form.rule != "after-session"
    ]
    assert found == [
        ("baseline", -5, 1),
        ("weekly", 7, 1),
        ("weekly", 14, 2),
        ("end-of-induction", 25, 1),
        ("monthly", 39, 1),
        ("mid-interval", 55, 1),
        ("monthly", 67, 2),
    ], "day 62, the booster's second form, would come five days before the monthly one"
    assert days_of(planned, "after-session") == [1, 3, 5, 8, 10, 12, 42]


def test_eight_infusions_in_three_weeks_then_monthly():
    planned = due(sessions(*EIGHT, 46), protocol=THREE_TWO_THREE, until=90)
    assert days_of(planned, "weekly") == [7, 14, 21]
    assert days_of(planned, "end-of-induction") == [32]
    assert days_of(planned, "monthly") == [46, 74]
    assert days_of(planned, "mid-interval") == [60, 67]


@pytest.mark.parametrize("protocol", [SIX, THREE_TWO_THREE], ids=lambda one: one.id)
def test_what_each_survey_asks(protocol):
    asked = {name: survey.instruments for name, survey in protocol.surveys.items()}
    assert asked == {
        "baseline": ("phq9", "gad7"),
        "after-session": ("after_session",),
        "weekly": ("phq9",),
        "end-of-induction": ("phq9", "gad7"),
        "mid-interval": ("phq9",),
        "monthly": ("phq9", "gad7", "longer_term_harms"),
    }


# --- baseline: before session 1 -------------------------------------------------------------------


def test_the_baseline_is_due_at_once_and_open_for_28_days():
    [baseline] = due([])
    assert baseline.due_at == ENROLLED
    assert baseline.closes_at == ENROLLED + timedelta(days=28)


@pytest.mark.parametrize("status", ["done", "planned"])
def test_session_1_closes_the_baseline_whether_done_or_still_planned(status):
    baseline = due(sessions(0, status=status))[0]
    assert (baseline.rule, baseline.closes_at) == ("baseline", on_day(0))


@pytest.mark.parametrize("status", ["cancelled", "missed"])
def test_a_session_that_will_not_take_place_closes_nothing(status):
    [baseline] = due(sessions(0, status=status))
    assert baseline.closes_at == ENROLLED + timedelta(days=28)


def test_who_is_enrolled_after_session_1_has_no_baseline():
    assert days_of(due(sessions(0), enrolled_at=on_day(1)), "baseline") == []


def test_who_is_enrolled_at_the_very_start_of_session_1_has_no_baseline():
    assert days_of(due(sessions(0), enrolled_at=on_day(0)), "baseline") == []


def test_a_baseline_of_the_evening_waits_for_the_morning():
    [baseline] = due([], enrolled_at=on_day(-5, "22:30"))
    assert baseline.due_at == on_day(-4, "08:00")


# --- after each session: 24 hours elapsed ---------------------------------------------------------


def test_the_after_session_check_is_due_24_hours_after_and_open_for_48():
    [check] = [form for form in due(sessions(0)) if form.rule == "after-session"]
    assert check.due_at == on_day(1)
    assert check.closes_at == on_day(3)
    assert check.anchor == "day 0"


def test_the_next_session_closes_the_check_of_the_one_before():
    checks = [form for form in due(sessions(0, 2)) if form.rule == "after-session"]
    assert checks[0].closes_at == on_day(2)


def test_a_session_planned_next_closes_it_too():
    history = [*sessions(0), *sessions(2, status="planned")]
    checks = [form for form in due(history) if form.rule == "after-session"]
    assert [check.closes_at for check in checks] == [on_day(2)]


def test_with_sessions_a_day_apart_there_is_no_moment_to_ask_about_the_first():
    assert days_of(due(sessions(0, 1)), "after-session") == [2]


def test_the_check_of_a_late_session_waits_for_the_morning():
    late = [SessionFact("late", on_day(0, "21:30"), "done")]
    [check] = [form for form in due(late) if form.rule == "after-session"]
    assert check.due_at == on_day(2, "08:00")


def test_24_hours_elapse_though_the_clocks_change():
    """Clocks in Denver go forward on Sunday 8 March 2026, day 62."""
    [check] = [form for form in due(sessions(61)) if form.rule == "after-session"]
    assert check.due_at == elapsed(on_day(61), 24)
    assert check.due_at == on_day(62, "15:00")


# --- weekly in induction: wall time ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "weekly", "why"),
    [
        (sessions(0), [7, 14, 21, 28, 35, 42, 49, 56], "unfinished: eight weeks at most"),
        (sessions(*IN_TWO_WEEKS), [7, 14], "last session on day 11: until a week after"),
        (sessions(*IN_THREE_WEEKS), [7, 14, 21], "last session on day 17"),
        (sessions(0, 2, 4, 7, 9, 14), [7, 14, 21], "day 21 at 09:00 is within the week"),
        (sessions(0, 2, 4, 7, 9, 13), [7, 14], "day 21 at 09:00 is past it"),
        (sessions(*IN_TWO_WEEKS[:5]), [7, 14, 21, 28, 35, 42, 49, 56], "five are not six"),
        (
            [*sessions(*(day + 2 for day in IN_TWO_WEEKS)), *sessions(0, status="missed")],
            [9, 16],
            "counts from the first that was done",
        ),
    ],
)
def test_weekly_forms_run_to_the_week_after_the_last_induction_session(history, weekly, why):
    assert days_of(due(history), "weekly") == weekly, why


def test_weekly_forms_keep_their_time_on_the_wall_over_a_clock_change():
    forms = [form for form in due(sessions(58)) if form.rule == "weekly"]
    assert [form.due_at.astimezone(DENVER).time() for form in forms[:3]] == [time(9)] * 3
    assert forms[0].due_at == on_day(65, "09:00")


def test_weekly_forms_are_open_for_five_days():
    form = next(form for form in due(sessions(0)) if form.rule == "weekly")
    assert form.closes_at - form.due_at == timedelta(days=5)


# --- after induction ------------------------------------------------------------------------------


def test_the_end_of_induction_form_is_due_on_day_14_after_the_last_session():
    [form] = [f for f in due(sessions(*IN_TWO_WEEKS)) if f.rule == "end-of-induction"]
    assert form.due_at == on_day(25, "09:00")
    assert form.closes_at == on_day(35, "09:00")
    assert form.anchor == "day 11"


def test_before_induction_is_complete_nothing_after_it_is_planned():
    planned = due(sessions(*IN_TWO_WEEKS[:5]))
    for rule in ("end-of-induction", "monthly", "mid-interval"):
        assert days_of(planned, rule) == []


def test_monthly_forms_go_on_every_28_days():
    assert days_of(due(sessions(*IN_TWO_WEEKS), until=130), "monthly") == [39, 67, 95, 123]


def test_between_boosters_the_patient_is_asked_on_days_14_and_21():
    planned = due(sessions(*IN_TWO_WEEKS, 45, 87), until=120)
    assert days_of(planned, "mid-interval") == [59, 101, 108]
    assert days_of(planned, "monthly") == [39, 67, 95]


def test_a_new_booster_ends_the_asking_of_the_one_before():
    planned = due(sessions(*IN_TWO_WEEKS, 41, 54), until=70)
    assert {form.anchor for form in planned if form.rule == "mid-interval"} <= {"day 54"}


# --- cancelled, missed, moved, imported late ------------------------------------------------------


@pytest.mark.parametrize("status", ["cancelled", "missed", "planned"])
def test_a_session_that_was_not_done_asks_for_nothing(status):
    assert {form.rule for form in due(sessions(0, 3, status=status))} <= {"baseline"}


@pytest.mark.parametrize("status", ["cancelled", "missed"])
def test_a_session_that_did_not_take_place_does_not_count_towards_induction(status):
    history = [*sessions(*IN_TWO_WEEKS[:5]), *sessions(11, status=status)]
    assert days_of(due(history), "end-of-induction") == []


def test_a_moved_session_moves_its_surveys_and_keeps_their_names():
    before = due([SessionFact("s", on_day(0), "done")], until=30)
    after = due([SessionFact("s", on_day(2), "done")], until=32)
    names = [(form.rule, form.anchor, form.ordinal) for form in before]
    assert [(form.rule, form.anchor, form.ordinal) for form in after] == names
    assert days_of(after, "weekly") == [day + 2 for day in days_of(before, "weekly")]


def test_a_first_session_imported_late_is_the_new_day_0():
    assert days_of(due(sessions(3, 5)), "weekly")[0] == 10
    assert days_of(due(sessions(3, 5, 0)), "weekly")[0] == 7


def test_two_sessions_with_one_key_are_refused():
    twins = [SessionFact("s", on_day(0), "done"), SessionFact("s", on_day(1), "done")]
    with pytest.raises(ValueError, match="the current version of each"):
        due(twins)


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match='"maybe"'):
        due([SessionFact("s", on_day(0), "maybe")])


def test_a_session_without_an_offset_is_refused():
    naive = on_day(0).replace(tzinfo=None)
    with pytest.raises(ValueError, match="no offset"):
        due([SessionFact("s", naive, "done")])


# --- spacing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("booster", "mid_interval", "why"),
    [
        (40, [54, 61], "day 61 is six days before the monthly form of day 67: far enough"),
        (41, [55], "day 62 is five days before it: too close"),
        (46, [60], "day 67 is the day of the monthly form itself"),
        (51, [], "day 65 is two days before it and day 72 five days after"),
        (52, [73], "day 73 is six days after: far enough"),
    ],
)
def test_a_form_too_close_to_a_more_important_one_is_left_out(booster, mid_interval, why):
    planned = due(sessions(*IN_TWO_WEEKS, booster), until=90)
    assert days_of(planned, "mid-interval") == mid_interval, why
    assert days_of(planned, "monthly") == [39, 67], "the more important form always stays"


def test_after_session_checks_may_follow_each_other_closely():
    assert days_of(due(sessions(0, 2, 4)), "after-session") == [1, 3, 5]


# --- phases ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "day", "expected"),
    [
        ([], 0, "before"),
        (sessions(0), -1, "before"),
        (sessions(0), 0, "induction"),
        (sessions(0, status="planned"), 1, "before"),
        (sessions(0, status="missed"), 1, "before"),
        (sessions(*IN_TWO_WEEKS), 10, "induction"),
        (sessions(*IN_TWO_WEEKS), 11, "maintenance"),
        # five of six: left at the hour of day 56, where no sixth is booked
        (sessions(*IN_TWO_WEEKS[:5]), 55, "induction"),
        (sessions(*IN_TWO_WEEKS[:5]), 56, LEFT),
        (sessions(*IN_TWO_WEEKS[:5]), 300, LEFT),
        (sessions(*IN_TWO_WEEKS[:5]) + sessions(58, status="planned"), 57, "induction"),
        (sessions(*IN_TWO_WEEKS[:5]) + sessions(58, status="planned"), 58, LEFT),
        (sessions(*IN_TWO_WEEKS[:5]) + sessions(58, status="cancelled"), 57, LEFT),
        (sessions(*IN_TWO_WEEKS[:5], 58), 58, "maintenance"),  # the sixth came after all
    ],
)
def test_phases(history, day, expected):
    assert phase(SIX, history, on_day(day)) == expected


def test_a_protocol_may_give_its_induction_another_time():
    [induction, later] = SIX.phases
    slow = replace(SIX, phases=(replace(induction, left_after_days=90), later))
    begun = sessions(*IN_TWO_WEEKS[:5])
    assert [phase(slow, begun, on_day(day)) for day in (56, 89, 91)] == [
        "induction", "induction", LEFT,
    ]  # fmt: skip


def test_three_two_three_is_in_induction_until_its_eighth_session():
    assert phase(THREE_TWO_THREE, sessions(*EIGHT[:7]), on_day(50)) == "induction"
    assert phase(THREE_TWO_THREE, sessions(*EIGHT), on_day(60)) == "maintenance"


# --- whatever the history -------------------------------------------------------------------------

protocols = st.sampled_from(list(shipped_protocols().values()))
zones = st.sampled_from(
    [
        "America/Denver", "America/New_York", "America/Nuuk", "Africa/Cairo", "Europe/London",
        "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "UTC",
    ]
)  # fmt: skip
hours = st.integers(0, 24 * 200)
histories = st.lists(
    st.tuples(hours, st.sampled_from(["done", "done", "done", "planned", "cancelled", "missed"])),
    max_size=14,
    unique_by=lambda session: session[0],
).map(
    lambda rows: [
        SessionFact(f"s{number}", elapsed(on_day(0), at), status)
        for number, (at, status) in enumerate(rows)
    ]
)


@given(protocols, histories, zones, st.randoms())
def test_the_order_of_recording_does_not_matter(protocol, history, zone, random):
    shuffled = random.sample(history, len(history))
    assert due(history, protocol=protocol, zone=zone) == due(shuffled, protocol=protocol, zone=zone)


@given(protocols, histories, zones)
def test_every_survey_has_a_window_a_name_of_its_own_and_leaves_the_night_alone(
    protocol, history, zone
):
    planned = due(history, protocol=protocol, zone=zone)
    names = [(form.rule, form.anchor, form.ordinal) for form in planned]
    assert len(set(names)) == len(names)
    for form in planned:
        assert form.due_at < form.closes_at
        assert form.window.contains(form.due_at)
        assert not form.window.contains(form.closes_at)
        assert not is_quiet(form.due_at, zone)
        assert ENROLLED <= form.due_at < on_day(200)


@given(protocols, histories, zones)
def test_forms_of_one_questionnaire_never_crowd(protocol, history, zone):
    days = sorted(
        form.due_at.astimezone(ZoneInfo(zone)).date()
        for form in due(history, protocol=protocol, zone=zone)
        if "phq9" in protocol.surveys[form.survey].instruments
    )
    assert all(later - day >= timedelta(days=6) for day, later in pairwise(days))


@given(protocols, histories, st.integers(-5, 200))
def test_looking_further_ahead_changes_nothing_nearer(protocol, history, day):
    near = due(history, protocol=protocol, until=day)
    far = due(history, protocol=protocol, until=260)
    assert near == tuple(form for form in far if form.due_at < on_day(day))


@given(protocols, histories)
def test_sessions_that_did_not_take_place_leave_no_trace(protocol, history):
    real = [session for session in history if session.status in ("done", "planned")]
    assert due(history, protocol=protocol) == due(real, protocol=protocol)


@given(protocols, histories)
def test_every_session_done_is_asked_about_unless_the_next_came_within_a_day(protocol, history):
    any_number = replace(protocol, most_questions_per_week=10_000)
    planned = due(history, protocol=any_number, until=260)
    names = [key for form in planned for key in (form.key, *form.carries)]
    asked = {anchor for rule, anchor, _ in names if rule == "after-session"}
    ahead = sorted(s.at for s in history if s.status in ("done", "planned"))
    for session in (s for s in history if s.status == "done"):
        onward = [at for at in ahead if at > session.at]
        if not onward or onward[0] - session.at > timedelta(hours=36):
            assert session.key in asked
        elif onward[0] - session.at <= timedelta(hours=24):
            assert session.key not in asked
