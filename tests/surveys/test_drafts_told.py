"""Answers begun and not sent that somebody must see: told after a quarter of an hour, and again
where they are worse."""

import pytest
from django.db import IntegrityError, transaction

from flows import alert as alert_flow
from surveys.actions import answer, draft
from surveys.actions.alert import acknowledge, close
from surveys.models import Alert, Draft, Message, Response
from tests import cast, doors
from tests.surveys.test_drafts import MINUTE, NOW, run_alerts, save


@pytest.mark.parametrize(
    ("item_9", "minutes", "told"),
    [("1", 14, 0), ("1", 15, 1), ("3", 16, 1), ("0", 60, 0), ("declined", 60, 0)],
)
def test_it_is_told_a_quarter_of_an_hour_later(secret, occurrence, item_9, minutes, told):
    save(doors.opened(secret), occurrence, phq9_9=item_9)
    run_alerts(NOW + minutes * MINUTE)
    assert Alert.objects.count() == told
    assert Message.objects.filter(kind="alert").count() == told


def test_it_is_told_once_and_on_the_lower_tier(secret, occurrence, clock):
    save(doors.opened(secret), occurrence, phq9_9="3")
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 16 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9="2")
    run_alerts(NOW + 40 * MINUTE)
    alert = Alert.objects.get()
    assert (alert.level, alert.response, alert.unsent) == ("standard", None, occurrence)
    assert alert.concerns[0]["reason"].startswith("begun, not sent: PHQ-9")


def test_saving_again_does_not_put_it_off_but_taking_it_back_does(secret, occurrence, clock):
    save(doors.opened(secret), occurrence, phq9_9="1")
    clock(NOW + 10 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9="2")
    assert draft.left_behind(now=NOW + 15 * MINUTE) == [occurrence.pk]
    save(doors.opened(secret), occurrence, phq9_9="0")
    assert draft.left_behind(now=NOW + 60 * MINUTE) == []


@pytest.mark.parametrize(("sent_after", "alerts"), [(5, 1), (20, 2)])
def test_sent_later_it_has_the_ordinary_alert_of_its_own(
    secret, occurrence, clock, sent_after, alerts
):
    save(doors.opened(secret), occurrence, phq9_9="1")
    for minutes in range(1, sent_after):
        run_alerts(NOW + minutes * MINUTE)
    clock(NOW + sent_after * MINUTE)
    all_ones = doors.filled(occurrence, answer.instruments_of(occurrence), 1)
    doors.opened(secret).post("/s/", all_ones)
    run_alerts(NOW + 60 * MINUTE)
    assert Alert.objects.count() == alerts
    assert Alert.objects.filter(response__occurrence=occurrence).count() == 1


def test_an_older_tab_that_leaves_it_open_does_not_take_it_back(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="2")
    save(doors.opened(secret), occurrence, phq9_1="0")
    assert Draft.objects.get().answers["phq9"]["9"] == 2
    assert draft.left_behind(now=NOW + 15 * MINUTE) == [occurrence.pk]


