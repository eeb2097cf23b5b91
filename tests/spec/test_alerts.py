"""A positive question 9: one alert, in one transaction, repeated until a person takes it on."""

import pytest
from django.db import transaction

from flows import alert as alert_flow
from reports.clinic.to_reach import to_reach
from surveys import events
from surveys.actions import alert as alerts
from surveys.actions import answer, mail
from surveys.actions.alert import acknowledge, close, due_alerts, notify
from surveys.actions.answer import StillBlank, record_old_response, submit
from surveys.actions.leave import stop_mails
from surveys.actions.mail import LEASE
from surveys.mail.transports import Outcome
from surveys.models import Alert, Message, Occurrence, Response, Score, Staff
from surveys.scoring import AnswerError
from surveys.states import IllegalMove
from tests.cast import DAY, HOUR, MINUTE, START, ana, due, lead, lindqvist, okafor, phq9, ruiz

pytestmark = pytest.mark.django_db
NOW = START + HOUR


@pytest.fixture
def weekly() -> Occurrence:
    """A survey with PHQ-9 that is open for Ana now."""
    return due(ana(), "baseline", now=NOW)


def answered(occurrence: Occurrence, item9, *, now=NOW, **others):
    forms = {"phq9": phq9(0, 0, 0, 0, 0, 0, 0, 0, item9), **others}
    return submit(occurrence, forms, mode="web", by="patient", now=now)


@pytest.mark.parametrize(
    ("item9", "alert"),
    [(0, False), (1, True), (2, True), (3, True), ("declined", False), (None, False)],
)
def test_item_9_from_1_up_makes_exactly_one_alert(weekly, item9, alert):
    assert bool(answered(weekly, item9).alert) is alert
    assert Alert.objects.count() == int(alert)


@pytest.mark.parametrize(
    ("item9", "call"), [(0, False), (2, False), ("declined", True), (None, True)]
)
def test_question_9_left_open_is_a_call_for_a_clinician_never_a_zero(weekly, item9, call):
    answered(weekly, item9)
    why = [one.why for one in to_reach([weekly.course.patient])]
    assert ("Left a question open that a clinician should ask" in why) is call


def test_item_9_alerts_even_when_no_total_can_be_given(weekly):
    forms = {"phq9": phq9(None, None, None, None, None, None, None, None, 1, function=None)}
    assert submit(weekly, forms, mode="web", by="patient", now=NOW).alert
    assert Score.objects.get(response__instrument="phq9").total is None


def test_a_second_submit_changes_nothing(weekly):
    first = answered(weekly, 2)
    second = answered(weekly, 0, now=NOW + MINUTE)
    assert second.again
    assert [row.pk for row in second.responses] == [row.pk for row in first.responses]
    assert Alert.objects.count() == 1


