"""Chapter: enough to read, and thoughts of death.

Each rule is met below, on and above its threshold. Scores are (day, total); day 0 is a Monday.
"""

from dataclasses import replace

import pytest

from reports.evidence import shipped_rules
from reports.facts import AlertFact
from reports.page import build_page
from reports.render import print_page
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.pieces import INDUCTION, check, course, day, missed
from tests.spec.weighing import BEFORE, maintenance, state, weighed


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


class TestD0:
    """Fewer than two forms, under 60 % of four weeks, or nothing new for 14 days."""

    @pytest.mark.parametrize(
        ("age", "expected"),
        [(13, "enough"), (14, "enough"), (14.6, "enough"), (14.7, "not_interpretable")],
    )
    def test_the_newest_form_may_be_14_days_old(self, age, expected):
        """The form came at nine in the morning; 0.6 days on is 23:24, 0.7 is past midnight."""
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

    def test_while_it_is_too_early_safety_and_early_rules_stand(self):
        """One form since session 1, worse than before; thoughts of self-harm and an injury."""
        loud = course(
            [*BEFORE, (26, 26)], [20, 24], 27, phase="induction", self_harm={26: 1},
            checks=[check(26, redflag_injury=1)],
        )  # fmt: skip
        evidence = weighed(loud)
        assert evidence.sufficiency.state == "too_early"
        stands = {rule: evidence.state(rule) for rule in ("S1", "I1", "X2", "X3")}
        assert stands == {"S1": "fires", "I1": "fires", "X2": "first", "X3": "fires"}
        waits = {rule: evidence.state(rule) for rule in ("C1", "T1", "N1")}
        assert set(waits.values()) == {"too_early"}

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

    @pytest.mark.parametrize(
        ("answer", "of_form", "boxed", "lead"),
        [
            (0, None, False, "No open alert."),
            (1, "r89", False, "No open alert."),
            (1, None, True, "Item 9 was 1 on 1 Aug; no alert is recorded for it."),
            (2, None, True, "Item 9 was 2 on 1 Aug; no alert is recorded for it."),
            (2, "r82", True, "Item 9 was 2 on 1 Aug; no alert is recorded for it."),
        ],
    )
    def test_an_answer_above_0_that_raised_no_alert_is_boxed(self, answer, of_form, boxed, lead):
        """As in files from elsewhere; a closed alert of another form does not stand for it."""
        page = page_of(with_item_9(answer, of_form))
        assert (page.alert.open, page.alert.lead) == (boxed, lead)
        assert lead in print_page(page).html

    def test_beside_an_open_alert_of_another_form_it_is_still_said(self):
        line = page_of(with_item_9(2, "r82", state="notified")).alert
        assert line.lead == "Open alert."
        assert line.text.endswith("Item 9 was 2 on 1 Aug; no alert is recorded for it.")

    @pytest.mark.parametrize(
        ("of_form", "said"),
        [
            ("r89", "The alert is handled apart from this page."),
            (None, "No alert is recorded for it."),
        ],
    )
    def test_an_alert_is_only_spoken_of_where_there_is_one(self, of_form, said):
        keep = weighed(with_item_9(2, of_form)).columns[0]
        (statement,) = [one for one in keep.speaks_against.statements if one.rule == "S1"]
        assert statement.but.endswith(f"0 clears nobody. {said}")


def with_item_9(answer, of_form, state="closed"):
    """Item 9 on the form of day 89; an alert, if any, of the form named."""
    facts = maintenance([7, 7], as_of=90, self_harm={89: answer})
    raised = AlertFact(1, day(89.1), "standard", state, "Item 9", response_id=of_form or "")
    return replace(facts, alerts=(raised,) if of_form else ())
