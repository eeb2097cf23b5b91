"""Chapter: what the scores of one course say.

A course is written as a row of scores a week apart, "x" for a form that was sent and not answered;
"|" is session 1, on the day after the form before it.
"""

import tomllib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from reports.facts import SessionFact
from reports.methods.page import SHIPPED
from reports.trends import baseline, intervals, measure_of, worsening
from reports.trends.columns import micros, times_of
from reports.trends.level import (
    GAP_DAYS,
    Z90,
    between_forms,
    course_levels,
    prior_wander,
    restart_marks,
)
from reports.trends.series import Baseline, Point, change_from, outcome_of
from surveys.instrument import shipped_instruments

PHQ9 = measure_of(shipped_instruments()["phq9"])
GAD7 = measure_of(shipped_instruments()["gad7"])
DAY = timedelta(days=1)
START = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


def weekly(row: str) -> tuple[tuple[Point, ...], tuple[datetime, ...], datetime | None]:
    points, missed, session, week = [], [], None, 0
    for word in row.split():
        at = START + 7 * week * DAY
        if word == "|":
            session = START + (7 * (week - 1) + 1) * DAY
            continue
        if word == "x":
            missed.append(at)
        else:
            points.append(Point(at, int(word)))
        week += 1
    return tuple(points), tuple(missed), session


def forms_of(points):
    return times_of([[point.at for point in points]])


def level_of(points, missed):
    forms = forms_of(points)
    marks = restart_marks(forms, times_of([missed]))
    between = between_forms(forms, marks, times_of([[]]), [0])
    return course_levels([points], forms, between, PHQ9, None)[0]


def pretreatment_baseline(points, first_session):
    first = None if first_session is None else micros(first_session)
    return baseline.baselines([points], forms_of(points), [first], ["UTC"])[0]


def worsening_flags(points, measure):
    forms = forms_of(points)
    restarts = restart_marks(forms, forms_of(()))
    return worsening.worsening_flags([points], forms, restarts, measure)[0]


def session_intervals(points, sessions, missed, as_of):
    row = [sessions]
    return intervals.session_intervals(
        [points], forms_of(points), row, times_of([missed]), [as_of], ["UTC"]
    )[0]


def scored(days_before: float, total: int, complete: bool = True) -> Point:
    return Point(START - days_before * DAY, total, complete=complete)


class TestBaseline:
    """Mean of the complete scores in the 28 days up to session 1; never the worst."""

    def test_it_is_the_mean_and_not_the_worst(self):
        points, _, session = weekly("18 24 | 12")
        found = pretreatment_baseline(points, session)
        assert (found.value, found.rule) == (21.0, "pretreatment-mean-28d")

    @pytest.mark.parametrize(
        ("days_before", "counts"), [(28, True), (28.6, True), (28.7, False), (0, True)]
    )
    def test_28_days_up_to_session_1_both_ends_included(self, days_before, counts):
        """Session 1 is at 15:00; 28.6 days before is early on the first of those days."""
        found = pretreatment_baseline((scored(days_before, 20),), START)
        assert (found is not None) == counts

    def test_a_form_after_session_1_is_never_baseline(self):
        assert pretreatment_baseline((scored(-0.01, 20),), START) is None

    def test_a_prorated_score_is_not_complete(self):
        found = pretreatment_baseline((scored(9, 20), scored(2, 26, complete=False)), START)
        assert found.value == 20

    def test_without_any_session_it_is_the_first_score_and_says_so(self):
        points, _, _ = weekly("17 12 9")
        found = pretreatment_baseline(points, None)
        assert (found.value, found.rule, found.answered_at) == (17, "first-score", (START,))


class TestChange:
    """PHQ-9: important 5 points (Löwe 2004), reliable 6 points. GAD-7: 4 points reliable."""

    @pytest.mark.parametrize(
        ("baseline", "score", "important", "reliable"),
        [
            (18, 14, False, False),
            (18, 13, True, False),
            (18, 12, True, True),
            (12, 18, True, True),
            (18.5, 13, True, False),
        ],
    )
    def test_important_and_reliable_change(self, baseline, score, important, reliable):
        found = change_from(Baseline(baseline, "first-score", ()), score, PHQ9)
        assert (found.important, found.reliable) == (important, reliable)

    def test_percent_is_of_baseline_and_a_fall_is_negative(self):
        found = change_from(Baseline(20, "first-score", ()), 13, PHQ9)
        assert (found.points, found.percent) == (-7, -35)

    def test_from_a_baseline_of_zero_there_is_no_percent(self):
        assert change_from(Baseline(0, "first-score", ()), 3, PHQ9).percent is None


