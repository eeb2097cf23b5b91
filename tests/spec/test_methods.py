"""The methods page: how often a flag is wrong, and that no number on it is a second copy."""

import re
import tomllib
from dataclasses import replace

import pytest

from reports.cohort import shipped_declaration
from reports.evidence import shipped_rules
from reports.methods import build_methods, flag_chances
from reports.methods.page import SHIPPED
from reports.page import build_pages
from reports.render import render_html
from surveys.instrument import shipped_instruments
from tests.reports import courses

# PHQ-9: standard error 2.2 points, a true level of 8 that stays, twelve forms.
CALM = {"level": 8, "error": 2.2, "scale": (0, 27), "forms": 12}


@pytest.mark.parametrize(
    ("reference_forms", "threshold", "single", "confirmed"),
    [
        # 200,000 simulated patients each, from an independent simulation
        (1, 5, 36, 10),
        (1, 6, 22, 4.9),
        (1, 7, 13, 2.0),
        (3, 5, 24, 2.3),
        (3, 6, 11, 0.5),
        (3, 7, 4, 0.1),
    ],
)
def test_a_patient_whose_level_stays_is_flagged_this_often(
    reference_forms, threshold, single, confirmed
):
    found = flag_chances(**CALM, reference_forms=reference_forms, threshold=threshold)
    assert 100 * found.single == pytest.approx(single, abs=0.5)
    assert 100 * found.confirmed == pytest.approx(confirmed, abs=0.5 if confirmed == 10 else 0.05)


@pytest.mark.parametrize(
    ("threshold", "forms", "single", "confirmed"),
    [(5, 3, 93, 61), (5, 6, None, 83), (6, 3, None, 43), (6, 6, None, 66)],
)
def test_a_true_rise_of_six_points_is_found_this_often(threshold, forms, single, confirmed):
    given = {**CALM, "forms": forms}
    found = flag_chances(**given, reference_forms=3, threshold=threshold, step=6)
    assert 100 * found.confirmed == pytest.approx(confirmed, abs=0.5)
    if single:
        assert 100 * found.single == pytest.approx(single, abs=0.5)


def test_one_form_alone_can_be_flagged_but_not_confirmed():
    found = flag_chances(**{**CALM, "forms": 1}, reference_forms=3, threshold=5)
    assert (found.single > 0, found.confirmed) == (True, pytest.approx(0))


def page(instruments=None, rules=None):
    instruments = instruments or shipped_instruments().values()
    return build_methods(instruments, rules or shipped_rules(), shipped_declaration())


def test_a_changed_threshold_changes_the_page():
    rules = [
        replace(rule, thresholds={**rule.thresholds, "from_day": 15}) if rule.id == "I3" else rule
        for rule in shipped_rules()
    ]
    assert "first form 15 to 31 days" in str(page(rules=rules).formulas)
    assert "first form 14 to 31 days" in str(page().formulas)


def test_the_clinics_own_reliable_change_is_the_one_shown_and_used():
    changed = [
        replace(one, reliable_change=7) if one.id == "phq9" else one
        for one in shipped_instruments().values()
    ]
    shown = page(changed)
    (phq9,) = [scale for scale in shown.scales if scale.title == "PHQ-9"]
    assert [n.value for n in phq9.numbers if n.what == "reliable change"] == ["7"]
    assert any("True rise found within 3 forms: 7 points" in row.what for row in shown.flags)


def test_formulas_hold_no_number_of_their_own():
    """But for the 1.96 and √2 of the reliable change, which are mathematics."""
    texts = [row["text"] for row in tomllib.loads(SHIPPED.read_text())["formula"]]
    bare = [re.sub(r"\{\w+\}", "", text).replace("1.96 × √2", "") for text in texts]
    numbers = [re.findall(r"(?<![\w-])\d+", text.replace("session 1", "")) for text in bare]
    assert [found for found in numbers if found] == []


# What a report prints as it was answered, recorded or counted: nothing is computed there.
AS_RECORDED = {
    "Latest", "GAD-7", "Protocol", "Sessions", "Dose", "Forms answered", "Decision due",
    "Between sessions", "Score by day",
}  # fmt: skip


def labels(report):
    """Every label on one report that has a figure behind it."""
    yield from (label for label, _ in report.standing)
    yield from (figure.label for figure in report.figures)
    yield from re.findall(r"<span>([^<]+)</span>", key_of_intervals(report))
    found = "Steps to a longer interval|Effect (?:holding or diminishing|holding|diminishing)"
    yield from re.findall(found, report.interval_findings)


def key_of_intervals(report):
    """The labels of the intervals' rows as the page prints them; empty where it has none."""
    html = render_html(report, standalone=False)
    return "".join(re.findall(r'<li class="key".*?</li>', html))


def test_everything_computed_on_a_report_has_its_formula_and_source():
    made = (one() for one in courses.ALL.values())
    reports = list(build_pages(list(made), shipped_instruments(), shipped_rules()))
    printed = {label for report in reports for label in labels(report)} - AS_RECORDED
    shown = page().formulas
    explained = {label for formula in shown for label in formula.shown_as}
    assert {"Effect of session", "Effect holding or diminishing", "Next two weeks"} <= printed
    assert printed - explained == set()
    assert [formula.title for formula in shown if not (formula.text and formula.source)] == []


def test_every_rule_and_every_scored_questionnaire_is_there_with_its_status_and_sources():
    shown = page()
    assert [rule.mark for rule in shown.rules] == [rule.mark for rule in shipped_rules()]
    assert all(rule.status for rule in shown.rules)
    scored = [one for one in shipped_instruments().values() if one.score_range]
    assert len(shown.scales) == len(scored)
    unsourced = [
        (scale.title, number.what)
        for scale in shown.scales
        for number in scale.numbers
        if not number.source
    ]
    assert unsourced == []


def test_how_far_a_level_wanders_is_in_points_of_its_own_score():
    """PEG: 0.82 standard errors of 1.22 points are one point of a mean of three answers."""
    weekly = {row.title: row.weekly for row in page().levels}
    assert weekly["PEG"] == "1 point of the mean a week"
    assert weekly["PHQ-9"] == "1.8 points of the total a week"


def test_limits_say_what_is_not_known():
    limits = " ".join(page().limits)
    for words in ("Nothing here was tested in a trial", "never guessed", "no assessment of risk"):
        assert words in limits


def test_the_answers_at_which_a_harm_counts_are_words_on_the_page():
    entry = next(one for one in page().rules if one.mark.startswith("X3"))
    assert dict(entry.thresholds)["answers"].startswith("dissociation 3, thinking 2, unwell 3")
