"""The cohort page: whose patients it counts, what can be chosen; reading it changes nothing."""

from datetime import timedelta

import pytest

from reports.actions import build_report, record_decision
from reports.cohort import CohortCourse, classify, followed_up, what_came_after
from reports.cohort_rows import scores_of
from reports.trends import measure_of
from surveys.actions.answer import record_old_response
from surveys.in_use import instruments_to_read
from surveys.models import Course, Event
from tests import cast, doors

pytestmark = pytest.mark.django_db
LATER = cast.START + timedelta(days=120)


def finished(course, before: int, after: int):
    """Six sessions in three weeks, one form before and one three weeks after. What would still be
    asked is not planned: outcomes are of what was answered."""
    answered(course, -1, before)
    for day in (0, 3, 7, 10, 14, 17):
        cast.treated(course, cast.START + day * cast.DAY, plan_now=False)
    answered(course, 38, after)
    return course


def answered(course, day: int, total: int) -> None:
    at = cast.START + day * cast.DAY
    record_old_response(course, "phq9", None, total, answered_at=at, by="import", now=at)


@pytest.fixture
def clinic(clock) -> None:
    """Dr Okafor treats eleven, one of them for PTSD on another protocol; Dr Lindqvist one."""
    for number in range(10):
        finished(cast.ana(code=f"B-{number}"), 20, 4 if number < 6 else 18)
    finished(cast.ana(code="B-10", indication="PTSD", protocol="six-in-two-weeks"), 20, 18)
    finished(cast.ben(), 20, 27)
    clock(LATER)


def shown(client, **chosen) -> str:
    answer = client.get("/cohort/", chosen)
    assert answer.status_code == 200
    return answer.content.decode()


def outcome(page: str, title: str) -> str:
    row = page.split(f"<b>{title}</b></td><td>")[1]
    return row.split("</td>")[0].replace("\u00a0", " ")


def test_a_clinician_sees_the_outcomes_of_their_own_patients(clinic, enter):
    page = shown(enter(cast.okafor()))
    assert outcome(page, "Response") == "6 of 11, 55 % (28 to 79)"
    assert outcome(page, "Worsening") == "0 of 11, 0 % (0 to 26)"
    assert 'name="clinician"' not in page


def test_a_lead_sees_the_clinic_and_may_choose_a_clinician(clinic, enter):
    lead = enter(cast.lead())
    assert outcome(shown(lead), "Worsening") == "1 of 12, 8 % (1 to 35)"
    theirs = shown(lead, clinician=str(cast.lindqvist().pk))
    assert outcome(theirs, "Worsening") == "1 of 1; fewer than 10: no percentage"


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"protocol": "six-then-boosters"}, "6 of 10, 60 % (31 to 83)"),
        ({"protocol": "six-in-two-weeks"}, "0 of 1; fewer than 10: no percentage"),
        ({"indication": "PTSD"}, "0 of 1; fewer than 10: no percentage"),
        ({"protocol": "", "indication": ""}, "6 of 11, 55 % (28 to 79)"),
    ],
)
def test_protocol_and_indication_can_be_chosen(clinic, enter, chosen, told):
    assert outcome(shown(enter(cast.okafor()), **chosen), "Response") == told


@pytest.mark.parametrize(
    "chosen", [{"protocol": "made-up"}, {"indication": "x"}, {"measure": "no-such"}]
)
def test_a_choice_that_does_not_exist_shows_nothing_and_says_so(clinic, enter, chosen):
    answer = enter(cast.okafor()).get("/cohort/", chosen)
    assert answer.status_code == 422
    assert "Nothing is shown." in answer.content.decode()
    assert "Response</b>" not in answer.content.decode()


def test_another_clinicians_patients_cannot_be_chosen(clinic, enter):
    page = shown(enter(cast.okafor()), clinician=str(cast.lindqvist().pk))
    assert outcome(page, "Response") == "6 of 11, 55 % (28 to 79)"


def test_reading_changes_nothing_and_is_recorded_with_every_patient_counted(clinic, enter):
    okafor = enter(cast.okafor())
    before = doors.every_row()
    shown(okafor)
    after = doors.every_row()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"surveys.Event", "surveys.ChainHead"}
    event = Event.objects.order_by("seq").last()
    assert (event.verb, event.subject, len(event.detail["patients"])) == (
        "viewed", "list:cohort", 11,
    )  # fmt: skip


def test_before_anybody_is_treated_the_page_says_so(enter):
    assert "Nobody is treated yet" in shown(enter(cast.okafor()))


def test_no_clinician_is_ranked(clinic, enter):
    """A lead may look at one clinician at a time; there is no table of them."""
    page = shown(enter(cast.lead()))
    assert page.count("P. Lindqvist") == page.count("N. Okafor") == 1  # the two options


def test_decisions_are_counted_with_what_stood_on_the_page_and_what_came_after(clock, enter):
    course = finished(cast.ana(), 20, 4)
    decided_at = cast.START + 39 * cast.DAY
    report = build_report(course, as_of=decided_at, known_at=decided_at, by="x", now=decided_at)
    record_decision(report, option="continue", reason="better", staff=cast.okafor(), now=decided_at)
    answered(course, 60, 14)
    clock(LATER)
    page = shown(enter(cast.okafor()))
    row = page.split("<b>for continue</b></td>")[1].split("</tr>")[0]
    assert "1 of 1 decision" in row
    assert "worse 1" in row
    rule = page.split('rule I3<span class="visually-hidden"> for continue</span>')[1]
    assert "1 of 1 decision" in rule.split("</tr>")[0]
    chosen = page.split("<b>continue</b></td>")[1].split("</tr>")[0]
    assert "1 of 1 decision" in chosen
    assert "worse 1" in chosen


# three answers of 0 to 10 with the sum given
PEG = {sum_: {"1": min(10, sum_), "2": min(10, max(0, sum_ - 10)), "3": max(0, sum_ - 20)}
       for sum_ in range(31)}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "response", "later", "lost", "since_then"),
    [
        # sums of three answers; PEG is their mean, and rounded 13 and 7 would be 4 and 2: half
        (13, 7, False, None, None, "better"),
        (13, 6, True, 7, True, "about the same"),
        # rounded 22 and 11 would be 7 and 4: no response
        (22, 12, False, None, None, "better"),
        (22, 11, True, 11, False, "about the same"),
        (22, 10, True, 12, True, "about the same"),
        (22, 11, True, 14, True, "worse"),  # a whole point: 1.0
    ],
)
def test_a_scale_that_is_a_mean_is_counted_in_thirds_not_rounded(
    before, after, response, later, lost, since_then
):
    """Response is half of baseline: 13 thirds need 6.5, 22 thirds need 11."""
    course = cast.ana()
    forms = [(-1, before), (38, after)] + ([(80, later)] if later else [])
    for day, total in forms:
        at = cast.START + day * cast.DAY
        record_old_response(course, "peg", PEG[total], None, answered_at=at, by="import", now=at)
    measure = measure_of(instruments_to_read()["peg"])
    points = tuple(scores_of(Course.objects.all(), as_of=LATER)[course.pk]["peg"])
    sessions = tuple(cast.START + day * cast.DAY for day in (0, 3, 7, 10, 14, 17))
    whole = CohortCourse(sessions, 6, True, points)
    found = classify([whole], measure, (14, 31), LATER)[0]
    assert found.response is response
    if later:
        assert followed_up(whole, found, measure).lost is lost
    decided_at = cast.START + (60 if later else 18) * cast.DAY
    said = what_came_after(points, decided_at, measure, (14, 42), LATER, "UTC")
    assert said == since_then