class TestOutcome:
    @pytest.mark.parametrize(
        ("baseline", "score", "outcome"),
        [
            (20, 9, "response"),
            (20, 10, "response"),  # half: on the threshold
            (20, 11, "partial"),
            (20, 16, "partial"),  # 20 %: on the threshold
            (20, 17, "none"),
            (20, 20, "none"),
            (20, 25, "none"),
            (20, 26, "worse"),  # 6 above: the reliable change
            (0, 0, "none"),
        ],
    )
    def test_outcome_of_the_latest_score(self, baseline, score, outcome):
        assert outcome_of(Baseline(baseline, "first-score", ()), score, PHQ9) == outcome


class TestWorsening:
    """At least 5 above the mean of the last three stable forms; a second in a row confirms."""

    @pytest.mark.parametrize(
        ("row", "kinds"),
        [
            ("8 8 8 12", []),
            ("8 8 8 13", ["single"]),
            ("8 8 8 14", ["single"]),
            ("8 8 8 13 13", ["single", "confirmed"]),
            ("8 8 8 13 12", ["single"]),
            ("8 8 8 13 8 13", ["single", "single"]),
            ("8 8 8 13 13 13", ["single", "confirmed", "confirmed"]),
            ("8 8 14 14", []),  # two stable forms are too few to compare with
            ("9 8 7 12 13", []),  # 12 is stable, so 13 is held against 9
            ("8 x 8 8 x 13 13", ["single", "confirmed"]),  # a missing form is no form
        ],
    )
    def test_single_and_confirmed(self, row, kinds):
        points, _, _ = weekly(row)
        assert [flag.kind for flag in worsening_flags(points, PHQ9)] == kinds

    def test_the_reference_stands_still_while_flags_last(self):
        points, _, _ = weekly("6 7 8 12 13 20")
        flags = worsening_flags(points, PHQ9)
        assert {flag.reference_scores for flag in flags} == {(6, 7, 8)}
        assert [(flag.score, flag.reference) for flag in flags] == [(12, 7), (13, 7), (20, 7)]

    @pytest.mark.parametrize(("days", "kinds"), [(42, ["confirmed"]), (43, ["single"])])
    def test_a_form_after_a_gap_confirms_nothing_from_before_it(self, days, kinds):
        points, _, _ = weekly("8 8 8 13")
        late = Point(points[-1].at + days * DAY, 13)
        assert [flag.kind for flag in worsening_flags((*points, late), PHQ9)][1:] == kinds

    def test_on_gad7_its_own_important_change_counts(self):
        points, _, _ = weekly("5 5 5 9")
        assert [flag.score for flag in worsening_flags(points, GAD7)] == [9]

    @pytest.mark.parametrize(
        ("row", "levels", "looked_at"),
        [
            (0, [8] * 15, 12),
            (1, [8] * 55, 52),
            (2, [8, 8, 8, 14, 14, 14], 3),
            (3, [8, 8, 8, 14, 14, 14, 14, 14, 14], 6),
            (4, [8, 8, 8, *(8 + half / 2 for half in range(1, 13))], 12),
            (5, [20, 20, 16, 14, 12, 10, 9, 8, 8, 8, 8, 8, 14, 14, 14], 3),
        ],
    )
    def test_the_flag_that_runs_is_as_often_right_and_wrong_as_the_methods_page_says(
        self, row, levels, looked_at
    ):
        """Simulated, as the page says: PHQ-9, standard error 2.2, whole points."""
        told = tomllib.loads(SHIPPED.read_text())["flags"]["in_use"][row]
        random = np.random.default_rng(20261122)
        true = np.tile(np.array(levels, dtype=float), (30_000, 1))
        scores = np.clip(np.round(random.normal(true, 2.2)), 0, 27)
        single, confirmed, _ = worsening.flagged(scores, 5, 1)
        found = [100 * marks[:, -looked_at:].any(axis=1).mean() for marks in (single, confirmed)]
        assert found == pytest.approx([told["single"], told["confirmed"]], abs=1)


