"""A patient's own totals, after sending, where the clinic allows them: numbers and no verdict."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from surveys import settings as shipped
from surveys.actions import answer
from surveys.models import Alert
from tests import cast, doors

NOW = cast.START
TITLE = "Your own totals"
VERDICTS = ("mild", "moderate", "severe", "remission", "depress", "better than", "worse than")


@pytest.fixture(autouse=True)
def allowed_by_the_clinic(settings):
    settings.SHOW_SCORES = True


@pytest.fixture
def calm(occurrence):
    """Everything "several days", question 9 "not at all": PHQ-9 8, GAD-7 7."""
    forms = answer.instruments_of(occurrence)
    return doors.filled(occurrence, forms, choice=1) | {"phq9.9": "0"}


def before(course, days: int, *values: int, mode: str = "import") -> None:
    """A form of so many days ago."""
    response = answer.record_old_response(
        course, "phq9", cast.phq9(*values), None,
        answered_at=NOW - timedelta(days=days), by="test", now=NOW,
    )  # fmt: skip
    type(response).objects.filter(pk=response.pk).update(mode=mode)


def thanks(browser: Client, posted: dict) -> str:
    return browser.post("/s/", posted, follow=True).content.decode()


def rows(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<th scope="row">(.*?)</th>\s*<td[^>]*>(.*?)</td>', page)
    return [(day.strip(), points.strip()) for day, points in found]


def test_each_questionnaire_has_its_totals_the_newest_first(secret, course, calm):
    before(course, 7, 2, 2, 2, 2, 2, 2, 2, 2, 0, mode="web")
    before(course, 14, 3, 3, 3, 3, 3, 3, 3, 3, 1, mode="paper")
    page = thanks(doors.opened(secret), calm)
    assert rows(page) == [
        ("Monday 2 March", "8"),
        ("Monday 23 February", "16"),
        ("Monday 16 February", "25"),
        ("Monday 2 March", "7"),
    ]
    assert page.count("A higher number means more trouble with what was asked.") == 2
    assert "From 0 to 27." in page
    assert "From 0 to 21." in page


def test_it_says_no_more_than_numbers(secret, calm):
    page = thanks(doors.opened(secret), calm)
    part = page[page.index('<section class="card totals"') : page.index("Please don’t wait")]
    assert [word for word in VERDICTS if word in part.lower()] == []


def test_a_clinic_that_has_not_said_yes_shows_none(secret, calm, settings):
    settings.SHOW_SCORES = False
    assert TITLE not in thanks(doors.opened(secret), calm)


def test_it_is_off_unless_the_clinic_says_so():
    assert shipped.SHOW_SCORES is False


def test_nothing_where_somebody_is_told(secret, calm):
    page = thanks(doors.opened(secret), calm | {"phq9.9": "1"})
    assert Alert.objects.count() == 1
    assert TITLE not in page
    assert "<table" not in page


def test_nothing_where_somebody_is_told_of_what_was_kept_before(secret, occurrence, calm):
    browser = doors.opened(secret)
    browser.post("/s/", {"form": str(occurrence.ref), "phq9.9": "2", "send": "later"})
    calm.pop("phq9.9")
    page = thanks(doors.opened(secret), calm | {"pointed_out": "yes"})
    assert Alert.objects.filter(unsent=occurrence).count() == 1
    assert TITLE not in page


@pytest.mark.parametrize("mode", ["import", "import_total", "rated"])
def test_what_was_not_answered_here_is_left_out(secret, course, calm, mode):
    before(course, 7, 2, 2, 2, 2, 2, 2, 2, 2, 0, mode=mode)
    assert [points for _, points in rows(thanks(doors.opened(secret), calm))] == ["8", "7"]


@pytest.mark.parametrize(("left_open", "shown"), [(1, "about 8"), (2, "about 8"), (3, None)])
def test_questions_left_open_are_said_and_never_a_zero(secret, calm, left_open, shown):
    for number in range(left_open):
        calm.pop(f"phq9.{number + 1}")
    page = thanks(doors.opened(secret), calm | {"pointed_out": "yes"})
    if shown is None:
        assert rows(page) == [("Monday 2 March", "7")]
    else:
        assert rows(page)[0] == ("Monday 2 March", shown)


def test_a_time_without_a_total_stands_between_the_others(secret, course, calm):
    before(course, 7, 2, None, None, None, 2, 2, 2, 2, 0, mode="web")
    page = thanks(doors.opened(secret), calm)
    assert rows(page)[1] == ("Monday 23 February", "not added up, as questions were left open")


@pytest.mark.parametrize(("minutes", "shown"), [(14, True), (15, False)])
def test_the_page_left_open_soon_shows_none(secret, calm, clock, minutes, shown):
    browser = doors.opened(secret)
    thanks(browser, calm)
    clock(NOW + timedelta(minutes=minutes))
    assert (TITLE in browser.get("/s/thanks/").content.decode()) is shown


def test_whoever_else_holds_the_link_is_thanked_and_shown_none(secret, calm):
    somebody = doors.opened(secret)
    assert TITLE in thanks(doors.opened(secret), calm)
    page = thanks(somebody, calm)
    assert "Your answers are saved" in page
    assert TITLE not in page


@pytest.mark.parametrize(("days", "shown"), [(181, 2), (182, 1)])
def test_they_reach_back_half_a_year(secret, course, calm, days, shown):
    before(course, days, 2, 2, 2, 2, 2, 2, 2, 2, 0, mode="web")
    page = thanks(doors.opened(secret), calm)
    assert len([points for _, points in rows(page) if points != "7"]) == shown