def test_answers_score_alert_mail_and_event_commit_together_or_not_at_all(weekly, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("power cut")

    monkeypatch.setattr(answer, "_close", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        answered(weekly, 3)
    for table in (Response, Score, Alert, Message):
        assert not table.objects.exists()
    assert events.first_broken() is None


def test_an_empty_form_is_no_answer(weekly):
    with pytest.raises(StillBlank):
        submit(weekly, {"phq9": phq9(None, function=None)}, mode="web", by="patient", now=NOW)
    assert not Response.objects.exists()


def test_an_answer_the_form_does_not_offer_is_refused_and_nothing_is_stored(weekly):
    with pytest.raises(AnswerError):
        submit(weekly, {"phq9": phq9(4)}, mode="web", by="patient", now=NOW)
    assert not Response.objects.exists()


def test_a_late_answer_is_stored_marked_late_and_still_alerts(weekly):
    submitted = answered(weekly, 1, now=weekly.closes_at)
    assert submitted.alert
    assert all(response.late for response in submitted.responses)


@pytest.mark.parametrize(("days_old", "pages"), [(0, True), (13, True), (14, False), (400, False)])
def test_an_imported_positive_item_9_alerts_and_pages_only_while_fresh(days_old, pages):
    course = ana()
    record_old_response(
        course, "phq9", phq9(0, 0, 0, 0, 0, 0, 0, 0, 2), None,
        answered_at=NOW - days_old * DAY, by="import", now=NOW,
    )  # fmt: skip
    alert = Alert.objects.get()
    assert (alert.state, bool(alert.next_notice_at)) == ("open", pages)
    assert Message.objects.filter(kind="alert").exists() is pages


def test_the_on_call_clinician_is_told_then_their_backup_then_everybody(weekly):
    okafor(), lindqvist(), ruiz(), lead()
    alert = answered(weekly, 2).alert
    told = {}
    for minutes in range(100):
        now = NOW + minutes * MINUTE
        for pk in due_alerts(now=now):
            before = set(Message.objects.filter(state="accepted").values_list("pk", flat=True))
            notify(pk, by="system", now=now)
            new = Message.objects.filter(state="accepted").exclude(pk__in=before)
            told[minutes] = sorted(message.staff.name for message in new)
    assert told == {
        0: ["N. Okafor"],
        15: ["M. Haddad", "N. Okafor"],
        30: ["M. Haddad", "N. Okafor", "P. Lindqvist"],
        60: ["M. Haddad", "N. Okafor", "P. Lindqvist"],
        90: ["M. Haddad", "N. Okafor", "P. Lindqvist"],
    }
    alert.refresh_from_db()
    assert (alert.state, alert.notified_at) == ("escalated", NOW)


def test_with_nobody_on_call_everybody_clinical_is_told_at_once(weekly):
    lindqvist(), ruiz()
    Staff.objects.update(on_call=False)
    alert = answered(weekly, 1).alert
    names = {staff.name for staff in alerts.recipients(alert, 0)}
    assert names == {"N. Okafor", "P. Lindqvist"}


def test_notifying_twice_in_the_same_minute_sends_nothing_more(weekly):
    alert = answered(weekly, 1).alert
    assert notify(alert.pk, by="system", now=NOW) == 1
    assert notify(alert.pk, by="system", now=NOW) == 0


def test_an_acknowledged_alert_is_quiet_and_names_who_took_it(weekly):
    alert = answered(weekly, 3).alert
    notify(alert.pk, by="system", now=NOW)
    taken = acknowledge(alert.pk, staff=okafor(), now=NOW + 12 * MINUTE)
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", okafor())
    assert due_alerts(now=NOW + DAY) == []
    again = acknowledge(alert.pk, staff=lindqvist(), now=NOW + HOUR)
    assert again.acknowledged_at == NOW + 12 * MINUTE
    assert again.acknowledged_by == okafor()


def test_closing_needs_an_acknowledgement_and_words(weekly):
    alert = answered(weekly, 1).alert
    with pytest.raises(IllegalMove):
        close(alert.pk, staff=okafor(), outcome="Called.", now=NOW)
    acknowledge(alert.pk, staff=okafor(), now=NOW)
    with pytest.raises(ValueError, match="what was done"):
        close(alert.pk, staff=okafor(), outcome="  ", now=NOW)
    closed = close(alert.pk, staff=okafor(), outcome="Called; safe plan agreed.", now=NOW + HOUR)
    assert closed.state == "closed"


def test_a_later_reassuring_answer_withdraws_nothing(weekly):
    answered(weekly, 2)
    record_old_response(
        weekly.course, "phq9", phq9(0, 0, 0, 0, 0, 0, 0, 0, 0), None,
        answered_at=NOW + DAY, by="import", now=NOW + 2 * DAY,
    )  # fmt: skip
    assert Alert.objects.get().state == "open"
    assert Alert.objects.get().pk in due_alerts(now=NOW + 2 * DAY)


def test_the_alert_mail_says_a_number_only(weekly, mailbox):
    alert = answered(weekly, 2).alert
    notify(alert.pk, by="system", now=NOW)
    (path,) = mailbox.glob("*.eml")
    text = path.read_text().lower()
    assert alert.number.lower() in text
    for telling in ("reyes", "a-001", "suicid", "harm", "phq", "question 9", "item 9"):
        assert telling not in text


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


@pytest.mark.parametrize(
    ("waited", "told"), [(LEASE - MINUTE, 0), (LEASE, 1)], ids=["lease runs", "lease is over"]
)
def test_a_notice_whose_sender_was_killed_is_repeated_as_soon_as_that_is_found(
    weekly, monkeypatch, waited, told
):
    """Not at the next rung, which is a quarter of an hour away."""
    okafor()
    found = answered(weekly, 1).alert
    letters = []

    def half_way(letter):
        if not letters:
            letters.append(letter)
            raise Killed
        letters.append(letter)
        return Outcome("accepted")

    monkeypatch.setattr(mail, "_transport", lambda: half_way)
    with pytest.raises(Killed):
        notify(found.pk, by="flow", now=NOW)
    alert_flow.run_once(NOW + waited)
    assert len(letters) - 1 == told


def test_a_killed_notice_of_an_acknowledged_alert_wakes_nobody(weekly, monkeypatch):
    okafor()
    found = answered(weekly, 1).alert

    def killed(letter):
        raise Killed

    monkeypatch.setattr(mail, "_transport", lambda: killed)
    with pytest.raises(Killed):
        notify(found.pk, by="flow", now=NOW)
    acknowledge(found.pk, staff=okafor(), now=NOW + MINUTE)
    assert mail.sweep_stuck(by="flow", now=NOW + LEASE) == 1
    assert due_alerts(now=NOW + LEASE) == []


@pytest.mark.parametrize("stopped", ["before", "after"])
def test_a_patient_who_stopped_the_mails_stops_no_alert(mailbox, stopped):
    """What is told to staff is no mail to the patient: at once, and again until somebody acts."""
    row = due(ana(), "baseline", now=START)
    if stopped == "before":
        stop_mails(row, now=START)
    submit(row, {"phq9": phq9(*[0] * 8, 1)}, mode="phone", by="staff:1", now=START)
    if stopped == "after":
        stop_mails(row, now=START)
    told = []
    for hours in (0, 4, 12):
        for pk in due_alerts(now=START + hours * HOUR):
            notify(pk, by="flow", now=START + hours * HOUR)
        told.append(Message.objects.filter(kind="alert", state="accepted").count())
    assert told[0] >= 1
    assert told[0] < told[1] < told[2]
    assert not Message.objects.exclude(kind="alert").filter(state="accepted").exists()
