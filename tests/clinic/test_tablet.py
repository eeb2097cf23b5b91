"""Answers given on the clinic's tablet: handed over by staff, filled in by the patient alone."""

import re
from datetime import timedelta

import pytest

from flows import alert as alert_flow
from surveys.actions.answer import instruments_of
from surveys.actions.collect import TABLET_FOR, hand_over
from surveys.actions.enrol import set_status
from surveys.models import Alert, Draft, Event, Handover, Message, Occurrence, Response
from tests import cast
from tests.clinic.collected import answers, outside, page
from tests.doors import filled

pytestmark = pytest.mark.django_db


def handed(client, course, form) -> object:
    return client.post(page(course, "tablet"), {"form": form})


def test_handing_over_ends_the_sign_in_and_opens_one_form(hers, course):
    row = cast.due(course, "baseline", now=cast.START)
    answer = handed(hers, course, str(row.ref))
    assert answer["Location"] == "/s/tablet/"
    assert answer["Clear-Site-Data"] == '"cache"'
    for clinic_page in ("/week/", page(course, "patient"), page(course, "contact")):
        assert hers.get(clinic_page)["Location"].startswith("/sign-in/")
    shown = hers.get("/s/tablet/").content.decode()
    assert "17 questions" in shown
    assert "Stop these mails" not in shown
    assert 'href="/' not in shown.replace('href="/static/', "")
    assert Event.objects.filter(verb="handed over", by=f"staff:{course.patient.clinician.pk}")


def test_the_answers_are_the_patients_own(hers, course):
    row = cast.due(course, "baseline", now=cast.START)
    handed(hers, course, str(row.ref))
    hers.post("/s/tablet/", filled(row, instruments_of(row), 1))
    kept = {(one.mode, one.entered_by) for one in row.responses.all()}
    assert kept == {("kiosk", f"patient:{course.patient_id}")}
    assert Handover.objects.get().ended_at is not None


def test_afterwards_the_tablet_shows_thanks_and_no_form(hers, course):
    handed(hers, course, outside())
    for _ in range(2):
        answer = hers.post("/s/tablet/", answers(), follow=True)
        assert "Please give the tablet back" in answer.content.decode()
    assert Response.objects.count() == 1
    assert hers.get("/s/tablet/", follow=True).redirect_chain[-1][0] == "/s/tablet/done/"


@pytest.mark.parametrize(
    ("then", "differs", "alerts"),
    [({}, False, 0), ({"phq9.1": "3"}, True, 0), ({"phq9.9": "1"}, True, 1)],
)
def test_sent_again_from_another_tab_of_the_tablet_the_first_answers_stand(
    hers, course, then, differs, alerts
):
    handed(hers, course, outside())
    hers.post("/s/tablet/", answers())
    shown = hers.post("/s/tablet/", answers() | then, follow=True).content.decode()
    assert ("does not replace them" in shown) == differs
    assert "Please give the tablet back" in shown
    assert Response.objects.count() == 1
    assert Alert.objects.count() == alerts, "question 9, endorsed only now, is told"
    assert ("We are telling someone now" in shown) == bool(alerts)


def test_a_form_left_open_in_another_tab_is_not_taken_for_the_next_patient(hers, course, enter):
    handed(hers, course, outside())
    left = re.search(r'name="form" value="([^"]+)"', hers.get("/s/tablet/").content.decode())[1]
    ben = cast.ben()
    hers.cookies.update(enter(ben.patient.clinician).cookies)
    handed(hers, ben, outside())
    answer = hers.post("/s/tablet/", answers() | {"form": left})
    assert (answer.status_code, Response.objects.count()) == (404, 0)
    assert "These answers were not saved." in answer.content.decode()


def test_what_a_patient_answers_on_a_form_withdrawn_meanwhile_is_kept_and_told(hers, course):
    row = cast.due(course, "baseline", now=cast.START)
    handed(hers, course, str(row.ref))
    set_status(course.patient, "discharged", by="desk", now=cast.START)
    form = filled(row, instruments_of(row), 1) | {"phq9.9": "1"}
    shown = hers.post("/s/tablet/", form, follow=True).content.decode()
    assert "We are telling someone now" in shown
    assert Alert.objects.get().response.mode == "kiosk"


