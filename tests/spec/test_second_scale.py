"""Chapter: a second questionnaire that worsened, by its own numbers, under Continue, against.

PHQ-9 fell from 18 to 8. GAD-7 was 8 twice before treatment; its reliable change is 4 points.
"""

from dataclasses import replace

import pytest

from tests.reports import courses
from tests.reports.test_sheet import page_of


def with_worry(*last):
    """GAD-7 on days 61 and 75; None: that form was not answered."""
    facts = courses.two_that_disagree()
    totals = dict(zip(("gad761.01", "gad775.01"), last, strict=True))
    forms = (
        replace(form, total=totals.get(form.response_id, form.total))
        for form in facts.forms
        if totals.get(form.response_id, 0) is not None
    )
    return replace(facts, forms=tuple(forms))


def against_continuing(facts):
    cell = page_of(facts).options[0].column.speaks_against
    return [one for one in cell.statements if one.rule == "X2"]


@pytest.mark.parametrize(
    ("last", "speaks"),
    [
        ((11, 12), False),  # the first of the two is 3 above
        ((12, 11), False),
        ((12, 12), True),  # 4 above, twice: on it
        ((14, 15), True),
        ((8, 4), False),  # better
    ],
)
def test_a_reliable_rise_on_two_forms_in_a_row_speaks_against_going_on(last, speaks):
    assert bool(against_continuing(with_worry(*last))) is speaks


def test_it_names_the_questionnaire_its_own_threshold_and_what_the_figure_is_of():
    (said,) = against_continuing(courses.two_that_disagree())
    assert said.mark == "X2†"
    assert said.claim == "GAD-7 is worse than before treatment, confirmed by a second form."
    assert said.inputs == "GAD-7 14 and 15, baseline 8.0: +7.0. Needs 4 above, twice."
    assert "Our judgement" in said.source
    assert "PHQ-9" in said.source
    assert said.but.startswith("The other rules read PHQ-9.")


def test_its_answers_are_in_its_trace():
    page = page_of(courses.two_that_disagree())
    (traced,) = [one for one in page.traced if one.text.startswith("GAD-7 is worse")]
    assert {"gad761.01", "gad775.01"} <= set(traced.responses)


def test_on_one_form_it_waits_for_a_second_and_says_so():
    page = page_of(with_worry(11, 12))
    (need,) = [one for one in page.options[0].column.not_met if one.rule == "X2"]
    assert need.text == (
        "GAD-7: 12 is 4 or more above its baseline, 8.0, on one form. Needs a second."
    )
    assert page.attention.category == "steady"


def test_it_makes_a_decision_due_and_the_course_worth_a_look():
    page = page_of(courses.two_that_disagree())
    due = next(figure for figure in page.figures if figure.label == "Decision due")
    assert (due.value, due.note) == ("before session 9 on 23 Jul", "rule X2†")
    assert page.attention.category == "confirmed change"
    assert page.attention.why == "GAD-7 14 and 15: above its baseline, confirmed."


def test_where_its_own_forms_are_too_old_to_read_it_is_silent():
    """Its newest form is then 30 days old, while PHQ-9 was answered two days ago."""
    assert against_continuing(with_worry(14, 15))
    facts = with_worry(14, None)
    old = tuple(
        replace(form, answered_at=form.answered_at.replace(day=18, month=6), total=15)
        if form.response_id == "gad761.01"
        else form
        for form in facts.forms
    )
    assert not against_continuing(replace(facts, forms=old))


def test_one_questionnaire_alone_is_read_once():
    assert "X2" not in {s.rule for s in against_continuing(courses.steady_responder())}
