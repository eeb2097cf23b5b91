"""A decision takes a choice, a reason and a day to look again; it keeps the evidence as seen."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from reports.models import Decision
from surveys.actions.answer import record_old_response
from surveys.models import Event
from tests import cast

pytestmark = pytest.mark.django_db
COMPLETE = {"option": "continue", "reason": "Better, not yet well.", "review_on": "2026-04-01"}


@pytest.fixture
def course():
    """Ana after two forms and two sessions."""
    course = cast.ana()
    for days, total in ((0, 18), (9, 12)):
        at = cast.START + timedelta(days=days)
        answered(course, total, at)
        cast.treated(course, at + cast.DAY)
    return course


@pytest.fixture
def okafor(enter, clock) -> Client:
    clock(cast.START + timedelta(days=12))
    return enter(cast.okafor())


def answered(course, total: int, at) -> None:
    ones = [2] * (total // 2) + [0] * (9 - total // 2)
    form = cast.phq9(*ones)
    record_old_response(course, "phq9", form, None, answered_at=at, by="import", now=at)


def opened(client: Client, course) -> str:
    """The mark of the moment at which this person opened the page."""
    page = client.get(f"/patients/{course.patient.ref}/").content.decode()
    return re.search(r'name="seen" value="([^"]+)"', page)[1]


def decide(client: Client, course, **typed):
    typed = {"seen": opened(client, course), **COMPLETE, **typed}
    return client.post(f"/patients/{course.patient.ref}/", typed)


def test_it_is_recorded_with_who_what_why_and_when_to_look_again(course, okafor):
    assert decide(okafor, course, option="taper", interval_days="21").status_code == 302
    decision = Decision.objects.get()
    assert (decision.option, decision.interval_days, decision.reason) == (
        "taper", 21, "Better, not yet well.",
    )  # fmt: skip
    assert (decision.decided_by.name, str(decision.review_on)) == ("N. Okafor", "2026-04-01")
    assert Event.objects.filter(verb="recorded decision").count() == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"option": ""}, "Choose one."),
        ({"option": "maybe"}, "Select a valid choice"),
        ({"reason": ""}, "Write the reason"),
        ({"reason": "   "}, "Write the reason"),
        ({"review_on": ""}, "Fill this in."),
        ({"review_on": "2026-03-14"}, "Choose a day after today."),
        ({"option": "taper"}, "how many days lie between sessions"),
        ({"option": "taper", "interval_days": "0"}, "greater than or equal to 1"),
        ({"option": "stop", "interval_days": "28"}, "An interval belongs to Taper only."),
    ],
)
def test_what_is_missing_is_pointed_out_and_what_was_typed_is_kept(course, okafor, typed, told):
    answer = decide(okafor, course, **{"reason": "Kept words.", **typed})
    page = answer.content.decode()
    assert (answer.status_code, Decision.objects.count()) == (422, 0)
    assert told in page
    assert "reason" in typed or "Kept words." in page


def test_nothing_is_preselected(course, okafor):
    page = okafor.get(f"/patients/{course.patient.ref}/").content.decode()
    assert page.count('type="radio" name="option"') == 4
    assert " checked" not in page


@pytest.mark.parametrize("option", ["continue", "stop", "other"])
def test_any_option_may_be_chosen_whatever_the_evidence_says(course, okafor, option):
    assert decide(okafor, course, option=option).status_code == 302
    assert Decision.objects.get().option == option


def test_the_evidence_stays_as_seen_whatever_is_answered_later(course, okafor, clock):
    decide(okafor, course)
    frozen = Decision.objects.get().evidence
    assert "12" in frozen["sentence"]
    later = cast.START + timedelta(days=20)
    answered(course, 2, later - cast.DAY)
    clock(later)
    assert "12" not in opened_sentence(okafor, course)
    assert Decision.objects.get().evidence == frozen


def opened_sentence(client: Client, course) -> str:
    page = client.get(f"/patients/{course.patient.ref}/").content.decode()
    return re.search(r'class="sentence">([^<]+)<', page)[1]


def test_it_freezes_the_page_that_was_open_not_the_weeks_report(course, okafor, clock):
    decide(okafor, course)
    clock(cast.START + timedelta(days=13))
    answered(course, 4, cast.START + timedelta(days=12, hours=12))
    sentence = opened_sentence(okafor, course)
    decide(okafor, course, reason="Changed my mind.")
    first, second = Decision.objects.order_by("decided_at")
    assert first.report == second.report
    assert second.evidence["sentence"] == sentence != first.evidence["sentence"]


def test_an_answer_that_came_in_meanwhile_is_shown_before_anything_is_recorded(
    course, okafor, clock
):
    seen = opened(okafor, course)
    now = cast.START + timedelta(days=12, hours=1)
    clock(now)
    answered(course, 16, now - cast.MINUTE)
    answer = decide(okafor, course, seen=seen)
    assert (answer.status_code, Decision.objects.count()) == (409, 0)
    assert "New answers came in after you opened this page" in answer.content.decode()
    assert decide(okafor, course).status_code == 302


def test_pressing_twice_records_once(course, okafor):
    seen = opened(okafor, course)
    for _ in range(2):
        assert decide(okafor, course, seen=seen).status_code == 302
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("seen", ["", "made up", "1 2026-03-01T00:00:00+00:00:forged"])
def test_a_mark_that_was_not_ours_counts_as_opened_now(course, okafor, seen):
    assert decide(okafor, course, seen=seen).status_code == 302
    assert Decision.objects.get().evidence["as_of"].startswith("2026-03-14")


def test_a_stored_report_is_shown_byte_for_byte_under_a_strict_policy(course, okafor):
    decide(okafor, course)
    report = Decision.objects.get().report
    answer = okafor.get(f"/patients/{course.patient.ref}/reports/{report.number}/")
    policy = answer["Content-Security-Policy"]
    assert answer.content.decode() == report.html
    assert "'unsafe-inline'" not in policy
    assert re.search(r"style-src 'self' 'sha256-[A-Za-z0-9+/]{43}='", policy)


def test_the_pdf_is_the_stored_one_and_is_not_kept_by_the_browser(course, okafor):
    decide(okafor, course)
    report = Decision.objects.get().report
    answer = okafor.get(f"/patients/{course.patient.ref}/reports/{report.number}.pdf")
    assert (answer.content, answer["Content-Type"]) == (bytes(report.pdf), "application/pdf")
    assert answer["Cache-Control"] == "no-store"


def test_the_page_gives_no_verdict_and_no_probability(course, okafor):
    page = okafor.get(f"/patients/{course.patient.ref}/").content.decode().lower()
    forbidden = ("we recommend", "recommended option", "probability", "no risk", "low risk")
    assert [words for words in forbidden if words in page] == []
