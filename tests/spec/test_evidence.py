"""Chapter: what speaks for and against continue, taper and stop.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

import re
import shutil
from dataclasses import replace

import pytest

from reports.evidence import RuleError, load_rules, rules_with, shipped_rules, weigh
from reports.evidence.rules import OPTIONS, SHIPPED
from reports.page import build_page, read_case
from surveys.history import HistoryStatement
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.courses import INDUCTION, check, course, form, longer_term, missed

INSTRUMENTS = shipped_instruments()
BEFORE = [(5, 20), (12, 20), (19, 20)]


def weighed(facts):
    return weigh(read_case(facts, INSTRUMENTS), shipped_rules())


def state(facts, rule):
    return weighed(facts).state(rule)


def maintenance(last, given=(52, 66, 80, 94), as_of=110, **more):
    """A responder until day 75, then the scores in `last`, a week apart from day 82."""
    scores = [*BEFORE, (26, 15), (33, 11), (40, 8), (47, 7), (54, 7), (61, 7), (68, 7), (75, 7)]
    scores += [(82 + 7 * n, total) for n, total in enumerate(last)]
    return course(scores, [*INDUCTION, *given], as_of, **more)


class TestD0:
    """Fewer than two forms, under 60 % of four weeks, or nothing new for 14 days."""

    @pytest.mark.parametrize(
        ("age", "expected"), [(13, "enough"), (14, "enough"), (14.1, "not_interpretable")]
    )
    def test_the_newest_form_may_be_14_days_old(self, age, expected):
        assert state(maintenance([7, 7, 7], as_of=96 + age), "D0") == expected

    @pytest.mark.parametrize(
        ("answered", "unanswered", "expected"),
        [
            ([75, 82, 89], [96, 97], "enough"),  # 3 of 5: 60 %
            ([75, 82, 89, 90], [96, 97], "enough"),
            ([82, 89], [75, 96], "not_interpretable"),  # 2 of 4
        ],
    )
    def test_at_least_60_percent_of_four_weeks(self, answered, unanswered, expected):
        scores = [*BEFORE, (40, 9), (47, 8), *[(day, 8) for day in answered]]
        facts = course(scores, INDUCTION, 100, unanswered=missed(unanswered))
        assert state(facts, "D0") == expected

    def test_one_form_since_treatment_began_is_too_early_not_unreadable(self):
        assert (
            state(course([*BEFORE, (26, 18)], [20, 24], 27, phase="induction"), "D0") == "too_early"
        )

    def test_monthly_forms_are_not_stale_between_two_months(self):
        scores = [*BEFORE, (40, 8), (54, 7), (84, 7), (114, 7)]
        assert state(course(scores, INDUCTION, 139), "D0") == "enough"
        assert state(course(scores, INDUCTION, 155), "D0") == "not_interpretable"

    @pytest.mark.parametrize(
        ("after", "expected"),
        [([], "too_early"), ([(40, 9)], "too_early"), ([(40, 9), (47, 8)], "enough")],
    )
    def test_forms_are_counted_anew_when_the_induction_is_over(self, after, expected):
        scores = [*BEFORE, (26, 16), (30, 14), (33, 12), (37, 11), *after]
        assert state(course(scores, INDUCTION, 48), "D0") == expected

    def test_without_a_baseline_nothing_is_read(self):
        assert state(course([(40, 9), (47, 8)], INDUCTION, 48), "D0") == "not_interpretable"

    def test_only_safety_and_harm_speak_where_scores_cannot_be_read(self):
        facts = courses.sparse()
        loud = replace(facts, forms=(*facts.forms, check(111, redflag_injury=1)))
        evidence = weighed(loud)
        said = {s.rule for c in evidence.columns for s in c.speaks_for.statements}
        assert said == {"X3"}
        assert {c.speaks_for.answer for c in evidence.columns} == {"Not interpretable (D0)."}


class TestS1:
    @pytest.mark.parametrize(("answer", "expected"), [(0, "quiet"), (1, "fires"), (3, "fires")])
    def test_any_answer_above_0_on_the_latest_form(self, answer, expected):
        assert state(maintenance([7, 7], as_of=90, self_harm={89: answer}), "S1") == expected

    def test_it_is_read_even_where_the_trend_is_not(self):
        facts = courses.sparse()
        forms = [
            replace(f, answers={**f.answers, "9": 2}) if f.total == 12 else f for f in facts.forms
        ]
        evidence = weighed(replace(facts, forms=tuple(forms)))
        assert evidence.state("D0") == "not_interpretable"
        assert evidence.state("S1") == "fires"


class TestI1:
    """After one or two sessions under 20 %: information, and never a reason to stop."""

    @pytest.mark.parametrize(("score", "expected"), [(17, "fires"), (16, "quiet"), (15, "quiet")])
    def test_less_than_20_percent_after_two_sessions(self, score, expected):
        facts = course([*BEFORE, (22, 19), (26, score)], [20, 24], 27, phase="induction")
        assert state(facts, "I1") == expected

    def test_after_the_third_session_it_is_silent(self):
        facts = course([*BEFORE, (28, 19)], [20, 24, 27], 29, phase="induction")
        assert state(facts, "I1") == "quiet"

    def test_it_speaks_for_continuing_and_against_stopping(self):
        evidence = weighed(course([*BEFORE, (22, 19), (26, 18)], [20, 24], 27, phase="induction"))
        places = [
            (c.option, side)
            for c in evidence.columns
            for side, cell in (("for", c.speaks_for), ("against", c.speaks_against))
            if any(s.rule == "I1" for s in cell.statements)
        ]
        assert places == [("continue", "for"), ("stop", "against")]


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

    @pytest.mark.parametrize(("as_of", "expected"), [(47.9, "esketamine"), (48.3, "fires")])
    def test_esketamine_is_not_read_before_day_28(self, as_of, expected):
        scores = [*BEFORE, (33, 19), (40, 19), (47, 19)]
        facts = course(scores, INDUCTION[:4], as_of, phase="induction")
        spray = tuple(replace(s, route="intranasal esketamine") for s in facts.sessions)
        assert state(replace(facts, sessions=spray), "I2") == expected

    def test_both_sides_of_the_literature_are_printed(self):
        evidence = weighed(courses.early_non_responder())
        stop = evidence.columns[2]
        (said,) = [s for s in stop.speaks_for.statements if s.rule == "I2"]
        assert "n = 135" in said.source
        assert "n = 14" in said.but
        assert "42 %" in said.but


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
        ("day", "expected"),
        [(52, "waiting"), (52.2, "response"), (70.1, "response"), (70.3, "no_form")],
    )
    def test_the_window(self, day, expected):
        as_of = max(day + 0.1, 55) if day < 60 else 71
        facts = course([*BEFORE, (33, 12), (40, 11), (day, 8)], INDUCTION, as_of)
        assert state(facts, "I3") == expected

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
        ("baseline", "score", "expected"), [(27, 22, "not_met"), (27, 21, "fires")]
    )
    def test_both_are_needed(self, baseline, score, expected):
        scores = [(5, baseline), (12, baseline), (40, 24), (54, score), (61, score)]
        assert state(course(scores, INDUCTION, 62), "C1") == expected

    def test_in_steady_remission_it_speaks_only_against_stopping(self):
        evidence = weighed(courses.steady_responder())
        assert evidence.state("C1") == "held"
        assert not any(s.rule == "C1" for s in evidence.columns[0].speaks_for.statements)
        assert any(s.rule == "C1" for s in evidence.columns[2].speaks_against.statements)


class TestT1:
    """Two forms in a row below 5, or at most 9 and half, over four weeks at one interval."""

    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            ([9, 9, 9, 9], "fires"),
            ([9, 9, 9, 10], "not_met"),
            ([10, 10, 10, 9], "not_met"),  # one form only
            ([10, 10, 9, 9], "fires"),
        ],
    )
    def test_two_forms_in_a_row_at_9_or_less(self, last, expected):
        assert state(maintenance(last, as_of=104), "T1") == expected

    @pytest.mark.parametrize(
        ("as_of", "expected"), [(66.1, "not_met"), (66.2, "fires"), (66.3, "fires")]
    )
    def test_28_days_at_this_interval(self, as_of, expected):
        """Day 38.2, 52.2 and 66.2: two weeks apart since day 38.2."""
        facts = course([*BEFORE, (40, 8), (54, 6), (61, 6)], [*INDUCTION, 52, 66], as_of)
        assert state(facts, "T1") == expected

    @pytest.mark.parametrize(("score", "expected"), [(29, "fires"), (30, "fires"), (31, "not_met")])
    def test_on_another_scale_below_its_own_cut_off(self, score, expected):
        """PCL-5, cut-off 31; half of baseline is 32."""
        facts = on_pcl5([64, 64, 64, 30, 30, 30, 30, score, score])
        given = replace(facts, sessions=courses.sessions([*INDUCTION, 52, 66]))
        assert state(given, "T1") == expected

    def test_a_scale_with_neither_cut_off_nor_remission_is_not_read(self):
        facts = on_pcl5([6, 6, 6, 2, 2, 2])
        pain = tuple(replace(f, instrument="peg") for f in facts.forms)
        assert state(replace(facts, primary="peg", forms=pain), "T1") == "quiet"

    def test_a_standing_flag_stops_it(self):
        low = [(40, 8), (54, 1), (61, 1), (68, 1), (75, 1), (82, 6), (89, 6)]
        facts = course([*BEFORE, *low], [*INDUCTION, 52, 66, 80], 90)
        assert state(facts, "T1") == "not_met"

    def test_the_next_rung_is_named_and_none_beyond_the_last(self):
        (said,) = weighed(courses.steady_responder()).columns[1].speaks_for.statements
        assert "Next rung: 28 days, rescue at 8.7 or more, on two forms." in said.inputs
        facts = maintenance([7] * 11, given=(94, 150), as_of=160)
        assert state(facts, "T1") == "top"


class TestT2:
    def test_a_confirmed_rise_after_the_interval_was_lengthened(self):
        evidence = weighed(courses.wane_and_rebound())
        (said,) = [s for s in evidence.columns[0].speaks_for.statements if s.rule == "T2"]
        assert said.inputs == "12 and 13, against a stable mean of 7.0 (8, 7, 6)."
        assert "47 %" in said.source

    @pytest.mark.parametrize(
        ("last", "expected"),
        [([7, 7, 11], "not_met"), ([7, 7, 12], "single"), ([7, 12, 12], "fires")],
    )
    def test_a_single_flag_only_asks_for_a_second_form(self, last, expected):
        facts = maintenance(last, given=(52, 66, 80), as_of=97, planned=[108])
        assert state(facts, "T2") == expected

    def test_at_an_unchanged_interval_it_is_silent(self):
        facts = maintenance([7, 12, 12], given=(52, 66, 80, 94), as_of=97, planned=[108])
        assert state(facts, "T2") == "quiet"


class TestL1:
    """A response lost: twice at 10 or more, and 6 or more above the best stable level (7)."""

    @pytest.mark.parametrize(
        ("last", "expected"),
        [([12, 13], "not_met"), ([13, 12], "not_met"), ([13, 13], "fires"), ([7, 13], "not_met")],
    )
    def test_six_above_the_best_twice(self, last, expected):
        assert state(maintenance(last, as_of=90), "L1") == expected

    def test_below_10_it_never_fires(self):
        scores = [*BEFORE, (40, 4), (47, 2), (54, 2), (61, 2), (68, 9), (75, 9)]
        assert state(course(scores, INDUCTION, 76), "L1") == "not_met"

    @pytest.mark.parametrize(
        ("last", "expected"),
        [((38, 39), "not_met"), ((39, 38), "not_met"), ((39, 39), "fires"), ((40, 40), "fires")],
    )
    def test_on_another_scale_its_own_cut_off_and_reliable_change_count(self, last, expected):
        """PCL-5: cut-off 31, reliable change 18; the best stable level is 21."""
        facts = on_pcl5([60, 60, 60, 21, 21, 21, *last])
        assert state(facts, "L1") == expected


def on_pcl5(scores):
    """A course on PCL-5, weekly forms, six sessions after the third form."""
    facts = course([(5, 1)], INDUCTION, 76)
    days = [5, 12, 19, 40, 47, 54, 61, 68, 75][: len(scores)]
    forms = tuple(
        replace(form(day, 9), instrument="pcl5", total=total, answers={})
        for day, total in zip(days, scores, strict=True)
    )
    return replace(facts, primary="pcl5", forms=forms, occurrences=None)


def answering(given, as_of):
    """Whoever answers every week; the sessions are what is read."""
    weekly = [(day, 12) for day in range(22, int(as_of), 7)]
    return course([*BEFORE, *weekly], given, as_of)


class TestX1:
    """More than one session a week from day 28 to 56, or two step-backs from one interval."""

    @pytest.mark.parametrize(("count", "expected"), [(3, "quiet"), (4, "quiet"), (5, "fires")])
    def test_more_than_one_a_week_in_the_second_month(self, count, expected):
        second_month = [20 + 29 + 5 * n for n in range(count)]
        assert state(answering([*INDUCTION, *second_month], 77), "X1") == expected

    @pytest.mark.parametrize(
        ("as_of", "expected"),
        [(76, "quiet"), (76.3, "fires"), (104.1, "fires"), (104.3, "quiet")],
    )
    def test_it_is_read_when_the_second_month_is_over_and_for_a_month(self, as_of, expected):
        """Session 1 is on day 20.2."""
        second_month = [20 + 29 + 5 * n for n in range(5)]
        assert state(answering([*INDUCTION, *second_month], as_of), "X1") == expected

    @pytest.mark.parametrize(
        ("gaps", "expected"),
        [
            ([14, 28, 14, 28], "quiet"),  # stepped back once
            ([14, 28, 14, 28, 14], "fires"),
            ([14, 28, 14, 26, 14], "fires"),  # 26 and 28 days are one rung
            ([14, 28, 14, 42, 14], "quiet"),  # once from each of two
        ],
    )
    def test_two_step_backs_from_the_same_interval(self, gaps, expected):
        given = [*INDUCTION]
        for gap in gaps:
            given.append(given[-1] + gap)
        assert state(answering(given, given[-1] + 1), "X1") == expected

    def test_it_says_that_its_source_is_unverified(self):
        evidence = weighed(maintenance([7, 7, 7], given=(50, 54, 58, 62, 66), as_of=97))
        said = [s for c in evidence.columns for s in c.speaks_for.statements if s.rule == "X1"]
        assert [s.mark for s in said] == ["X1†"]
        assert "unverified" in said[0].source


class TestX2:
    """Six or more above baseline (20), on two forms in a row."""

    @pytest.mark.parametrize(
        ("last", "expected"),
        [((25, 25), "not_met"), ((25, 26), "single"), ((26, 26), "fires"), ((26, 25), "not_met")],
    )
    def test_twice_in_a_row(self, last, expected):
        scores = [*BEFORE, (40, 20), (54, last[0]), (61, last[1])]
        assert state(course(scores, INDUCTION, 62), "X2") == expected


class TestX3:
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"detached": 2}, "not_met"),
            ({"detached": 3}, "fires"),
            ({"thinking": 1}, "not_met"),
            ({"thinking": 2}, "fires"),
            ({"high_energy": 1}, "fires"),
            ({"redflag_care": 1}, "fires"),
        ],
    )
    def test_answers_that_count_as_harm(self, answers, expected):
        assert state(maintenance([7, 7], as_of=90, checks=[check(81, **answers)]), "X3") == expected

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({}, "not_met"),
            ({"uri_freq": 1, "uri_urge": 1, "uri_pain": 1}, "not_met"),
            ({"uri_freq": 2}, "fires"),
            ({"uri_pain": 3}, "fires"),
            ({"uri_blood": 1}, "fires"),
            ({"liver": 1}, "fires"),
            ({"blood_pressure": 1}, "fires"),
            ({"craving": 1, "early": 1}, "not_met"),
            ({"craving": 2}, "fires"),
            ({"early": 2}, "fires"),
            ({"asked_early": 1}, "fires"),
            ({"nonprescribed": 1}, "fires"),
            ({"thinking": 1}, "not_met"),
            ({"thinking": 2}, "fires"),
        ],
    )
    def test_answers_of_the_longer_term_check_that_count_as_harm(self, answers, expected):
        checks = [longer_term(81, **answers)]
        assert state(maintenance([7, 7], as_of=90, checks=checks), "X3") == expected

    @pytest.mark.parametrize(
        ("kind", "use", "expected"),
        [
            ("ketamine_outside", "current", "fires"),
            ("ketamine_outside", "past", "not_asked"),
            ("ketamine_outside", "none", "not_asked"),
            ("opioids", "current", "not_asked"),
        ],
    )
    def test_ketamine_from_elsewhere_counts_where_the_clinic_recorded_it(self, kind, use, expected):
        entry = HistoryStatement(kind, use=use, since="2026-05")
        facts = replace(maintenance([7, 7], as_of=90), history=courses.beside(entry))
        assert state(facts, "X3") == expected

    def test_and_is_named_as_recorded(self):
        entry = HistoryStatement("ketamine_outside", use="current", since="2026-05")
        facts = replace(maintenance([7, 7], as_of=90), history=courses.beside(entry))
        (said,) = weighed(facts).columns[2].speaks_for.statements
        assert said.claim == "Possible harm: ketamine outside the clinic."
        assert said.inputs == (
            "Recorded by the clinic: Ketamine outside the clinic: current, since May 2026."
        )

    def test_a_good_day_after_a_session_hides_no_bad_month(self):
        checks = [longer_term(75, thinking=3), check(81, thinking=0)]
        assert state(maintenance([7, 7], as_of=90, checks=checks), "X3") == "fires"

    def test_an_unasked_harm_is_said_to_be_unknown(self):
        column = weighed(courses.totals_only()).columns[2]
        assert (
            "None has been answered, so harm is not known." in [n.text for n in column.not_met][-1]
        )


class TestR1:
    @pytest.mark.parametrize(("count", "expected"), [(11, "quiet"), (12, "fires")])
    def test_twelve_sessions(self, count, expected):
        given = [*INDUCTION, *range(45, 45 + 7 * (count - 6), 7)]
        scores = [*BEFORE, *[(45 + 7 * n, 7) for n in range(7)]]
        assert state(course(scores, given, 92), "R1") == expected


class TestColumns:
    @pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
    def test_three_in_fixed_order_and_no_cell_is_empty(self, make):
        columns = weighed(make()).columns
        assert [column.option for column in columns] == ["continue", "taper", "stop"]
        for column in columns:
            for cell in (column.speaks_for, column.speaks_against):
                assert cell.statements or cell.answer

    @pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)
    def test_every_statement_has_claim_inputs_source_and_but(self, make):
        for column in weighed(make()).columns:
            for said in column.speaks_for.statements + column.speaks_against.statements:
                assert all((said.claim, said.inputs, said.source, said.but))
                assert len(said.claim.split()) <= 14

    def test_in_induction_an_empty_cell_says_too_early(self):
        taper = weighed(courses.early_non_responder()).columns[1]
        assert taper.speaks_for.answer == "Too early to tell."

    def test_later_an_empty_cell_says_that_no_rule_speaks(self):
        taper = weighed(courses.wane_and_rebound()).columns[1]
        assert taper.speaks_for.answer == "No rule speaks for a longer interval now."


class TestRuleFiles:
    def test_every_shipped_rule_says_why_and_whose_threshold_it_is(self):
        for rule in shipped_rules():
            assert rule.reason, rule.id
            assert rule.mark == (rule.id if rule.status == "published" else f"{rule.id}†")

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ('option = "stop"', 'option = "wait"', "use for or against and one of continue"),
            ('status = "translated"', 'status = "sure"', "use one of published"),
            ('title = "Less', '# title = "Less', "title is missing"),
            ("[thresholds]", "[thresholds", "not TOML"),
        ],
    )
    def test_a_bad_rule_file_is_named_with_what_to_write(self, tmp_path, old, new, told):
        shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
        path = tmp_path / "I2.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        with pytest.raises(RuleError, match=told) as caught:
            load_rules(tmp_path)
        assert "I2.toml" in str(caught.value)

    def test_a_clinic_may_change_a_threshold(self, tmp_path):
        shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
        path = tmp_path / "T1.toml"
        path.write_text(path.read_text(encoding="utf-8").replace("ceiling = 9", "ceiling = 10"))
        case = read_case(maintenance([10, 10, 10, 10], as_of=104), INSTRUMENTS)
        assert weigh(case, load_rules(tmp_path)).state("T1") == "fires"
        assert weigh(case, shipped_rules()).state("T1") == "not_met"

    def test_a_clinics_own_copy_takes_the_place_of_ours_and_is_named(self, tmp_path):
        text = (SHIPPED / "T1.toml").read_text(encoding="utf-8")
        own = tmp_path / "T1.toml"
        own.write_text(text.replace("ceiling = 9", "ceiling = 10"), encoding="utf-8")
        with pytest.raises(RuleError, match="raise `version`"):
            rules_with(tmp_path)
        own.write_text(re.sub(r"version = \d+", "version = 90", own.read_text(encoding="utf-8")))
        rules = rules_with(tmp_path)
        assert [rule.id for rule in rules] == [rule.id for rule in shipped_rules()]
        case = read_case(maintenance([10, 10, 10, 10], as_of=104), INSTRUMENTS)
        assert weigh(case, rules).state("T1") == "fires"
        page = build_page(case.facts, INSTRUMENTS, rules)
        assert "T1 v90 (the clinic’s)" in page.footer[1]

    def test_without_a_folder_of_its_own_ours_are_gone_by(self, tmp_path):
        assert rules_with(None) == rules_with(tmp_path / "none") == shipped_rules()

    def test_no_rule_prints_a_chance_or_a_score_for_an_option(self):
        for path in SHIPPED.glob("*.toml"):
            words = path.read_text(encoding="utf-8").lower()
            assert "no risk" not in words
            assert "recommend" not in words
        assert OPTIONS == ("continue", "taper", "stop")


class TestOtherScales:
    """A rule says where its number comes from another scale, and where it cannot be read at all."""

    def marks(self, facts):
        columns = weighed(facts).columns
        said = [s for c in columns for s in c.speaks_for.statements + c.speaks_against.statements]
        return {s.rule: s.mark for s in said}

    def test_what_was_published_on_the_phq9_is_marked_as_carried_over_elsewhere(self):
        assert self.marks(courses.steady_responder())["I3"] == "I3"
        assert self.marks(courses.ptsd())["I3"] == "I3†"
        assert self.marks(courses.ptsd())["C1"] == "C1†"
        assert "I3†" in weighed(courses.pain()).speaking

    def test_a_rule_that_a_scale_has_no_number_for_says_so(self):
        """PEG: no reliable change and no cut-off are established."""
        needs = {
            c.option: [f"{n.mark} {n.text}" for n in c.unread]
            for c in weighed(courses.pain()).columns
        }
        lacks = "No {} is established for PEG."
        assert needs["continue"] == ["C1† " + lacks.format("reliable change")]
        assert needs["taper"] == ["T1† " + lacks.format("cut-off or remission")]
        assert needs["stop"] == [
            "L1† " + lacks.format("cut-off"), "X2† " + lacks.format("reliable change"),
        ]  # fmt: skip

    def test_a_rule_that_cannot_be_read_is_not_called_quiet(self):
        """X2 and L1 cannot be read on PEG, so nothing says that no rule speaks."""
        stop = weighed(courses.pain()).columns[2]
        said = "No rule that can be read on PEG speaks for stopping now."
        assert (stop.option, stop.speaks_for.answer) == ("stop", said)

    def test_where_nothing_can_be_read_that_is_said_instead(self):
        silent = replace(courses.pain(), as_of=courses.day(140))
        assert weighed(silent).state("D0") == "not_interpretable"
        assert weighed(silent).state("X2") == "quiet"

    def test_a_rule_may_not_require_a_number_no_scale_has(self, tmp_path):
        text = (SHIPPED / "X2.toml").read_text().replace('reliable change"]', 'luck"]')
        (tmp_path / "X2.toml").write_text(text)
        with pytest.raises(RuleError, match="requires 'luck'; a scale may have reliable change"):
            load_rules(tmp_path)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (4, "are 4 days apart and ask about 10 of the same 14 days."),
        (13, "are 13 days apart and ask about 1 of the same 14 days."),
        (14, "are 14 days apart; life events and other treatment in between are not in them."),
    ],
)
def test_a_lost_response_says_whether_its_two_forms_are_two_measurements(apart, said):
    facts = maintenance([7, 7], given=(52, 66, 80), as_of=118)
    facts = replace(facts, forms=(*facts.forms, form(103, 15), form(103 + apart, 16)))
    statements = [s for c in weighed(facts).columns for s in c.speaks_against.statements]
    assert next(s.but for s in statements if s.rule == "L1").endswith(said)