@pytest.mark.parametrize(("item_nine", "told"), [("0", 0), ("1", 1)])
def test_question_nine_on_a_tablet_given_back_with_a_question_open_is_told(
    hers, course, item_nine, told
):
    row = cast.due(course, "baseline", now=cast.START)
    handed(hers, course, str(row.ref))
    form = filled(row, instruments_of(row), 0) | {"phq9.9": item_nine}
    del form["phq9.1"]
    hers.post("/s/tablet/", form)
    for minutes in (14, 15, 60):
        alert_flow.run_once(cast.START + minutes * cast.MINUTE)
        assert Alert.objects.filter(unsent=row).count() == (told if minutes >= 15 else 0)
    assert Draft.objects.count() == told
    assert not Response.objects.exists()


@pytest.mark.parametrize(("item_nine", "told"), [("0", 0), ("declined", 0), ("1", 1), ("3", 1)])
def test_question_nine_is_told_of_a_form_outside_the_plan_too(hers, course, item_nine, told):
    handed(hers, course, outside())
    form = answers(item_nine=item_nine)
    del form["phq9.1"]
    for _ in range(2):
        hers.post("/s/tablet/", form)
    alert_flow.run_once(cast.START + 14 * cast.MINUTE)
    assert not Alert.objects.exists()
    alert_flow.run_once(cast.START + 15 * cast.MINUTE)
    rows = Occurrence.objects.filter(rule="unplanned")
    assert [alert.unsent for alert in Alert.objects.all()] == list(rows)
    assert [row.state for row in rows] == ["skipped"] * told, "never mailed"
    assert not Message.objects.exclude(kind="alert").exists()
    assert not Response.objects.exists()


def test_a_form_outside_the_plan_with_a_question_open_is_still_sent_from_that_tablet(hers, course):
    handed(hers, course, outside())
    hers.post("/s/tablet/", {"phq9.9": "2"})
    hers.post("/s/tablet/", answers(item_nine=2))
    row = Occurrence.objects.get(rule="unplanned")
    assert (row.state, row.ordinal) == ("answered", 1)
    assert Alert.objects.get().response.occurrence == row
    assert not Draft.objects.exists()


def test_left_open_on_the_tablet_it_is_offered_again_as_what_it_is(hers, course, enter):
    handed(hers, course, outside())
    hers.post("/s/tablet/", {"phq9.9": "2"})
    row = Occurrence.objects.get(rule="unplanned")
    shown = enter(course.patient.clinician).get(page(course, "collect")).content.decode()
    line, named, _ = shown.partition(str(row.ref))
    assert named
    assert "; outside the plan</span>" in line.rpartition("<tr>")[2]


def test_that_somebody_is_told_is_said_for_two_minutes(hers, course, clock):
    handed(hers, course, outside())
    answer = hers.post("/s/tablet/", answers(item_nine=2), follow=True)
    assert "We are telling someone now" in answer.content.decode()
    assert Alert.objects.count() == 1
    clock(cast.START + 2 * cast.MINUTE)
    assert "telling someone" not in hers.get("/s/tablet/done/").content.decode()


@pytest.mark.parametrize(
    ("after", "opens"), [(TABLET_FOR - cast.MINUTE, True), (TABLET_FOR, False)]
)
def test_it_closes_by_itself(hers, course, clock, after: timedelta, opens):
    handed(hers, course, outside())
    clock(cast.START + after)
    shown = hers.get("/s/tablet/")
    assert (shown.status_code == 200) is opens
    told = hers.post("/s/tablet/", answers(), follow=True).content.decode()
    assert Response.objects.exists() is opens
    assert ("These answers were not saved." in told) is not opens


def test_left_lying_the_page_goes_by_itself(hers, course):
    handed(hers, course, outside())
    assert hers.get("/s/tablet/")["Refresh"] == "1800;url=/s/tablet/"


def test_a_second_tablet_ends_the_first(course):
    by, now = "staff:1", cast.START
    first = hand_over(course, None, "weekly", by=by, now=now)
    hand_over(course, None, "weekly", by=by, now=now + cast.MINUTE)
    first.refresh_from_db()
    assert first.ended_at == now + cast.MINUTE


def test_without_a_tablet_there_is_no_form(client):
    assert client.get("/s/tablet/").status_code == 404
    assert client.post("/s/tablet/", answers()).status_code == 404


def test_the_front_desk_hands_over_and_does_not_type(course, enter):
    desk = enter(cast.ruiz())
    shown = desk.get(page(course, "collect")).content.decode()
    assert "Hand over" in shown
    assert "Read over the phone" not in shown
    assert handed(desk, course, outside()).status_code == 303
