"""Chapter: worse than before treatment, harm, and the review that falls due.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

from dataclasses import replace

import pytest

from reports.due import decision_due
from reports.evidence import shipped_rules, weigh
from reports.facts import FormFact
from reports.page import build_page, read_case
from surveys.catalogue import every_instrument
from surveys.history import HistoryStatement
from tests.reports import courses, pieces
from tests.reports.pieces import INDUCTION, check, course, longer_term
from tests.spec.weighing import BEFORE, INSTRUMENTS, maintenance, state, weighed

WITH_ASRM = every_instrument()


class TestS1:
    """Item 9 above 0 speaks, whatever it was before treatment (session 1 on day 20)."""

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({5: 1, 12: 1, 82: 1}, "; before treatment 1, unchanged."),
            ({5: 1, 12: 0, 75: 0, 82: 1}, "; before treatment 1."),
            ({5: 2, 12: 1, 82: 1}, "; before treatment 2."),
            ({5: 1, 75: 2, 82: 2}, "; before treatment 1, higher since 18 Jul."),
            ({5: 0, 68: 0, 75: 1, 82: 1}, "; before treatment 0, new since 18 Jul."),
        ],
    )
    def test_the_newest_answer_stands_beside_the_highest_before_treatment(self, answers, said):
        unchanged = dict.fromkeys([26, 33, 40, 47, 54, 61, 68, 75], answers[82])
        silent = unchanged if said.endswith("unchanged.") else {}
        facts = maintenance([7], as_of=83, self_harm=silent | answers)
        assert state(facts, "S1") == "fires"
        (one,) = [s for s in weighed(facts).columns[0].speaks_against.statements if s.rule == "S1"]
        assert one.inputs.endswith(said)


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
        facts = replace(maintenance([7, 7], as_of=90), history=pieces.beside(entry))
        assert state(facts, "X3") == expected

    def test_and_is_named_as_recorded(self):
        entry = HistoryStatement("ketamine_outside", use="current", since="2026-05")
        facts = replace(maintenance([7, 7], as_of=90), history=pieces.beside(entry))
        (said,) = weighed(facts).columns[2].speaks_for.statements
        assert said.claim == "Possible harm: ketamine outside the clinic."
        assert said.inputs == (
            "Recorded by the clinic: Ketamine outside the clinic: current, since May 2026. "
            "9 of 9 harms not asked."
        )

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({"uri_freq": 2}, "often"),
            (
                {"uri_freq": 2, "uri_urge": 2},
                "often: passing urine often and sudden need to pass urine",
            ),
            ({"uri_pain": 2, "uri_blood": 1}, "yes: blood in the urine"),
            # blood raised an urgent alert: no tie hides it, and it stands first
            (
                {"uri_pain": 3, "uri_blood": 1},
                "yes: blood in the urine; almost always: pain when passing urine",
            ),
            (
                {"craving": 3, "asked_early": 1},
                "almost always: strong urges to take ketamine outside treatment; "
                "yes: asked for one early",
            ),
        ],
    )
    def test_of_answers_that_tie_none_is_hidden_and_an_urgent_one_is_first(self, answers, said):
        checks = [longer_term(81, **answers)]
        stop = weighed(maintenance([7, 7], as_of=90, checks=checks)).columns[2]
        (one,) = [one for one in stop.speaks_for.statements if one.rule == "X3"]
        assert f": “{said}” on 24 Jul." in one.inputs
        (row,) = [row for row in rows_with(checks, 90).values() if row.startswith(said)]
        assert row.endswith(", 24 Jul")

    def test_a_bare_yes_of_several_urgent_questions_says_to_which(self):
        rows = rows_with([check(81, redflag_care=1, redflag_injury=1)], as_of=90)
        said = "yes: a fall, accident or injury and needed urgent or emergency care, 24 Jul"
        assert rows["Collapse, injury, care"] == said

    def test_however_many_tie_each_is_named(self):
        check_codes = ("thinking", "speech", "nausea", "dizzy", "headache")
        month_codes = ("uri_freq", "uri_urge", "uri_pain", "craving", "early")
        sessions = check(81, **dict.fromkeys(check_codes, 3))
        month = longer_term(62, uri_blood=1, asked_early=1, **dict.fromkeys(month_codes, 3))
        rows = rows_with([sessions, month], as_of=90)
        assert rows["Nausea, dizziness"] == "severe: nausea, dizziness and headache, 24 Jul"
        assert rows["Thinking, memory"] == "severe: trouble thinking and trouble speaking, 24 Jul"
        told = f"{rows['Bladder']} {rows['Craving, early requests']}"
        said = ("blood", "pain", "often", "sudden", "urges", "a session early", "asked for one")
        assert [words for words in said if words not in told] == []

    def test_a_good_day_after_a_session_hides_no_bad_month(self):
        checks = [longer_term(75, thinking=3), check(81, thinking=0)]
        assert state(maintenance([7, 7], as_of=90, checks=checks), "X3") == "fires"

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            # sessions 7, 8 and 9 are on days 52, 66 and 80; the limit is "moderate", 2
            ({81: 2}, "“moderate” on 24 Jul. 4"),
            ({67: 0, 81: 2}, "“moderate” on 24 Jul; at its limit in 1 of 2 answers. 4"),
            ({67: 1, 81: 2}, "“moderate” on 24 Jul; at its limit in 1 of 2 answers. 4"),
            (
                {67: 2, 81: 2},
                "“moderate” on 24 Jul; at its limit in 2 of 2 answers, after sessions 8 and 9. 4",
            ),
            (
                {53: 3, 67: 0, 81: 2},
                "“moderate” on 24 Jul; at its limit in 2 of 3 answers, after sessions 7 and 9. 4",
            ),
            (
                {35: 3, 53: 3, 67: 2, 81: 3},
                "“severe” on 24 Jul; at its limit in 4 of 4 answers, first after session 5. 4",
            ),
        ],
    )
    def test_a_harm_that_came_back_is_not_said_as_a_single_one(self, answers, said):
        checks = [check(at, thinking=value) for at, value in answers.items()]
        stop = weighed(maintenance([7, 7], given=(52, 66, 80), as_of=90, checks=checks)).columns[2]
        (one,) = [one for one in stop.speaks_for.statements if one.rule == "X3"]
        assert one.inputs.startswith(f"Thinking, memory: {said} of 9 harms not asked.")

    def test_an_answer_above_0_has_the_day_of_its_own_form(self):
        """The longer-term check of day 62, 5 July, and the check of day 81, 24 July."""
        checks = [longer_term(62, uri_freq=1, craving=1), check(81, detached=1)]
        stop = weighed(maintenance([7, 7], as_of=90, checks=checks)).columns[2]
        (need,) = [need.text for need in stop.not_met if need.rule == "X3"]
        assert need.startswith(
            "Above 0, below the rule’s limit: dissociation “mild” on 24 Jul (limit: severe); "
            "bladder “sometimes” on 5 Jul (limit: often); craving, early requests “sometimes: "
            "strong urges to take ketamine outside treatment” on 5 Jul (limit: often). "
            "Check of 24 Jul, 9 days ago."
        )

    def test_where_every_answer_was_0_nothing_stands_before_the_check(self):
        stop = weighed(maintenance([7, 7], as_of=90, checks=[check(81)])).columns[2]
        (need,) = [need.text for need in stop.not_met if need.rule == "X3"]
        assert need.startswith("Check of 24 Jul, 9 days ago: no answer at its limit.")

    @pytest.mark.parametrize(
        ("answered", "detached", "said"),
        [
            # sessions 9 and 10 are on days 80.2 and 94.2, 23 July and 6 August
            (81, 1, "4 of 9 harms not asked."),
            (81, 3, "4 of 9 harms not asked."),
            (67, 1, "No check answered since session 9. 4 of 9 harms not asked."),
            (67, 3, "No check answered since session 9. 4 of 9 harms not asked."),
        ],
    )
    def test_what_nobody_asked_is_said_whether_another_harm_was_found_or_not(
        self, answered, detached, said
    ):
        checks = [check(answered, detached=detached)]
        stop = weighed(maintenance([7, 7], given=(52, 66, 80), as_of=90, checks=checks)).columns[2]
        texts = [need.text for need in stop.not_met if need.rule == "X3"]
        texts += [one.inputs for one in stop.speaks_for.statements if one.rule == "X3"]
        (text,) = texts
        assert text.endswith(said)
        assert ("No check answered" in text) == ("since session" in said)

    @pytest.mark.parametrize(
        ("answered", "as_of", "said"),
        [
            ((67, 81), 90, "mild, 24 Jul"),
            ((67,), 90, "mild, 10 Jul; before session 9"),
            ((53, 67), 110, "mild, 10 Jul; before session 9"),
            ((67,), 79, "mild, 10 Jul"),  # no session since
        ],
    )
    def test_an_answer_that_a_session_followed_says_before_which_it_was(
        self, answered, as_of, said
    ):
        checks = [check(at, detached=1) for at in answered]
        facts = maintenance([7, 7], given=(52, 66, 80, 94), as_of=as_of, checks=checks)
        page = build_page(facts, INSTRUMENTS, shipped_rules())
        rows = {row.title: row.latest for group in page.chart.groups for row in group.rows}
        assert rows["Dissociation"] == said
        assert ("not known since" in page.chart_note) == ("before session" in said)

    def test_a_newer_answer_on_another_check_is_knowledge_too(self):
        """The monthly check of day 75 is worse; the check after session 9 came since."""
        rows = rows_with([longer_term(75, thinking=2), check(81, thinking=0)], as_of=115)
        assert rows["Thinking, memory"] == "often, 18 Jul"
        assert rows["Bladder"] == "never, 18 Jul; before session 9"

    @pytest.mark.parametrize(
        ("as_of", "said"), [(110, "never, 18 Jul"), (111, "never, 18 Jul; before session 9")]
    )
    def test_an_answer_of_the_monthly_check_stands_until_it_is_due_again(self, as_of, said):
        """The check of day 75: 35 days, a month and a week."""
        assert rows_with([longer_term(75)], as_of=as_of)["Bladder"] == said

    def test_an_unasked_harm_is_said_to_be_unknown(self):
        column = weighed(courses.totals_only()).columns[2]
        assert "X3" not in {need.rule for need in column.not_met}
        (need,) = column.not_known
        assert need.text == "Whether there is harm: no harms check has been answered."


class TestSignsOfMania:
    """Asked after each session in one question, and where the clinic has it by the ASRM, 0 to 20,
    whose own cut-off is 6. Day 81 is 24 July."""

    @pytest.mark.parametrize(
        ("high_energy", "asrm", "expected", "row"),
        [
            (None, None, "not_asked", "not asked"),
            (0, None, "not_met", "no, 24 Jul"),
            (1, None, "fires", "yes: much more energy with much less sleep, 24 Jul"),
            (None, 5, "not_met", "ASRM 5, below 6, 25 Jul"),
            (None, 6, "fires", "ASRM 6, at or above 6, 25 Jul"),
            (None, 7, "fires", "ASRM 7, at or above 6, 25 Jul"),
            (0, 6, "fires", "ASRM 6, at or above 6, 25 Jul"),
            (1, 5, "fires", "yes: much more energy with much less sleep, 24 Jul"),
        ],
    )
    def test_either_counts_as_a_harm(self, high_energy, asrm, expected, row):
        checks = [] if high_energy is None else [check(81, high_energy=high_energy)]
        checks += [] if asrm is None else [mania_scale(82, asrm)]
        facts = maintenance([7, 7], as_of=90, checks=checks)
        page = build_page(facts, WITH_ASRM, shipped_rules())
        rows = {one.title: one.latest for group in page.chart.groups for one in group.rows}
        assert rows["Signs of mania"] == row
        assert weigh(read_case(facts, WITH_ASRM), shipped_rules()).state("X3") == expected

    def test_where_both_say_so_both_are_told(self):
        checks = [check(81, high_energy=1), mania_scale(82, 9)]
        case = read_case(maintenance([7, 7], as_of=90, checks=checks), WITH_ASRM)
        inputs = weigh(case, shipped_rules()).finding("X3").values["inputs"]
        assert inputs == (
            "Signs of mania: “ASRM 9, at or above 6” on 25 Jul and “yes: much more energy with "
            "much less sleep” on 24 Jul; at its limit in 2 of 2 answers, after session 9"
        )

    def test_a_form_with_too_many_questions_open_is_no_answer(self):
        form = mania_scale(82, None)
        facts = maintenance([7, 7], as_of=90, checks=[form])
        assert weigh(read_case(facts, WITH_ASRM), shipped_rules()).state("X3") == "not_asked"


def mania_scale(number, total):
    return FormFact(f"m{number}", "asrm", 2, pieces.day(number), total)


class TestHarmBesideABenefit:
    """An improvement is for going on where it is tolerable too: rule C1 names what X3 found.

    Half of 20 before treatment is a response; 14 is a reliable improvement and no response.
    """

    @pytest.mark.parametrize("score", [10, 14])
    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({}, None),
            ({"uri_pain": 1, "craving": 1}, None),
            ({"uri_pain": 2}, "bladder"),
            ({"uri_blood": 1, "craving": 3}, "bladder and craving, early requests"),
        ],
    )
    def test_the_counter_evidence_of_an_improvement_names_the_harm(self, score, answers, said):
        scores = [*BEFORE, (33, 16), (54, score), (61, score)]
        facts = course(scores, INDUCTION, 62, checks=[longer_term(60, **answers)])
        (one,) = [s for s in weighed(facts).columns[0].speaks_for.statements if s.rule == "C1"]
        harm = f" X3† names possible harm: {said}." if said else ""
        assert one.but.endswith(f"o controlled trial tested IV maintenance.{harm}")

    def test_a_present_use_that_the_clinic_recorded_is_such_a_harm(self):
        entry = HistoryStatement("ketamine_outside", use="current", since="2026-05")
        facts = course([*BEFORE, (33, 16), (54, 14), (61, 14)], INDUCTION, 62)
        columns = weighed(replace(facts, history=pieces.beside(entry))).columns
        (one,) = [said for said in columns[0].speaks_for.statements if said.rule == "C1"]
        assert one.but.endswith("X3† names possible harm: ketamine outside the clinic.")


def rows_with(checks, as_of):
    """What stands beside each row of harms; sessions 7, 8 and 9 are on days 52, 66 and 80."""
    facts = maintenance([7, 7], given=(52, 66, 80), as_of=as_of, checks=checks)
    page = build_page(facts, INSTRUMENTS, shipped_rules())
    return {row.title: row.latest for group in page.chart.groups for row in group.rows}


class TestR1:
    @pytest.mark.parametrize(("count", "expected"), [(11, "quiet"), (12, "fires")])
    def test_twelve_sessions(self, count, expected):
        given = [*INDUCTION, *range(45, 45 + 7 * (count - 6), 7)]
        scores = [*BEFORE, *[(45 + 7 * n, 7) for n in range(7)]]
        assert state(course(scores, given, 92), "R1") == expected

    @pytest.mark.parametrize(
        ("days", "expected"), [(182, "quiet"), (183, "fires"), (184, "fires"), (330, "fires")]
    )
    @pytest.mark.parametrize("last_form", [33, 187], ids=["silent since then", "answering"])
    def test_six_months_since_treatment_began_whether_or_not_anything_was_answered(
        self, last_form, days, expected
    ):
        """Session 1 is on day 20. A missing review is no matter of score."""
        scores = [*BEFORE, *[(day, 11) for day in range(26, last_form + 1, 7)]]
        assert state(course(scores, INDUCTION, 20 + days), "R1") == expected

    @pytest.mark.parametrize(
        ("days", "said"),
        [
            (182, ("reach the patient first", "D0†")),
            (183, ("reach the patient first", "D0†; six-month review (R1†)")),
        ],
    )
    def test_of_a_silent_patient_it_stands_beside_that_the_patient_is_to_be_reached(
        self, days, said
    ):
        facts = course([*BEFORE, (26, 15), (33, 11)], INDUCTION, 20 + days)
        case = read_case(facts, INSTRUMENTS)
        assert decision_due(case, weigh(case, shipped_rules())) == said
