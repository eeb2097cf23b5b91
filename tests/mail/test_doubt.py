"""A mail that may or may not have left: asked about, decided by a person, never sent blindly."""

import pytest

from flows.verify import summary
from reports.clinic.to_reach import to_reach
from surveys.actions import mail
from surveys.actions.doubt import ask_about_doubts, decide, undecided
from surveys.actions.enrol import set_address
from surveys.actions.hear import hear
from surveys.actions.send import (
    due_invitations,
    due_reminders,
    invite,
    remind,
    reminded_in_vain,
)
from surveys.balance import complaints
from surveys.mail.heard import Heard
from surveys.mail.transports import Outcome
from surveys.models import Message, Occurrence, Patient
from tests import cast
from tests.cast import DAY, HOUR, MINUTE, START
from tests.clinic.conftest import browser_of
from tests.mail.sinks import sendgrid_fake

pytestmark = pytest.mark.django_db

NOW = START + HOUR
NEXT_DAY = NOW + DAY


@pytest.fixture
def outcomes(monkeypatch) -> list[Outcome]:
    """What the transport answers next; where nothing is listed, it accepts."""
    next_ones: list[Outcome] = []
    monkeypatch.setattr(
        mail, "_transport", lambda: lambda _: next_ones.pop() if next_ones else Outcome("accepted")
    )
    return next_ones


@pytest.fixture
def doubtful(outcomes) -> Message:
    """Ana's invitation, handed over without an answer; whatever follows is accepted."""
    outcomes.append(Outcome("in_doubt", "no answer"))
    occurrence = cast.due(cast.ana(), "baseline", now=START)
    Occurrence.objects.filter(pk=occurrence.pk).update(closes_at=START + 9 * DAY)
    assert invite(occurrence.pk, by="flow", now=NOW) == "in_doubt"
    return Message.objects.get()


@pytest.mark.parametrize(("hours", "waits"), [(23, 0), (24, 1), (25, 1)])
def test_after_a_day_a_person_decides(doubtful, hours, waits):
    assert undecided(now=NOW + hours * HOUR).count() == waits
    called = [call.why for call in to_reach(Patient.objects.all(), NOW + hours * HOUR)]
    assert called == ["Nobody knows whether a mail arrived"] * waits


def test_sending_again_makes_a_new_mail_with_a_new_link(doubtful):
    assert decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY) == "resend"
    (row,) = due_invitations(now=NEXT_DAY)
    assert invite(row, by="flow", now=NEXT_DAY) == "accepted"
    states = Message.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["not_accepted", "accepted"]
    assert due_invitations(now=NEXT_DAY) == []


def test_leaving_it_ends_the_asking_and_sends_nothing(doubtful):
    assert decide(doubtful.pk, "leave", by="front desk", now=NEXT_DAY) == "leave"
    assert undecided(now=NEXT_DAY).count() == 0
    assert due_invitations(now=NEXT_DAY) == []
    assert Message.objects.get().state == "in_doubt"


def test_two_people_deciding_send_one_mail(doubtful):
    decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY)
    assert decide(doubtful.pk, "resend", by="lead", now=NEXT_DAY) == "resend"
    assert Message.objects.filter(state="queued").count() == 1


def test_news_that_comes_before_the_decision_wins(doubtful):
    hear([Heard(doubtful.ref, "delivered", NOW)], by="sendgrid", now=NEXT_DAY)
    assert decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY) == "delivered"
    assert Message.objects.count() == 1


def test_news_that_comes_after_is_told_as_it_is_and_is_no_fault_of_ours(doubtful):
    decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY)
    invite(doubtful.occurrence_id, by="flow", now=NEXT_DAY)
    hear([Heard(doubtful.ref, "delivered", NOW)], by="sendgrid", now=NEXT_DAY + HOUR)
    assert list(complaints(now=NEXT_DAY + HOUR)) == []


@pytest.mark.parametrize("news", ["processed", "delivered"])
@pytest.mark.parametrize("tried", ["not yet", "put off"])
def test_news_that_comes_before_the_new_mail_left_withdraws_it_and_reminders_follow(
    doubtful, outcomes, news, tried
):
    decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY)
    if tried == "put off":
        outcomes.append(Outcome("later", "451 try again"))
        assert invite(doubtful.occurrence_id, by="flow", now=NEXT_DAY) == "retry"
    hear([Heard(doubtful.ref, news, NOW)], by="sendgrid", now=NEXT_DAY + MINUTE)
    assert Message.objects.exclude(pk=doubtful.pk).get().state == "cancelled"
    assert due_invitations(now=NEXT_DAY + HOUR) == []
    (row,) = due_reminders(now=NEXT_DAY + DAY)
    assert remind(row, by="flow", now=NEXT_DAY + DAY) == "accepted"
    assert due_reminders(now=NEXT_DAY + DAY + HOUR) == []
    assert list(complaints(now=NEXT_DAY + DAY + HOUR)) == []


def test_news_of_a_reminder_that_is_to_be_sent_again_withdraws_the_copy(doubtful, outcomes):
    row = doubtful.occurrence_id
    outcomes.append(Outcome("in_doubt", "no answer"))
    assert remind(row, by="flow", now=NOW + DAY) == "in_doubt"
    first = Message.objects.get(state="in_doubt", kind="reminder")
    decide(first.pk, "resend", by="front desk", now=NOW + 2 * DAY)
    hear([Heard(first.ref, "delivered", NOW)], by="sendgrid", now=NOW + 2 * DAY)
    assert due_reminders(now=NOW + 2 * DAY) == []
    assert due_reminders(now=NOW + 3 * DAY) == [row]


