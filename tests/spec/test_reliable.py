"""What is called reliable: a change by the scale's own number, never one error of measurement."""

import pytest

from reports.trends import measure_of
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.test_sheet import page_of


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
