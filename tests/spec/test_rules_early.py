"""Chapter: the induction and what it brought.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

from dataclasses import replace

import pytest

from reports.evidence import shipped_rules
from reports.page import build_page
from reports.render import print_page
from surveys.instrument import shipped_instruments
from surveys.planned import LEFT
from tests.reports import courses
from tests.reports.fuller_courses import like_the_demo
from tests.reports.pieces import INDUCTION, course
from tests.spec.weighing import BEFORE, state, weighed

# As our protocol of the label is called.
SPRAY = "Esketamine, twice weekly, weekly, then every one or two weeks"


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


class TestI1:
    """After one or two sessions under 20 %: information, and never a reason to stop."""

    @pytest.mark.parametrize(("score", "expected"), [(17, "fires"), (16, "quiet"), (15, "quiet")])
    def test_less_than_20_percent_after_two_sessions(self, score, expected):
        facts = course([*BEFORE, (22, 19), (26, score)], [20, 24], 27, phase="induction")
        assert state(facts, "I1") == expected

    def test_after_the_third_session_it_is_silent(self):
        facts = course([*BEFORE, (28, 19)], [20, 24, 27], 29, phase="induction")
        assert state(facts, "I1") == "quiet"

    @pytest.mark.parametrize(("standing", "expected"), [("induction", "fires"), (LEFT, "quiet")])
    def test_after_an_induction_that_was_left_no_further_session_is_argued_for(
        self, standing, expected
    ):
        scores = [*BEFORE, *[(26 + 7 * week, 18) for week in range(9)]]
        assert state(course(scores, [20, 24], 83, phase=standing), "I1") == expected

    def test_it_speaks_for_continuing_and_against_stopping(self):
        evidence = weighed(course([*BEFORE, (22, 19), (26, 18)], [20, 24], 27, phase="induction"))
        places = [
            (c.option, side)
            for c in evidence.columns
            for side, cell in (("for", c.speaks_for), ("against", c.speaks_against))
            if any(s.rule == "I1" for s in cell.statements)
        ]
        assert places == [("continue", "for"), ("stop", "against")]


def _of(rule, cell):
    return [said for said in cell.statements if said.rule == rule]


class TestI2:
    """Less than 20 % from baseline after session 4 (Transl Psychiatry 2024, n = 135)."""

    @pytest.mark.parametrize(
        ("score", "expected"), [(17, "fires"), (16, "not_met"), (15, "not_met")]
    )
    def test_after_session_4(self, score, expected):
        facts = course([*BEFORE, (26, 19), (32, score)], INDUCTION[:4], 33, phase="induction")
        assert state(facts, "I2") == expected

    @pytest.mark.parametrize(
        ("after_each", "expected"),
        [((18, 18, 17), "fires"), ((18, 16, 17), "waiting"), ((18, 18, 16), "waiting")],
    )
    def test_or_after_each_of_sessions_1_2_and_3(self, after_each, expected):
        one, two, three = after_each
        scores = [*BEFORE, (22, one), (25, two), (28, three)]
        assert state(course(scores, INDUCTION[:3], 29, phase="induction"), "I2") == expected

    def test_two_early_non_improvements_are_not_enough(self):
        scores = [*BEFORE, (22, 19), (25, 19)]
        assert state(course(scores, INDUCTION[:2], 26, phase="induction"), "I2") == "waiting"

    @pytest.mark.parametrize(
        ("later", "expected"),
        [
            ([], "esketamine"),
            ([(47, 19)], "esketamine"),  # day 27 after session 1, on day 20
            ([(48, 19)], "esketamine_none"),
            ([(55, 19)], "esketamine_none"),
            ([(47, 19), (55, 16)], "quiet"),  # 20 % lower, on it
            ([(48, 19), (55, 16)], "quiet"),
            ([(48, 19), (55, 17)], "esketamine_none"),
        ],
    )
    def test_esketamine_is_read_from_a_form_of_day_28_or_later_alone(self, later, expected):
        """Those of days 13 and 20 say little: half of early non-responders respond by day 28."""
        scores = [*BEFORE, (33, 19), (40, 19), *later]
        as_of = scores[-1][0] + 1
        facts = replace(course(scores, INDUCTION, as_of, phase="induction"), protocol_title=SPRAY)
        assert state(facts, "I2") == expected

    @pytest.mark.parametrize(
        ("title", "route", "expected"),
        [
            (SPRAY, "intranasal", "esketamine"),
            (SPRAY, "", "esketamine"),
            ("IV, 6 in 3 weeks", "Esketamine", "esketamine"),
            ("IV, 6 in 3 weeks", "Spravato 56 mg", "esketamine"),
            ("Our own", "intranasal", "esketamine"),  # names no drug: not cut short on a guess
            ("IV, 6 in 3 weeks", "IV", "fires"),
            ("IV, 6 in 3 weeks", "", "fires"),
        ],
    )
    def test_esketamine_is_known_by_its_protocol_or_by_the_route(self, title, route, expected):
        facts = course([*BEFORE, (32, 19), (40, 19)], INDUCTION[:4], 41, phase="induction")
        given = tuple(replace(s, route=route) for s in facts.sessions)
        assert state(replace(facts, protocol_title=title, sessions=given), "I2") == expected

    def test_what_it_then_says_is_of_esketamine_and_names_the_form_read(self):
        facts = course([*BEFORE, (33, 19), (50, 19)], INDUCTION, 52, phase="induction")
        columns = weighed(replace(facts, protocol_title=SPRAY)).columns
        cells = [columns[0].speaks_against, columns[2].speaks_for]
        against, stop = (next(s for s in cell.statements if s.rule == "I2") for cell in cells)
        assert against.inputs.startswith("Esketamine: 19 on 23 Jun, day 30 after session 1, ")
        assert "Turkoz 2021, esketamine, depression, n = 310: 59 %" in against.source
        assert (stop.claim, stop.mark) == ("Little change by day 30.", "I2†")
        assert not any("n = 135" in one.source for one in (against, stop))

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (31, "no_form"),  # before session 4, on day 31.2
            (32, "fires"),
            (34, "fires"),
            (35, "no_form"),  # after session 5, on day 34.2
            (700, "no_form"),
        ],
    )
    def test_only_a_form_between_session_4_and_session_5_tells(self, day, expected):
        facts = course([*BEFORE, (26, 15), (day, 18)], INDUCTION, day + 6)
        assert state(replace(facts, phase="induction"), "I2") == expected

    @pytest.mark.parametrize(
        ("day", "expected"), [(45, "fires"), (45.6, "fires"), (45.7, "no_form")]
    )
    def test_with_no_session_5_the_form_is_of_the_14_days_after_session_4(self, day, expected):
        """Session 4 is on day 31; 45.6 is late in the evening of day 45, 45.7 past midnight."""
        facts = course([*BEFORE, (26, 15), (day, 18)], INDUCTION[:4], 46, phase="induction")
        assert state(facts, "I2") == expected

    def test_while_those_days_run_it_waits(self):
        facts = course([*BEFORE, (26, 18), (30, 18)], INDUCTION[:4], 40, phase="induction")
        assert state(facts, "I2") == "waiting"

    def test_without_that_form_it_says_so_under_what_is_missing(self):
        facts = course([*BEFORE, (24, 15), (40, 18), (47, 18), (54, 18)], INDUCTION, 55)
        stop = weighed(facts).columns[2]
        assert "I2" not in {said.rule for said in stop.speaks_for.statements}
        (missing,) = [need.text for need in stop.not_known if need.rule == "I2"]
        assert missing.startswith("No form after session 4 ")

    @pytest.mark.parametrize(
        ("later", "expected"), [([17, 18], "fires"), ([16, 18], "quiet"), ([15, 18], "quiet")]
    )
    def test_whoever_was_20_percent_lower_later_is_not_of_whom_the_study_speaks(
        self, later, expected
    ):
        scores = [*BEFORE, (32, 19), (47, later[0]), (54, later[1])]
        assert state(course(scores, INDUCTION, 55), "I2") == expected

    def test_it_names_the_form_it_was_read_from_and_not_the_newest(self):
        stop = weighed(courses.steady_non_responder()).columns[2]
        (said,) = [one for one in stop.speaks_for.statements if one.rule == "I2"]
        assert said.inputs.startswith("19 on 6 Jun; ")
        assert said.inputs.endswith("No later form was 20 % lower.")

    def test_both_sides_of_the_literature_are_printed(self):
        evidence = weighed(courses.early_non_responder())
        stop = evidence.columns[2]
        (said,) = [s for s in stop.speaks_for.statements if s.rule == "I2"]
        assert "n = 135" in said.source
        assert "n = 14" in said.but
        assert "42 %" in said.but

    def test_a_share_of_the_responders_is_not_turned_into_one_of_the_others(self):
        """More than 90 % of responders had improved: how many of the others responded is not it."""
        (said,) = _of("I2", weighed(courses.early_non_responder()).columns[2].speaks_for)
        assert said.claim == "Most who responded later had improved by 20 % at session 4."
        assert "How many of the others responded later was not read." in said.but

    @pytest.mark.parametrize("make", [courses.early_non_responder, courses.steady_non_responder])
    def test_days_of_the_form_before_session_1_stand_on_both_sides(self, make):
        keep, _, stop = weighed(make()).columns
        (against,), (for_it,) = _of("I2", keep.speaks_against), _of("I2", stop.speaks_for)
        assert against.but.startswith("PHQ-9 looks back 14 days; ")
        assert for_it.but.endswith(against.but)


class TestI3:
    """The first form 14 to 31 days after the last induction session."""

    @pytest.mark.parametrize(
        ("score", "expected"),
        [(10, "response"), (11, "partial"), (16, "partial"), (17, "none"), (26, "worse")],
    )
    def test_classes(self, score, expected):
        facts = course([*BEFORE, (33, 18), (54, score)], INDUCTION, 55)
        assert state(facts, "I3") == expected

    @pytest.mark.parametrize(
        ("standing", "expected", "speaks", "said"),
        [
            ("induction", "unfinished", True, ""),
            (LEFT, "left", False,
             "The induction was left: 3 of 6 sessions, the last on 31 May, none booked. Not "
             "classified."),
        ],
    )  # fmt: skip
    def test_an_induction_that_was_left_is_neither_to_be_finished_nor_classified(
        self, standing, expected, speaks, said
    ):
        """Three of six sessions, the last on day 27, then weekly forms for twenty weeks."""
        scores = [*BEFORE, *[(26 + 7 * week, 17) for week in range(20)]]
        evidence = weighed(course(scores, [20, 24, 27], 160, phase=standing))
        keep = evidence.columns[0]
        assert evidence.state("I3") == expected
        assert any(one.rule == "I3" for one in keep.speaks_for.statements) is speaks
        told = "".join(one.text for one in (*keep.not_met, *keep.not_known) if one.rule == "I3")
        assert told == said

    def test_the_page_of_a_course_that_was_left_says_so_and_is_no_longer_too_early(self):
        scores = [*BEFORE, *[(26 + 7 * week, 17) for week in range(20)]]
        page = page_of(course(scores, [20, 24, 27], 160, phase=LEFT))
        text = print_page(page).html
        assert "left during induction" in text
        assert "not finished" not in text
        assert "early course" not in text

    @pytest.mark.parametrize(
        ("day", "expected"),
        [(51.6, "waiting"), (51.7, "response"), (69.6, "response"), (69.7, "no_form")],
    )
    def test_the_window(self, day, expected):
        """Session 6 is on day 38: day 14 after it begins with the midnight before day 52."""
        as_of = max(day + 0.1, 55) if day < 60 else 71
        facts = course([*BEFORE, (33, 12), (40, 11), (day, 8)], INDUCTION, as_of)
        assert state(facts, "I3") == expected

    @pytest.mark.parametrize(
        ("given", "planned", "when"),
        [
            # session 6 is on day 38, 11 June; the form on day 54, 27 June
            (INDUCTION, 6, "16 days after session 6 of 11 Jun, which ends the induction by the "
             "protocol"),
            ((*INDUCTION, 52), 6, "16 days after session 6 of 11 Jun, which ends the induction by "
             "the protocol; session 7 in between"),
            ((*INDUCTION, 45, 52), 6, "16 days after session 6 of 11 Jun, which ends the induction "
             "by the protocol; sessions 7 and 8 in between"),
            (INDUCTION, 8, "16 days after session 6 of 11 Jun, the last given of 8 that the "
             "protocol has"),
            (INDUCTION, None, "16 days after session 6 of 11 Jun, the newest: no protocol says "
             "which ends the induction"),
            ((*INDUCTION, 52), None, "16 days after session 6 of 11 Jun, by the days between "
             "sessions: no protocol says which ends the induction; session 7 in between"),
        ],
    )  # fmt: skip
    def test_it_says_which_session_on_which_day_ended_the_induction(self, given, planned, when):
        facts = course([*BEFORE, (33, 18), (54, 10)], given, 55)
        keep = weighed(replace(facts, induction_sessions=planned)).columns[0].speaks_for
        (said,) = [one for one in keep.statements if one.rule == "I3"]
        assert said.inputs == f"10 on 27 Jun, {when}. Baseline 20.0: −10.0."

    def test_while_it_waits_it_names_that_session_too(self):
        facts = course([*BEFORE, (33, 12), (40, 11), (47, 10)], INDUCTION, 50)
        (need,) = [n for n in weighed(facts).columns[0].not_met if n.rule == "I3"]
        assert need.text == (
            "Classified on the first form 14 to 31 days after session 6 of 11 Jun, which ends the "
            "induction by the protocol."
        )

    @pytest.mark.parametrize(
        ("score", "figure"), [(17, "46 % had not responded"), (26, "8 % were worse")]
    )
    def test_against_going_on_it_quotes_the_figure_of_people_like_this_one(self, score, figure):
        facts = course([*BEFORE, (33, 18), (54, score)], INDUCTION, 55)
        against = weighed(facts).columns[0].speaks_against
        (said,) = [one for one in against.statements if one.rule == "I3"]
        assert said.source == (
            f"McInnes 2022, depression, IV ketamine, PHQ-9, n = 537: {figure} at that point."
        )

    def test_before_the_induction_is_finished_it_says_so(self):
        evidence = weighed(courses.early_non_responder())
        assert evidence.columns[0].speaks_for.statements[0].claim == (
            "The induction is not finished: 4 of 6 sessions."
        )


class TestC1:
    """At least 6 points and 20 % below baseline, and not yet in remission or still falling."""

    @pytest.mark.parametrize(
        ("score", "expected"), [(15, "not_met"), (14, "fires"), (11, "fires"), (10, "response")]
    )
    def test_six_points_and_20_percent(self, score, expected):
        facts = course([*BEFORE, (33, 16), (54, score), (61, score)], INDUCTION, 62)
        assert state(facts, "C1") == expected

    @pytest.mark.parametrize(
        ("what", "scores", "given", "expected"),
        [
            ("no session known, 8 points lower than at first", [(5, 20), (12, 17), (19, 12)], [],
             "quiet"),
            ("the fall came before session 1", [(5, 26), (12, 20), (19, 12)], [19.5], "too_early"),
            ("session 1 before it", [(5, 20), (12, 20), (26, 12), (33, 12)], [20], "fires"),
        ],
    )  # fmt: skip
    def test_a_fall_without_a_session_before_it_is_no_benefit(self, what, scores, given, expected):
        facts = course(scores, given, scores[-1][0] + 1, phase="induction" if given else "before")
        assert state(facts, "C1") == expected, what

    def test_booked_and_not_given_is_no_session(self):
        facts = course([(5, 20), (12, 17), (19, 12)], [], 20, planned=[22], phase="before")
        assert state(facts, "C1") == "quiet"

    @pytest.mark.parametrize(
        ("since", "expected", "speaks"),
        [
            ([], "too_early", False),  # the newest form is of the middle of the induction
            ([(39, 11)], "too_early", False),
            ([(39, 11), (46, 11)], "fires", True),
            ([(39, 11), (46, 11), (53, 11)], "fires", True),
        ],
    )
    def test_it_waits_for_two_forms_since_the_induction(self, since, expected, speaks):
        """11 is 45 % below 20. The last session of the induction is on day 38."""
        scores = [*BEFORE, (26, 15), (33, 11), *since]
        evidence = weighed(course(scores, INDUCTION, scores[-1][0] + 6))
        said = [s.rule for c in evidence.columns for s in c.speaks_for.statements]
        assert evidence.state("C1") == expected
        assert ("C1" in said) is speaks
        waiting = [one.text for one in evidence.columns[0].not_known if one.rule == "C1"]
        assert bool(waiting) is not speaks

    @pytest.mark.parametrize(
        ("baseline", "score", "expected"), [(27, 22, "not_met"), (27, 21, "fires")]
    )
    def test_both_are_needed(self, baseline, score, expected):
        scores = [(5, baseline), (12, baseline), (40, 24), (54, score), (61, score)]
        assert state(course(scores, INDUCTION, 62), "C1") == expected

    @pytest.mark.parametrize(
        ("score", "durability", "against_stopping"),
        [
            (15, False, None),
            (14, False, "Reliably better by 6.0; stopping was studied in responders and remitters"),
            (11, False, "Reliably better by 9.0; stopping was studied in responders and remitters"),
            (10, True, "More people relapsed after stopping"),
        ],
    )
    def test_figures_of_responders_are_for_responders(self, score, durability, against_stopping):
        """Of 20 before treatment: reliable from 14 down, half of it at 10."""
        facts = course([*BEFORE, (33, 16), (54, score), (61, score)], INDUCTION, 62)
        keep, _, stop = weighed(facts).columns
        assert any("80 % held" in s.source for s in _of("C1", keep.speaks_for)) == durability
        claims = [said.claim for said in _of("C1", stop.speaks_against)]
        assert len(claims) == (against_stopping is not None)
        assert all(claim.startswith(against_stopping) for claim in claims)

    @pytest.mark.parametrize("make", [like_the_demo, courses.ptsd])
    def test_a_partial_response_is_no_course_that_nothing_speaks_against_stopping(self, make):
        (said,) = _of("C1", weighed(make()).columns[2].speaks_against)
        assert (said.mark, said.but[:26]) == ("C1†", "Not at a partial response:")

    def test_in_steady_remission_it_speaks_only_against_stopping(self):
        evidence = weighed(courses.steady_responder())
        assert evidence.state("C1") == "held"
        assert not any(s.rule == "C1" for s in evidence.columns[0].speaks_for.statements)
        assert any(s.rule == "C1" for s in evidence.columns[2].speaks_against.statements)