def test_news_of_the_old_address_leaves_what_waits_for_the_corrected_one(doubtful):
    decide(doubtful.pk, "resend", by="front desk", now=NEXT_DAY)
    set_address(doubtful.patient, "ana.new@mail.example", by="front desk", now=NEXT_DAY)
    hear([Heard(doubtful.ref, "delivered", NOW)], by="sendgrid", now=NEXT_DAY + MINUTE)
    (row,) = due_invitations(now=NEXT_DAY + DAY)
    assert invite(row, by="flow", now=NEXT_DAY + DAY) == "accepted"
    assert Message.objects.latest("pk").to_address == "ana.new@mail.example"


@pytest.mark.parametrize("word", ["", "yes", "Resend"])
def test_anything_but_the_two_words_decides_nothing(doubtful, word):
    with pytest.raises(ValueError, match="resend or leave"):
        decide(doubtful.pk, word, by="front desk", now=NEXT_DAY)


def test_the_front_desk_decides_on_the_contact_page(doubtful, settings):
    settings.DOUBT_HOURS = 0
    desk, address = browser_of(cast.ruiz()), f"/patients/{doubtful.patient.ref}/"
    page = desk.get(f"{address}contact/").content.decode()
    assert "Nobody knows whether the mail of" in page
    assert "checked" not in page[page.index("Send it again, with") - 300 :][:600]
    assert desk.post(f"{address}doubt/", {"mail": doubtful.ref}).status_code == 422
    assert Message.objects.get().decision == ""
    desk.post(f"{address}doubt/", {"mail": doubtful.ref, "choice": "leave"})
    assert Message.objects.get().decision == "leave"


def test_a_decision_about_somebody_elses_mail_is_hidden(doubtful):
    ben = cast.ben()
    answer = browser_of(cast.ruiz()).post(
        f"/patients/{ben.patient.ref}/doubt/", {"mail": doubtful.ref, "choice": "resend"}
    )
    assert answer.status_code == 404
    assert Message.objects.get().decision == ""


def test_verify_counts_what_is_in_doubt(doubtful):
    assert "1 in doubt" in summary()


def test_a_reminder_still_goes_to_whoever_may_not_have_got_the_invitation(doubtful):
    assert due_reminders(now=NOW + 24 * HOUR) == [doubtful.occurrence_id]


@pytest.mark.parametrize("decided", ["leave", "resend"])
def test_whoever_got_the_last_reminder_is_called_a_day_later_whatever_was_decided_of_it(
    doubtful, outcomes, decided
):
    row = doubtful.occurrence_id
    hear([Heard(doubtful.ref, "delivered", NOW)], by="sendgrid", now=NOW + HOUR)
    assert remind(row, by="flow", now=NOW + DAY) == "accepted"
    outcomes.append(Outcome("in_doubt", "no answer"))
    assert remind(row, by="flow", now=NOW + 3 * DAY) == "in_doubt"
    last = Message.objects.get(state="in_doubt", kind="reminder")
    decide(last.pk, decided, by="front desk", now=NOW + 4 * DAY)
    out = [remind(pk, by="flow", now=NOW + 4 * DAY) for pk in due_reminders(now=NOW + 4 * DAY)]
    assert out == ["accepted"] * (decided == "resend")
    assert due_reminders(now=NOW + 6 * DAY) == []
    assert reminded_in_vain(doubtful.patient, now=NOW + 5 * DAY)


def test_a_first_reminder_sent_again_leaves_the_second_to_follow(doubtful, outcomes):
    row = doubtful.occurrence_id
    outcomes.append(Outcome("in_doubt", "no answer"))
    assert remind(row, by="flow", now=NOW + DAY) == "in_doubt"
    first = Message.objects.get(state="in_doubt", kind="reminder")
    decide(first.pk, "resend", by="front desk", now=NOW + 2 * DAY)
    assert remind(row, by="flow", now=NOW + 2 * DAY) == "accepted"
    assert due_reminders(now=NOW + 2 * DAY) == []
    assert due_reminders(now=NOW + 3 * DAY) == [row]


# --- asking the provider


@pytest.fixture
def sendgrid(settings, doubtful):
    with sendgrid_fake() as (fake, host):
        settings.MAIL, settings.SENDGRID_KEY, settings.SENDGRID_HOST = "sendgrid", "SG.k", host
        settings.SENDGRID_ACTIVITY = True
        Message.objects.update(transport="sendgrid")
        yield fake


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("processed", "accepted"),
        ("delivered", "delivered"),
        ("not_delivered", "dropped"),
        ("a new word", "in_doubt"),
        (None, "in_doubt"),
    ],
)
def test_what_sendgrid_knows_of_a_mail_ends_its_doubt(sendgrid, doubtful, status, state):
    if status:
        sendgrid.known[str(doubtful.ref)] = status
    ask_about_doubts(by="flow", now=NOW + 10 * MINUTE)
    doubtful.refresh_from_db()
    assert doubtful.state == state
    assert sendgrid.asked == [str(doubtful.ref)]
    assert sendgrid.requests == []


def test_sendgrid_is_asked_only_where_the_account_has_it(sendgrid, settings):
    settings.SENDGRID_ACTIVITY = False
    assert ask_about_doubts(by="flow", now=NEXT_DAY) == 0
    assert sendgrid.asked == []


def test_a_provider_that_does_not_answer_ends_no_doubt(sendgrid, settings, doubtful):
    settings.SENDGRID_HOST = "http://127.0.0.1:1"
    assert ask_about_doubts(by="flow", now=NEXT_DAY) == 0
    doubtful.refresh_from_db()
    assert doubtful.state == "in_doubt"
