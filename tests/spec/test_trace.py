"""Every sentence of a report can be followed back: answers by number, versions, the rule."""

from dataclasses import replace

import pytest

from reports.evidence import shipped_rules
from reports.page import build_page, page_as_dict
from reports.render import render_html
from reports.trace import ranges
from surveys.instrument import shipped_instruments
from tests.reports import courses

COURSES = pytest.mark.parametrize("make", courses.ALL.values(), ids=courses.ALL)


def page_of(facts):
    return build_page(facts, shipped_instruments(), shipped_rules())


@COURSES
def test_every_sentence_has_its_trace_and_names_what_exists(make):
    facts = make()
    page = page_of(facts)
    told = {one.text for one in page.traced}
    known = {form.response_id for form in facts.forms}
    names = {rule.name for rule in shipped_rules()}
    for option in page.options:
        for cell in (option.column.speaks_for, option.column.speaks_against):
            for said in cell.statements:
                (one,) = {t for t in page.traced if t.text == f"{said.claim} {said.inputs}"
                          and t.where.startswith(option.column.option)}  # fmt: skip
                assert one.rule.startswith(f"{said.rule} v{said.version}")
                assert one.responses
        column = option.column
        assert {need.text for need in (*column.not_met, *column.not_known)} <= told
    assert page.sentence in told
    assert {line for block in page.blocks for line in block.lines} <= told
    for one in page.traced:
        assert set(one.responses) <= known
        assert one.rule in names | {""}
        assert all(" v" in name for name in one.instruments)


@COURSES
def test_a_sentence_can_be_made_anew_from_the_answers_its_trace_names_alone(make):
    facts = make()
    page = page_of(facts)
    for read in {one.responses for one in page.traced}:
        kept = tuple(form for form in facts.forms if form.response_id in read)
        anew = {(one.where, one.text) for one in page_of(replace(facts, forms=kept)).traced}
        for one in page.traced:
            if one.responses == read:
                assert (one.where, one.text) in anew


def test_it_stands_on_the_page_and_in_the_json():
    page = page_of(courses.wane_and_rebound())
    assert "Where this comes from" in render_html(page, standalone=True)
    first = page_as_dict(page)["traced"][0]
    assert set(first) == {"where", "text", "rule", "instruments", "responses", "records"}


@COURSES
def test_the_json_tells_each_set_of_answers_once_and_leads_every_sentence_to_its_own(make):
    page = page_of(make())
    told = page_as_dict(page)
    found = [(one["text"], tuple(told["read"][one["responses"]])) for one in told["traced"]]
    assert found == [(one.text, one.responses) for one in page.traced]
    sets = [tuple(ids) for ids in told["read"].values()]
    assert len(set(sets)) == len(sets)


def test_what_is_said_beside_the_sessions_can_be_made_anew_from_the_entries_it_names():
    facts = courses.treated_beside()
    rows = {one.where: one for one in page_of(facts).traced if one.records and not one.rule}
    assert rows["Other treatments"].said_shortly == "entries 1–3"
    for where in ("Other treatments", "Substances"):
        kept = tuple(one for one in facts.history if one.record_id in rows[where].records)
        anew = page_of(replace(facts, history=kept)).traced
        assert rows[where] in anew


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ((), "none"),
        (("7",), "7"),
        (("3", "1", "2", "5"), "1–3, 5"),
        (("r1", "r2"), "r1, r2"),
    ],
)
def test_numbers_in_a_row_are_said_as_their_ends(ids, said):
    assert ranges(ids) == said