class TestLevel:
    def test_one_form_is_itself_with_its_measurement_error(self):
        points, missed, _ = weekly("18")
        (level,) = level_of(points, missed)
        assert level.estimate == 18
        assert level.high90 - level.estimate == pytest.approx(1.645 * 2.2)

    def test_two_forms_by_hand(self):
        """Local level by hand: P = 4.84 + 7 × wander; gain = P / (P + 4.84)."""
        points, missed, _ = weekly("18 10")
        before = 2.2**2 + 7 * prior_wander(2.2)
        gain = before / (before + 2.2**2)
        level = level_of(points, missed)[-1]
        assert level.estimate == pytest.approx(18 - 8 * gain)
        assert level.high90 == pytest.approx(level.estimate + Z90 * ((1 - gain) * before) ** 0.5)

    @pytest.mark.parametrize(
        ("row", "segments"),
        [
            ("18 17 16", [0, 0, 0]),
            ("18 x 16", [0, 0]),  # one missing form is no gap
            ("18 x x 16", [0, 1]),  # two are
            ("18 x x 16 x x 9", [0, 1, 2]),
        ],
    )
    def test_it_stops_at_two_missing_forms_and_starts_anew(self, row, segments):
        points, missed, _ = weekly(row)
        assert [level.segment for level in level_of(points, missed)] == segments

    @pytest.mark.parametrize(("days", "segments"), [(GAP_DAYS, [0, 0]), (GAP_DAYS + 1, [0, 1])])
    def test_it_stops_after_six_weeks_without_a_form(self, days, segments):
        points = (Point(START, 18), Point(START + days * DAY, 9))
        assert [level.segment for level in level_of(points, ())] == segments

    def test_many_courses_at_once_are_the_same_as_one_by_one(self):
        rows = [weekly(row) for row in ("18 12 9 7", "20 21 x x 19 22", "4")]
        points, missed = [row[0] for row in rows], [row[1] for row in rows]
        forms = times_of([[p.at for p in row] for row in points])
        marks = restart_marks(forms, times_of(missed))
        between = between_forms(forms, marks, times_of([[]] * 3), [0] * 3)
        together = course_levels(points, forms, between, PHQ9, None)
        assert together == [level_of(*row[:2]) for row in rows]

    @pytest.mark.parametrize(
        ("sessions", "induction", "ahead", "more"),
        [(0, 0, 18, 0), (1, 1, 17.5, 4), (1, 0, 18, 1)],
    )
    def test_a_session_lets_it_move_and_in_induction_it_is_expected_to_fall(
        self, sessions, induction, ahead, more
    ):
        """By hand: half a point down and 2² more variance a session of induction; 1² later."""
        points, _, _ = weekly("18 12")
        forms, given = forms_of(points), times_of([[START + 3 * DAY] * sessions])
        marks = restart_marks(forms, times_of([[]]))
        between = between_forms(forms, marks, given, [induction])
        (levels,) = course_levels([points], forms, between, PHQ9, None)
        before = 2.2**2 + 7 * prior_wander(2.2) + more
        gain = before / (before + 2.2**2)
        assert levels[-1].estimate == pytest.approx(ahead + gain * (12 - ahead))
        half = levels[-1].high90 - levels[-1].estimate
        assert half == pytest.approx(Z90 * ((1 - gain) * before) ** 0.5)


class TestIntervals:
    def test_what_each_session_bought_and_for_how_long(self):
        sessions = (
            SessionFact("a", START, "done", dose_mg_per_kg=0.5),
            SessionFact("b", START + 21 * DAY, "done", dose_mg_per_kg=0.6),
        )
        scores = {2: 15, 5: 9, 12: 10, 19: 11, 26: 6}
        points = tuple(Point(START + day * DAY, total) for day, total in scores.items())
        first, open_one = session_intervals(points, sessions, (), START + 30 * DAY)
        assert (first.days, first.start, first.end, first.rebound) == (21, 9, 11, 1.0)
        assert (open_one.until, open_one.days, open_one.dose) == (None, 9, 0.6)
        assert open_one.rebound is None  # one form is no rebound

    @pytest.mark.parametrize(
        ("day", "counts"), [(2.3, False), (2.4, True), (10.3, True), (10.4, False)]
    )
    def test_the_start_is_a_form_on_days_3_to_10(self, day, counts):
        """The session is at 15:00; 2.4 days later is past midnight, on day 3."""
        points = (Point(START + day * DAY, 8), Point(START + 20 * DAY, 10))
        (only,) = session_intervals(
            points, (SessionFact("a", START, "done"),), (), START + 21 * DAY
        )
        assert (only.start is not None) == counts
