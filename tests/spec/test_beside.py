"""Chapter: what the clinic recorded beside the sessions, as the report says it."""

from dataclasses import replace

import pytest

from reports.beside import beside_rows, named, period
from reports.evidence import shipped_rules
from reports.facts import PreviousReport
from reports.page import build_page
from reports.restated import restatements
from surveys.history import HistoryStatement
from surveys.instrument import shipped_instruments
from tests.reports import courses
from tests.reports.pieces import beside, day


def facts_with(*told: HistoryStatement):
    """As of 6 July 2026."""
    return replace(courses.treated_beside(), history=beside(*told))


def rows(*told: HistoryStatement) -> list[tuple[str, str]]:
    return [(row.label, row.text) for row in beside_rows(facts_with(*told))]


NONE_OF_THESE = "alcohol, cannabis, opioids, stimulants, ketamine outside the clinic"


def test_nothing_recorded_asked_and_none_and_something_are_three_different_things():
    assert rows() == [("Other treatments and substances", "Not recorded.")]
    assert rows(HistoryStatement("no_treatment", since="2026-05-04")) == [
        ("Other treatments", "None, asked 4 May 2026."),
        ("Substances", f"Not recorded: {NONE_OF_THESE}."),
    ]
    assert rows(HistoryStatement("opioids", use="none", since="2026-05-04")) == [
        ("Other treatments", "Not recorded."),
        ("Substances", "None known of opioids, asked 4 May 2026; not recorded: "
         "alcohol, cannabis, stimulants, ketamine outside the clinic."),
    ]  # fmt: skip


def test_what_there_is_outweighs_that_there_once_was_none():
    told = [
        HistoryStatement("no_treatment", since="2026-05-04"),
        HistoryStatement("tms", since="2026-06"),
        HistoryStatement("cannabis", use="none", since="2026-05-04"),
        HistoryStatement("cannabis", use="current", since="2026-06"),
    ]
    (_, treatments), (_, substances) = rows(*told)
    assert treatments == "TMS: since Jun 2026."
    assert substances.startswith("Cannabis: current, since Jun 2026; not recorded: alcohol, ")


def test_asked_twice_the_newest_day_is_said():
    told = [HistoryStatement("opioids", use="none", since=f"2026-05-{n}") for n in ("20", "04")]
    assert "opioids, asked 20 May 2026" in rows(*told)[1][1]


def test_what_had_not_begun_by_then_is_not_on_the_page():
    assert rows(HistoryStatement("tms", since="2026-07-07"))[0][1] == "Not recorded."


@pytest.mark.parametrize(
    ("told", "name", "when"),
    [
        (HistoryStatement("antidepressant", "Sertraline", "50 mg", since="2026-02-10"),
         "Sertraline 50 mg (antidepressant)", "since 10 Feb 2026"),
        (HistoryStatement("lamotrigine", dose="200 mg"), "Lamotrigine 200 mg",
         "start not recorded"),
        (HistoryStatement("other_treatment", "Light therapy", since="2026-02", until="2026-03-01"),
         "Light therapy", "Feb 2026 to 1 Mar 2026"),
        (HistoryStatement("ect", since="2026-02", until="2026-02"), "ECT", "Feb 2026"),
        (HistoryStatement("ect", until="2019"), "ECT", "until 2019"),
        (HistoryStatement("alcohol", use="current", since="2010"), "Alcohol",
         "current, since 2010"),
        (HistoryStatement("alcohol", use="current"), "Alcohol", "current, start not recorded"),
        (HistoryStatement("alcohol", use="past", until="2020"), "Alcohol", "past, until 2020"),
        (HistoryStatement("alcohol", use="past", since="2010"), "Alcohol",
         "past, from 2010, end not recorded"),
        (HistoryStatement("alcohol", use="past"), "Alcohol", "past, dates not recorded"),
    ],
)  # fmt: skip
def test_each_entry_is_said_with_as_much_of_its_dates_as_is_known(told, name, when):
    assert (named(told), period(told)) == (name, when)


def test_the_table_beside_the_chart_holds_every_entry():
    page = build_page(courses.treated_beside(), shipped_instruments(), shipped_rules())
    last = [(row.day, row.what, row.value) for row in page.values[-5:]]
    assert ("21 May 2026", "Sertraline 50 mg (antidepressant)", "since 21 May 2026") in last
    assert ("not recorded", "Lamotrigine 200 mg", "start not recorded") in last


TMS = HistoryStatement("tms", since="2026-06-01")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ({"k1": TMS}, TMS, []),
        ({"k1": TMS}, replace(TMS, since="2026-05"),
         ["TMS: since 1 Jun 2026, in report 5; now TMS: since May 2026."]),
        ({}, TMS, ["TMS: since 1 Jun 2026; became known after report 5."]),
        ({"k2": TMS}, None, ["TMS: since 1 Jun 2026, in report 5; taken back."]),
        ({"k1": TMS}, replace(TMS, until="2026-07-02"), []),  # ended since: news, no correction
        ({"k1": TMS}, replace(TMS, until="2026-06-20"),
         ["TMS: since 1 Jun 2026, in report 5; now TMS: 1 Jun 2026 to 20 Jun 2026."]),
        ({}, replace(TMS, since="2026-07-02"), []),  # begun since
    ],
)  # fmt: skip
def test_a_correction_to_the_last_report_is_listed_and_news_are_not(was, now, said):
    """Report 5 was made on 29 June."""
    previous = PreviousReport(5, day(56), (), history=was)
    facts = replace(facts_with(*[now] if now else []), previous=previous)
    found = [one.text for one in restatements(facts) if one.subject.startswith("history:")]
    assert found == said


def test_news_are_said_as_news():
    entries = (
        HistoryStatement("psychotherapy", since="2026-07-01"),
        replace(TMS, until="2026-07-02"),
    )
    previous = PreviousReport(5, day(56), (), history={"k2": TMS})
    page = build_page(
        replace(facts_with(*entries), previous=previous), shipped_instruments(), shipped_rules()
    )
    assert "Begun: Psychotherapy: since 1 Jul 2026." in page.blocks[0].lines
    assert "Ended: TMS: 1 Jun 2026 to 2 Jul 2026." in page.blocks[0].lines
