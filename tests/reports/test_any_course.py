"""Whatever a course looks like, it has a page: no history may leave a clinician without one."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.evidence import shipped_rules
from reports.page import build_page, page_as_dict
from reports.render import render_html
from surveys.instrument import shipped_instruments
from tests.reports.pieces import check, course, form, missed

DAYS = st.integers(0, 200)
SCORES = st.dictionaries(DAYS, st.integers(0, 27), max_size=14)
HARMS = st.dictionaries(DAYS, st.integers(0, 3), max_size=3)


@st.composite
def any_course(draw):
    """Any mix of forms, silence, sessions and harms, in any phase, on either scale."""
    facts = course(
        sorted(draw(SCORES).items()),
        sorted(draw(st.sets(DAYS, max_size=10))),
        draw(st.integers(0, 210)),
        planned=sorted(draw(st.sets(st.integers(150, 260), max_size=2))),
        unanswered=missed(sorted(draw(st.sets(DAYS, max_size=6)))),
        checks=[check(day + 0.5, detached=value) for day, value in draw(HARMS).items()],
        phase=draw(st.sampled_from(["before", "induction", "maintenance", "stopped"])),
        self_harm=draw(st.dictionaries(DAYS, st.integers(0, 3), max_size=4)),
        total_only=draw(st.booleans()),
    )
    if draw(st.booleans()):
        return facts
    worry = [replace(form(day, total % 22), instrument="gad7", answers={}) for day, total in
             draw(SCORES).items()]  # fmt: skip
    return replace(facts, primary="gad7", forms=tuple(worry))


@settings(max_examples=150, deadline=None)
@given(any_course())
def test_every_course_has_a_page_with_a_sentence_and_three_full_columns(facts):
    page = build_page(facts, shipped_instruments(), shipped_rules())
    assert page.sentence.endswith(".")
    assert "None" not in page.sentence
    for option in page.options:
        for cell in (option.column.speaks_for, option.column.speaks_against):
            assert cell.statements or cell.answer
    assert json.dumps(page_as_dict(page))
    assert "</html>" in render_html(page, standalone=True)


@settings(max_examples=60, deadline=None)
@given(any_course())
def test_nothing_after_the_day_of_the_report_is_on_it(facts):
    page = build_page(facts, shipped_instruments(), shipped_rules())
    later = [f for f in facts.forms if f.answered_at > facts.as_of]
    assert not {f.response_id for f in later} & set(page.sources)
    assert all(dot.day <= page.chart.today for dot in page.chart.dots)
