"""What is called reliable: a change by the scale's own number, never one error of measurement."""

import pytest

from reports.trends import measure_of
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.pieces import INDUCTION, course
from tests.reports.test_sheet import page_of
from tests.spec.weighing import maintenance


def statements(page):
    for option in page.options:
        yield from option.column.speaks_for.statements
        yield from option.column.speaks_against.statements


@pytest.mark.parametrize(
    ("scale", "change", "said"),
    [
        ("peg", -1.2, "within the measurement error of one form, 1.2"),
        ("peg", 1.22, "within the measurement error of one form, 1.2"),
        (
            "peg",
            -1.23,
            "whether that is a reliable change is not established (measurement error of one form: "
            "1.2)",
        ),
        ("phq15", -1.0, "how much of it is chance is not established"),
    ],
)
def test_a_known_error_is_named_where_no_reliable_change_is(scale, change, said):
    """PEG: one standard error of measurement is 1.22 (Reed 2023); PHQ-15 has none."""
    assert measure_of(shipped_instruments()[scale]).against_error(change) == said


def test_no_page_calls_a_reliable_change_an_error_that_is_not_established():
    """PCL-5 has a reliable change, 18 (Marx 2022), and no standard error of its own."""
    page = page_of(courses.ptsd())
    assert dict(page.standing)["Level"].startswith("none: its standard error is not established")
    assert page.sentence.endswith("than the 56.5 before treatment, a reliable change (18 or more).")
    (claim,) = [one.claim for one in statements(page) if one.rule == "C1" and "points" in one.claim]
    assert claim == "21.5 points lower than before treatment, a reliable change."
    assert "measurement error" not in page.sentence + claim


def test_the_sentence_about_pain_names_the_error_its_band_is_drawn_from():
    assert page_of(courses.pain()).sentence.endswith(
        "2.7 points lower than the 7.3 before treatment; whether that is a reliable change is not "
        "established (measurement error of one form: 1.2)."
    )


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        # baseline 20; 7 on day 75, 18 July; L1 asks for 10 or more, 6 above the best, twice
        ([11, 11], "partial; response last on 18 Jul"),
        ([14, 14], "partial; response lost, last on 18 Jul"),
        ([15, 15], "partial, less than a reliable change; response lost, last on 18 Jul"),
        ([7, 15], "partial, less than a reliable change; response last on 25 Jul"),
        ([19, 19], "response lost, last on 18 Jul"),
        ([7, 19], "no response now, last on 25 Jul"),
        ([26, 26], "worse than baseline; response lost, last on 18 Jul"),
        ([10, 10], "response"),
    ],
)
def test_an_outcome_that_is_no_response_says_when_there_was_one(last, outcome):
    """One form alone has lost nothing yet: lost is what rule L1 calls lost."""
    page = page_of(maintenance(last, as_of=90))
    assert dict(page.standing)["Outcome"] == f"{outcome}; remission (<5) not reached"


def test_who_never_responded_has_no_response_to_lose():
    page = page_of(courses.steady_non_responder())
    assert dict(page.standing)["Outcome"] == "no response; remission (<5) not reached"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([(99, 7), (105, 13), (110, 13)], " With session 9: 8 to 7."),
        ([(99, 13), (105, 13), (110, 13)], " With session 9: 8 to 13."),  # no better, said alike
        ([(108, 13), (112, 13)], ""),  # no form in the days that tell
    ],
)
def test_what_came_with_the_newest_session_stands_beside_a_rise_at_a_longer_interval(after, said):
    """Day 94 is session 9, 28 days after session 8; the last form before it was 8."""
    scores = [(5, 20), (12, 20), (19, 20), (40, 8), (47, 7), (54, 7), (61, 7), (68, 7), (75, 7)]
    facts = course([*scores, (88, 8), *after], [*INDUCTION, 52, 66, 94], 113, planned=[122])
    (one,) = [one for one in statements(page_of(facts)) if one.claim.startswith("Rise at 28 days")]
    assert one.inputs.partition(". ")[2] == said.lstrip()


@pytest.mark.parametrize(
    ("make", "important", "reliable"),
    [(courses.worsening, "5", "6"), (courses.ptsd, "12", "18"), (courses.pain, "1", "")],
)
def test_how_to_read_an_interval_calls_each_threshold_by_its_own_name(make, important, reliable):
    note = page_of(make()).interval_note
    assert f"crossed when worse by the important change, {important}, or more." in note
    assert ("reliable change" in note) == bool(reliable)
    assert not reliable or note.endswith(f"the reliable change, {reliable}, may be chance.")
