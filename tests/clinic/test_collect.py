"""Answers given over the phone and on paper. The same form and rules as at the patient's door."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from surveys import in_use
from surveys.actions import answer
from surveys.actions.answer import instruments_of, submit
from surveys.actions.enrol import set_status
from surveys.models import Alert, Message, Occurrence, Response
from tests import cast
from tests.clinic.collected import answers, outside, page, typed
from tests.doors import every_row, filled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("mode", ["phone", "paper"])
def test_a_planned_form_is_stored_with_its_mode_and_who_typed_it(hers, course, mode):
    row = cast.due(course, "baseline", now=cast.START)
    form = filled(row, instruments_of(row), 1) | {"on": "2026-03-02"}
    hers.post(typed(course, mode, str(row.ref)), form)
    row.refresh_from_db()
    assert row.state == "answered"
    kept = {(one.mode, one.entered_by) for one in row.responses.all()}
    assert kept == {(mode, f"staff:{course.patient.clinician.pk}")}


def test_a_form_outside_the_plan_has_a_number_of_its_own_and_was_never_open(hers, course, clock):
    for day in (0, 1):
        clock(cast.START + day * cast.DAY)
        hers.post(typed(course, "phone", outside()), answers())
    rows = Occurrence.objects.filter(rule="unplanned").order_by("ordinal")
    assert [(row.ordinal, row.state, row.sent_at) for row in rows] == [
        (1, "answered", None), (2, "answered", None)
    ]  # fmt: skip
    assert not Message.objects.exists()


def test_a_paper_of_the_day_of_enrolment_is_not_from_before_it(enter, clock):
    evening = cast.START + 8 * cast.HOUR
    course = cast.ana(now=evening)
    hers = enter(course.patient.clinician)
    clock(evening + cast.HOUR)
    hers.post(typed(course, "paper", outside()), answers(on="2026-03-02"))
    assert Response.objects.get().answered_at == evening


def test_pressing_twice_records_once(hers, course):
    form = outside()
    for _ in range(2):
        hers.post(typed(course, "phone", form), answers(item_nine=1))
    assert Response.objects.count() == 1
    assert Alert.objects.count() == 1


def test_the_next_form_keeps_its_distance_from_one_outside_the_plan(hers, course, clock):
    cast.treated(course, cast.START)
    weekly = course.occurrences.get(rule="weekly", ordinal=1)
    before = weekly.due_at
    now = before - 2 * cast.DAY
    clock(now)
    hers.post(typed(course, "phone", outside()), answers())
    weekly.refresh_from_db()
    assert weekly.due_at - now >= timedelta(days=5, hours=23), "six days, patient's calendar"
    assert weekly.due_at > before


def test_while_a_form_is_open_the_same_one_is_not_offered_outside_the_plan(hers, course):
    cast.due(course, "baseline", now=cast.START)
    shown = hers.get(page(course, "collect")).content.decode()
    assert "First check-in</b>" in shown
    assert shown.count("First check-in</b>") == 1
    assert "outside the plan" in shown


@pytest.mark.parametrize(
    ("on", "problem"),
    [
        ("2026-03-03", "This is in the future."),
        ("2026-03-01", "This is before the enrolment."),
        ("", "Fill this in."),
    ],
)
def test_a_paper_of_an_impossible_day_is_refused_and_what_was_typed_stays(
    hers, course, on, problem
):
    answer = hers.post(typed(course, "paper", outside()), answers(on=on))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert problem in shown
    assert shown.count(" checked>") == 10
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("on", "answered_at"),
    [
        ("2026-03-02", cast.START + 3 * cast.HOUR),  # noon, on the day of enrolment
        ("2026-03-04", cast.START + 2 * cast.DAY + 3 * cast.HOUR),  # noon there
        ("2026-03-05", cast.START + 3 * cast.DAY),  # today, and it is not noon yet
    ],
)
def test_a_paper_counts_for_its_day(hers, course, clock, on, answered_at):
    clock(cast.START + 3 * cast.DAY)
    hers.post(typed(course, "paper", outside()), answers(on=on))
    row = Response.objects.get()
    assert (row.answered_at, row.recorded_at) == (answered_at, cast.START + 3 * cast.DAY)


def test_the_same_paper_typed_in_again_is_recorded_once(hers, course, clock):
    clock(cast.START + 3 * cast.DAY)
    for _ in range(2):
        answer = hers.post(typed(course, "paper", outside()), answers(on="2026-03-04"), follow=True)
    assert "These very answers are recorded already" in answer.content.decode()
    assert Response.objects.count() == 1
    assert Occurrence.objects.filter(rule="unplanned").count() == 1


@pytest.mark.parametrize(("item_nine", "alerts"), [(0, 0), (1, 1), (3, 1)])
def test_a_second_paper_of_a_day_is_kept_and_its_item_nine_read(
    hers, course, clock, item_nine, alerts
):
    clock(cast.START + 3 * cast.DAY)
    for nine, choice in ((0, 1), (item_nine, 2)):
        form = answers(choice=choice, item_nine=nine, on="2026-03-04")
        hers.post(typed(course, "paper", outside()), form)
    noon = cast.START + 2 * cast.DAY + 3 * cast.HOUR
    first, second = Response.objects.order_by("pk")
    assert (first.answered_at, second.answered_at) == (noon, noon + timedelta(seconds=1))
    assert list(Alert.objects.values_list("response", flat=True)) == [second.pk] * alerts


def test_a_clock_that_stands_still_keeps_no_answer_out(hers, course):
    """Two calls at one instant: stored both, the second a second later."""
    for choice in (1, 2):
        hers.post(typed(course, "phone", outside()), answers(choice=choice, item_nine=choice - 1))
    at = Response.objects.order_by("pk").values_list("answered_at", flat=True)
    assert list(at) == [cast.START, cast.START + timedelta(seconds=1)]
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(("item_nine", "alerts"), [(0, 0), (1, 1)])
def test_a_form_withdrawn_while_it_was_typed_is_kept_outside_the_plan(
    hers, course, item_nine, alerts
):
    row = cast.due(course, "baseline", now=cast.START)
    set_status(course.patient, "discharged", by="desk", now=cast.START)
    form = filled(row, instruments_of(row), 1) | {"phq9.9": str(item_nine)}
    for _ in range(2):
        hers.post(typed(course, "phone", str(row.ref)), form)
    row.refresh_from_db()
    kept = Occurrence.objects.get(rule="unplanned")
    assert (row.state, kept.state, kept.title) == ("cancelled", "answered", row.title)
    assert kept.responses.count() == len(row.instruments)
    assert Alert.objects.count() == alerts


def test_a_form_answered_by_mail_while_the_paper_was_typed_is_kept_beside_it(hers, course, clock):
    row = cast.due(course, "baseline", now=cast.START)
    by = f"patient:{course.patient_id}"
    mailed = {one.id: {item.code: 0 for item in one.items} for one in instruments_of(row)}
    submit(row, mailed, mode="web", by=by, now=cast.START)
    clock(cast.START + cast.MINUTE)
    paper = filled(row, instruments_of(row), 1) | {"phq9.9": "1"}
    for _ in range(2):
        hers.post(typed(course, "phone", str(row.ref)), paper)
    assert Response.objects.filter(instrument="phq9").count() == 2
    assert Alert.objects.get().response.mode == "phone"


def test_the_rules_are_the_patients_own(hers, course):
    """Nothing at all is no answer; open questions are pointed out once; item 9 stays raw."""
    form = typed(course, "phone", outside())
    assert " checked>" not in hers.get(form).content.decode()
    assert hers.post(form, {}).status_code == 422
    some = {"phq9.1": "1"}
    assert "Still open" in hers.post(form, some).content.decode()
    assert not Response.objects.exists()
    hers.post(form, some | {"pointed_out": "yes"})
    assert Response.objects.get().answers["9"] is None


@pytest.mark.parametrize("mode", ["phone", "paper"])
def test_an_endorsed_item_nine_tells_whoever_types_at_once(hers, course, mode):
    answer = hers.post(
        typed(course, mode, outside()), answers(item_nine=1, on="2026-03-02"), follow=True
    )
    alert = Alert.objects.get()
    shown = answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("alert", args=[alert.pk])
    assert f"Alert {alert.pk}" in shown
    assert ("The person is on the line now." in shown) is (mode == "phone")
    assert ('href="tel:988"' in shown) is (mode == "phone")


@pytest.mark.parametrize("form", ["nonsense", "weekly.nonsense", f"hourly.{UUID(int=1)}"])
def test_a_form_nobody_has_is_not_there(hers, course, form):
    assert hers.get(typed(course, "phone", form)).status_code == 404
    assert hers.post(page(course, "tablet"), {"form": form}).status_code == 404


def test_another_patients_form_is_not_there(hers, course):
    bens = cast.due(cast.ben(), "baseline", now=cast.START)
    assert hers.get(typed(course, "phone", str(bens.ref))).status_code == 404


def test_looking_changes_nothing(hers, course):
    cast.due(course, "baseline", now=cast.START)
    before = every_row()
    hers.get(page(course, "collect"))
    hers.get(typed(course, "paper", outside()))
    after = every_row()
    for table in ("surveys.Event", "surveys.ChainHead"):
        before.pop(table)
        after.pop(table)
    assert before == after


@pytest.mark.parametrize(("item_nine", "told"), [("0", 0), ("declined", 0), ("2", 1)])
def test_question_nine_of_a_questionnaire_switched_off_while_it_is_read_aloud_is_told(
    hers, course, monkeypatch, item_nine, told
):
    row = cast.due(course, "baseline", now=cast.START)
    form = filled(row, instruments_of(row), 0) | {"phq9.9": item_nine}
    asked = {id_: one for id_, one in in_use.instruments_to_ask().items() if id_ != "phq9"}
    monkeypatch.setattr(answer, "instruments_to_ask", lambda: asked)
    place = typed(course, "phone", str(row.ref))
    rest = {name: value for name, value in form.items() if name.startswith("gad7")}
    back = hers.post(place, {**form, "gad7.7": ""}).content.decode()
    still_said = dict(re.findall(r'type="hidden" name="(phq9\.\w+)" value="(\w+)"', back))
    assert still_said == {"phq9.9": item_nine}
    after = hers.post(place, {**rest, **still_said})["Location"]
    assert [one.instrument for one in Response.objects.all()] == ["gad7"]
    assert [f"/alerts/{one.pk}/" for one in Alert.objects.filter(unsent=row)] == [after] * told