@pytest.mark.parametrize(("sent", "told"), [(None, 1), ("0", 0), ("declined", 0)])
def test_sent_from_an_older_tab_that_leaves_it_open_it_is_told_at_once(
    secret, occurrence, sent, told
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    fields.pop("phq9.9")
    doors.opened(secret).post("/s/", fields | ({"phq9.9": sent} if sent else {}))
    assert Response.objects.filter(instrument="phq9").exists()
    assert Alert.objects.filter(unsent=occurrence, response=None).count() == told


def test_what_the_sweep_of_drafts_did_is_in_the_count_of_the_flow(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="2")
    assert alert_flow.run_once(NOW + 15 * MINUTE)["raised"] == 1


def test_two_at_once_raise_one(secret, occurrence):
    save(doors.opened(secret), occurrence, phq9_9="1")
    later = NOW + 20 * MINUTE
    raised = [draft.tell_of_draft(occurrence.pk, by="test", now=later) for _ in range(2)]
    assert raised == [True, False]
    # nor could a pass that saw nothing of the other: the records take the same answers once
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(
            patient=occurrence.course.patient, unsent=occurrence, unsent_answers="phq9.9=1",
            level="standard", concerns=[], raised_at=later,
        )  # fmt: skip


# --- what is said later, after the alert


def untouched(alert: Alert) -> None:
    """Nobody took it on yet."""


def taken_on(alert: Alert) -> None:
    acknowledge(alert.pk, staff=cast.okafor(), now=NOW + 16 * MINUTE)


def over(alert: Alert) -> None:
    taken_on(alert)
    close(alert.pk, staff=cast.okafor(), outcome="called her", now=NOW + 17 * MINUTE)


@pytest.mark.parametrize(
    ("told", "meanwhile", "then", "anew"),
    [
        ("1", untouched, "3", True),
        ("1", taken_on, "3", True),
        ("1", over, "3", True),
        ("1", over, "2", True),
        ("2", taken_on, "3", True),
        ("1", untouched, "1", False),
        ("3", over, "3", False),
        ("3", taken_on, "1", False),
        ("1", over, "0", False),
        ("1", untouched, "declined", False),
    ],
)
def test_kept_again_it_is_told_again_where_it_is_worse_whatever_became_of_the_first_alert(
    secret, occurrence, clock, told, meanwhile, then, anew
):
    save(doors.opened(secret), occurrence, phq9_9=told)
    run_alerts(NOW + 15 * MINUTE)
    first = Alert.objects.get()
    meanwhile(first)
    state = Alert.objects.get().state
    clock(NOW + 20 * MINUTE)
    page = save(doors.opened(secret), occurrence, phq9_9=then).content.decode()
    assert ("in 15 minutes, a clinician on call is told" in page) == anew
    assert ("Someone has been told" in page) == (not anew and then not in ("0", "declined"))
    for minutes in (34, 35, 36, 90):
        run_alerts(NOW + minutes * MINUTE)
        assert Alert.objects.count() == 1 + (anew and minutes >= 35)
    assert Alert.objects.get(pk=first.pk).state in (state, "escalated"), "none is taken back"
    if anew:
        (concern,) = Alert.objects.exclude(pk=first.pk).get().concerns
        assert concern["value"] == int(then)
        assert concern["reason"].endswith(f"; told before: {told}")


@pytest.mark.parametrize(
    ("kept", "then", "alerts"),
    [("1", "1", 1), ("1", "2", 2), ("3", "2", 1), ("0", "1", 1), ("declined", "3", 1)],
)
def test_a_form_sent_once_more_is_measured_by_what_was_told_of_its_draft_too(
    secret, occurrence, clock, kept, then, alerts
):
    save(doors.opened(secret), occurrence, phq9_9=kept)
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 20 * MINUTE)
    older = doors.opened(secret)
    zeros = doors.filled(occurrence, answer.instruments_of(occurrence), 0)
    doors.opened(secret).post("/s/", zeros)
    for _ in range(2):
        older.post("/s/", zeros | {"phq9.9": then})
    assert Alert.objects.filter(unsent=occurrence).count() == alerts


@pytest.mark.parametrize(("risen_to", "alerts"), [("1", 1), ("2", 2)])
def test_risen_since_the_alert_and_left_open_by_the_form_sent_it_is_told_at_once(
    secret, occurrence, clock, risen_to, alerts
):
    save(doors.opened(secret), occurrence, phq9_9="1")
    run_alerts(NOW + 15 * MINUTE)
    clock(NOW + 20 * MINUTE)
    save(doors.opened(secret), occurrence, phq9_9=risen_to)
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    del fields["phq9.9"]
    doors.opened(secret).post("/s/", fields)
    assert Alert.objects.filter(unsent=occurrence).count() == alerts


def test_the_patient_is_told_before_and_after(secret, occurrence):
    browser = doors.opened(secret)
    assert "told after 15 minutes" in browser.get("/s/").content.decode()
    assert (
        "One answer is not left waiting" in save(browser, occurrence, phq9_9="1").content.decode()
    )


IS_TOLD, WAS_TOLD = "We are telling someone now", "Someone has been told"


@pytest.mark.parametrize(
    ("told_before", "sent", "says"),
    [
        (False, None, IS_TOLD),
        (False, "0", None),
        (False, "1", IS_TOLD),
        (True, None, WAS_TOLD),
        (True, "0", WAS_TOLD),
        (True, "1", IS_TOLD),
    ],
)
def test_thanks_say_what_is_true_of_an_answer_kept_before(
    secret, occurrence, clock, told_before, sent, says
):
    save(doors.opened(secret), occurrence, phq9_9="2")
    clock(NOW + 20 * MINUTE)
    if told_before:
        run_alerts(NOW + 20 * MINUTE)
        clock(NOW + 25 * MINUTE)
    fields = doors.filled(occurrence, answer.instruments_of(occurrence), 0) | {"pointed_out": "yes"}
    fields.pop("phq9.9")
    posted = fields | ({"phq9.9": sent} if sent else {})
    page = doors.opened(secret).post("/s/", posted, follow=True).content.decode()
    assert [words for words in (IS_TOLD, WAS_TOLD) if words in page] == ([says] if says else [])
