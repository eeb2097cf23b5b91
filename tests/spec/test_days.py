"""Chapter: days are counted on the patient's calendar, everywhere on a page in the same way.

Not in spans of 24 hours, rounded here and cut off there: the evening before is one day ago.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.evidence import shipped_rules
from reports.facts import SessionFact, days_between
from reports.page import build_page
from reports.trends.columns import calendar_days, times_of
from surveys.instrument import shipped_instruments
from tests.reports.pieces import course, form

DENVER, LONDON, APIA = "America/Denver", "Europe/London", "Pacific/Apia"


def at(zone, text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


CASES = pytest.mark.parametrize(
    ("zone", "earlier", "later", "days"),
    [
        (DENVER, "2026-06-01T09:00", "2026-06-01T23:59", 0),
        (DENVER, "2026-06-01T23:59", "2026-06-02T00:01", 1),  # two minutes, over midnight
        (DENVER, "2026-06-01T00:01", "2026-06-02T23:59", 1),  # nearly two times 24 hours
        (DENVER, "2026-06-01T20:00", "2026-06-08T08:00", 7),  # 6.5 times 24 hours
        # clocks go forward on 8 March 2026 and back on 1 November
        (DENVER, "2026-03-07T12:00", "2026-03-08T12:00", 1),  # 23 hours
        (DENVER, "2026-03-07T23:30", "2026-03-08T00:15", 1),
        (DENVER, "2026-02-22T09:00", "2026-03-22T09:00", 28),
        (DENVER, "2026-11-01T00:30", "2026-11-01T23:30", 0),  # 24 hours, one date
        (DENVER, "2026-10-31T09:00", "2026-11-01T09:00", 1),  # 25 hours
        (LONDON, "2026-03-28T23:30", "2026-03-29T23:30", 1),
        (LONDON, "2026-10-25T00:30", "2026-10-25T23:45", 0),  # 24.25 hours, one date
        # 30 December 2011 is not on the calendar of Samoa: it is a date, no day that was lived
        (APIA, "2011-12-29T12:00", "2011-12-31T12:00", 2),
    ],
)


@CASES
def test_from_one_date_to_another(zone, earlier, later, days):
    one, other = at(zone, earlier), at(zone, later)
    assert days_between(one, other, zone) == days
    assert days_between(other, one, zone) == -days


@CASES
def test_a_whole_clinic_at_once_is_counted_in_the_same_way(zone, earlier, later, days):
    one, other = at(zone, earlier), at(zone, later)
    first, second = calendar_days(times_of([[one, other]]), [zone]).tolist()
    assert second - first == days


def test_the_same_instants_are_other_days_where_the_clocks_differ():
    """From 22:00 to 02:00 in Denver is one evening in Los Angeles only until midnight there."""
    one, other = at(DENVER, "2026-06-01T22:00"), at(DENVER, "2026-06-02T00:30")
    zones = {zone: days_between(one, other, zone) for zone in (DENVER, "America/Los_Angeles")}
    assert zones == {DENVER: 1, "America/Los_Angeles": 0}


# Eight forms in remission, the session of the evening of 7 March, the clocks of the 8th.
FORMS = ("02-13", "02-20", "02-27", "03-06", "03-11", "03-18", "03-25")


def after_an_evening(as_of):
    """Six sessions, the last on Saturday 7 March at 20:30; one form before, seven around it."""
    facts = course([(5, 20)], [], 6)
    given = ("01-20", "01-23", "01-27", "01-30", "02-03", "02-06", "02-21", "03-07")
    sessions = [
        SessionFact(day, at(DENVER, f"2026-{day}T20:30"), "done", "IV", 0.5) for day in given
    ]
    before = [replace(form(n, 20), answered_at=at(DENVER, f"2026-01-{n}T10:00")) for n in (12, 19)]
    after = [
        replace(form(100 + n, 4), answered_at=at(DENVER, f"2026-{day}T07:00"))
        for n, day in enumerate(FORMS)
    ]
    return replace(
        facts, forms=(*before, *after), sessions=tuple(sessions), occurrences=None, as_of=as_of,
        known_at=as_of,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "days"),
    [
        ("2026-03-27T23:59", 20),
        ("2026-03-28T00:01", 21),
        ("2026-03-28T06:00", 21),  # 20.4 times 24 hours
        ("2026-03-28T23:59", 21),  # 21.1
    ],
)
def test_every_place_of_a_page_counts_the_same_days_since_the_last_session(as_of, days):
    page = build_page(after_an_evening(at(DENVER, as_of)), shipped_instruments(), shipped_rules())
    figures = {figure.label: figure for figure in page.figures}
    assert figures["Sessions"].note == f"{days} days ago; none planned"
    assert figures["Interval"].value == f"{days} days, none booked"
    assert figures["Interval"].note == "before, 14 days"
    assert page.intervals[-1].length == f"{days} d so far, 0.5"
    assert page.chart.so_far == f"{days} so far"
    (need,) = [n.text for n in page.options[1].column.not_met if n.rule == "T1"]
    assert need.endswith(f"Last: 4 then 4; {days} days since the last session, none booked.")


def test_every_place_of_a_page_counts_the_same_days_from_a_session_to_a_form():
    """The form of 25 March, 07:00, after the session of 7 March, 20:30: 17.4 times 24 hours."""
    page = build_page(
        after_an_evening(at(DENVER, "2026-03-28T06:00")), shipped_instruments(), shipped_rules()
    )
    assert [row.answered for row in page.forms.rows] == [
        "11 Mar, day 4", "18 Mar, day 11", "25 Mar, day 18",
    ]  # fmt: skip
    assert page.intervals[-1].crossed == "not by day 18"
    assert [day for day, _ in page.intervals[-1].interval.points] == [4, 11, 18]
    assert page.intervals[-1].effect == "no change"  # the form of day 4 is in the days that count
    assert [span.text for span in page.chart.apart] == ["3–4", "15", "14"]


def test_a_gap_that_no_session_is_booked_to_end_is_called_no_interval():
    unbooked = after_an_evening(at(DENVER, "2026-04-08T09:00"))
    coming = SessionFact("next", at(DENVER, "2026-04-11T20:30"), "planned", "IV")
    booked = replace(unbooked, sessions=(*unbooked.sessions, coming))
    open_end, closed = everything_said(unbooked), everything_said(booked)
    assert "in a row below 5, 32 days since the last session, none booked." in open_end
    assert "The interval before, 14 days, may be closer than needed." in open_end
    assert not re.search(r"at \d+ days|present interval|days at this interval\.", open_end)
    assert "in a row below 5, at 35 days." in closed
    assert "The present interval, 35 days, may be closer than needed." in closed
    assert "none booked" not in closed


def everything_said(facts):
    page = build_page(facts, shipped_instruments(), shipped_rules())
    return " ".join(one.text for one in page.traced)
