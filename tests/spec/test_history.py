"""Chapter: what a clinic records beside the sessions, other treatments and substances.

Today is 14 March 2026 in each table. A date may be a day, a month or a year.
"""

from datetime import date

import pytest

from surveys.history import (
    NOT_A_DATE,
    SUBSTANCE,
    TREATMENT,
    HistoryStatement,
    kinds,
    problems,
    true_on,
)
from surveys.partial_dates import NoDate, first_day, last_day

TODAY = date(2026, 3, 14)


def wrong(kind: str, **facts: str) -> set[str]:
    return set(problems(HistoryStatement(kind, **facts), TODAY))


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026-03-14", date(2026, 3, 14), date(2026, 3, 14)),
        ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_day_a_month_and_a_year_cover_the_days_from_first_to_last(written, first, last):
    assert (first_day(written), last_day(written)) == (first, last)


@pytest.mark.parametrize(
    "written", ["", "March", "2026-3", "2026-13", "2026-02-30", "14.03.2026", "0000", "2026-00"]
)
def test_anything_else_is_no_date(written):
    for read in (first_day, last_day):
        with pytest.raises(NoDate):
            read(written)


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ({"since": "2026-03-14"}, {"since": "2026-03-14"}),
        ({"since": "2026-03-15"}, None),
        ({"since": "2026-03"}, {"since": "2026-03"}),
        ({"since": "2026-04"}, None),
        ({}, {}),
        ({"since": "2020", "until": "2026-03-14"}, {"since": "2020", "until": "2026-03-14"}),
        ({"since": "2020", "until": "2026-03-15"}, {"since": "2020"}),
        ({"until": "2026-04", "use": "past"}, {"use": "current"}),
        ({"until": "2026-03", "use": "past"}, {"until": "2026-03", "use": "past"}),
    ],
)
def test_on_a_day_it_has_begun_or_not_and_an_end_to_come_is_no_end(told, then):
    found = true_on(HistoryStatement("alcohol", **told), TODAY)
    assert found == (None if then is None else HistoryStatement("alcohol", **then))


def test_every_kind_is_a_treatment_or_a_substance_and_one_says_there_was_no_treatment():
    assert {kind.group for kind in kinds().values()} == {TREATMENT, SUBSTANCE}
    assert [kind.code for kind in kinds().values() if kind.asked] == ["no_treatment"]


@pytest.mark.parametrize(
    ("kind", "facts", "fields"),
    [
        ("antidepressant", {"name": "Sertraline", "dose": "50 mg", "since": "2026-03"}, set()),
        ("antidepressant", {"since": "2026-03"}, {"name"}),
        ("psychotherapy", {}, set()),
        ("other_treatment", {}, {"name"}),
        ("psychotherapy", {"use": "current"}, {"use"}),
        ("no_treatment", {}, set()),
        ("no_treatment", {"name": "Sertraline"}, {"name"}),
        ("alcohol", {"use": "current", "since": "2019"}, set()),
        ("alcohol", {"use": "past"}, set()),
        ("alcohol", {"use": "none"}, set()),
        ("alcohol", {}, {"use"}),
        ("alcohol", {"use": "daily"}, {"use"}),
        ("alcohol", {"use": "none", "dose": "2 a day"}, {"dose"}),
        ("other_substance", {"use": "current"}, {"name"}),
        ("homeopathy", {}, {"kind"}),
    ],
)
def test_each_kind_asks_for_its_own_words(kind, facts, fields):
    assert wrong(kind, **facts) == fields


@pytest.mark.parametrize(
    ("since", "until", "fields"),
    [
        ("2026-03-13", "", set()),
        ("2026-03-14", "", set()),
        ("2026-03-15", "", {"since"}),
        ("2026-03", "", set()),  # the month has begun
        ("2026-04", "", {"since"}),
        ("2026", "", set()),
        ("2027", "", {"since"}),
        ("2026-02-10", "2026-02-09", {"until"}),
        ("2026-02-10", "2026-02-10", set()),
        ("2026-02-10", "2026-02", set()),  # may have ended after the 10th
        ("2026-02-10", "2026-01", {"until"}),
        ("", "2026-02", set()),
        ("soon", "later", {"since", "until"}),
    ],
)
def test_only_what_has_begun_is_recorded_and_nothing_ends_before_it_began(since, until, fields):
    assert wrong("tms", since=since, until=until) == fields


@pytest.mark.parametrize(("use", "fields"), [("current", {"until"}), ("past", set())])
def test_what_goes_on_has_no_end(use, fields):
    assert wrong("cannabis", use=use, since="2020", until="2024") == fields


def test_what_is_wrong_is_said_with_what_to_do():
    assert problems(HistoryStatement("tms", since="soon"), TODAY) == {"since": NOT_A_DATE}
