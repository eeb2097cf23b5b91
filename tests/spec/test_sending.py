"""Sending: one survey, one invitation, whatever happens around it."""

import email
import email.policy
import re

import pytest

from surveys import events
from surveys.actions import enrol, mail
from surveys.actions.answer import submit
from surveys.actions.hear import hear
from surveys.actions.mail import sweep_stuck
from surveys.actions.schedule import close_windows, open_due
from surveys.actions.send import due_invitations, due_reminders, invite, remind
from surveys.actions.treat import change_session
from surveys.mail.heard import Heard
from surveys.mail.transports import Outcome
from surveys.models import Message, Occurrence, Patient, Token
from surveys.tokens import digest
from tests.cast import DAY, HOUR, MINUTE, START, ana, ben, due, treated

pytestmark = pytest.mark.django_db

SESSION = START + DAY
AFTER = SESSION + 25 * HOUR


@pytest.fixture
def waiting() -> Occurrence:
    """Ana's after-session check, an hour after it fell due."""
    course = ana()
    treated(course, SESSION)
    return due(course, "after-session", now=AFTER)


@pytest.fixture
def transport(monkeypatch):
    """A transport that answers as told; `letters` keeps what it was given."""

    class Told:
        letters: list = []
        answer = Outcome("accepted")

        def __call__(self, letter):
            self.letters = [*self.letters, letter]
            return self.answer

    told = Told()
    monkeypatch.setattr(mail, "_transport", lambda: told)
    return told


def letters(folder) -> list:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]


def test_an_invitation_goes_out_once(waiting, mailbox):
    assert due_invitations(now=AFTER) == [waiting.pk]
    assert invite(waiting.pk, by="system", now=AFTER) == "accepted"
    assert due_invitations(now=AFTER) == []
    invite(waiting.pk, by="system", now=AFTER + 5 * HOUR)
    assert len(letters(mailbox)) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sent_at) == ("sent", AFTER)


def test_the_mail_carries_a_link_whose_secret_is_stored_only_as_a_hash(waiting, mailbox):
    invite(waiting.pk, by="system", now=AFTER)
    (letter,) = letters(mailbox)
    secret = re.search(r"/s/([\w-]{43})\s", letter.get_body(("plain",)).get_content())[1]
    assert Token.objects.get().digest == digest(secret)
    assert not Token.objects.filter(digest=secret).exists()


def test_the_mail_names_nobody_and_nothing(waiting, mailbox):
    invite(waiting.pk, by="system", now=AFTER)
    text = (mailbox / next(mailbox.glob("*.eml")).name).read_text().lower()
    for telling in ("reyes", "a-001", "ketamin", "infusion", "session", "phq", "okafor"):
        assert telling not in text


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"status": "on_hold"}, "skipped", "on hold"),
        ({"status": "discharged"}, "cancelled", "discharged"),
        ({"status": "deceased"}, "cancelled", "deceased"),
        ({"mail_stop": "bounced"}, "unreachable", "bounced"),
        ({"mail_stop": "stopped"}, "unreachable", "stopped"),
        ({"mail_stop": "not_me"}, "unreachable", "not_me"),
        ({"email": ""}, "unreachable", "no address"),
        ({"email_consent_on": None}, "skipped", "no e-mail consent"),
    ],
)
def test_what_forbids_a_mail_is_looked_up_at_the_moment_of_sending(
    waiting, mailbox, change, state, reason
):
    patient = waiting.course.patient
    type(patient).objects.filter(pk=patient.pk).update(**change)
    invite(waiting.pk, by="system", now=AFTER)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (state, reason)
    assert letters(mailbox) == []


def test_a_discharge_while_a_mail_waits_to_be_tried_again_stops_it(waiting, transport):
    transport.answer = Outcome("later", "HTTP 429")
    assert invite(waiting.pk, by="system", now=AFTER) == "retry"
    enrol.set_status(waiting.course.patient, "discharged", by="front desk", now=AFTER + MINUTE)
    transport.answer = Outcome("accepted")
    invite(waiting.pk, by="system", now=AFTER + HOUR)
    mail.hand_over(Message.objects.get().pk, by="system", now=AFTER + HOUR)
    assert len(transport.letters) == 1


@pytest.mark.parametrize(
    ("local", "goes"),
    [("07:59", False), ("08:00", True), ("20:59", True), ("21:00", False), ("23:30", False)],
)
def test_quiet_hours_hold_mail_from_21_to_8_where_the_patient_lives(waiting, local, goes):
    hour, minute = map(int, local.split(":"))
    at = SESSION.replace(hour=0, minute=0) + 2 * DAY + (hour + 7) * HOUR + minute * MINUTE
    Occurrence.objects.filter(pk=waiting.pk).update(closes_at=at + DAY)
    sent = invite(waiting.pk, by="system", now=at) == "accepted"
    assert sent is goes


@pytest.mark.parametrize(
    ("outcome", "message", "occurrence", "reason"),
    [
        ("accepted", "accepted", "sent", ""),
        ("address_refused", "bounced", "unreachable", "bounced"),
        ("refused", "failed", "skipped", "mail refused"),
        ("later", "retry", "due", ""),
        ("stopped", "retry", "due", ""),
        ("in_doubt", "in_doubt", "due", ""),
    ],
)
def test_each_answer_of_the_transport_has_its_state(
    waiting, transport, outcome, message, occurrence, reason
):
    transport.answer = Outcome(outcome, "why")
    assert invite(waiting.pk, by="system", now=AFTER) == message
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (occurrence, reason)


def test_in_doubt_is_never_sent_again_and_ends_counted(waiting, transport):
    transport.answer = Outcome("in_doubt")
    invite(waiting.pk, by="system", now=AFTER)
    transport.answer = Outcome("accepted")
    assert due_invitations(now=AFTER + HOUR) == []
    invite(waiting.pk, by="system", now=AFTER + HOUR)
    assert len(transport.letters) == 1
    close_windows(by="system", now=waiting.closes_at)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("expired", "delivery in doubt")


def test_a_mail_refused_for_now_is_tried_again_with_a_new_link_and_a_growing_pause(
    waiting, transport
):
    transport.answer = Outcome("later")
    invite(waiting.pk, by="system", now=AFTER)
    assert due_invitations(now=AFTER) == []
    assert due_invitations(now=AFTER + MINUTE) == [waiting.pk]
    transport.answer = Outcome("accepted")
    assert invite(waiting.pk, by="system", now=AFTER + MINUTE) == "accepted"
    assert Message.objects.count() == 1
    assert Token.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (9, 60)]
)
def test_the_pause_doubles_up_to_an_hour(attempts, minutes):
    assert mail.backoff(attempts) == minutes * MINUTE


def test_a_sender_that_dies_leaves_a_row_in_doubt_after_its_lease(waiting, monkeypatch):
    class Died(BaseException):
        """What kill -9 looks like from inside: nothing after it runs."""

    def die(letter):
        raise Died

    monkeypatch.setattr(mail, "_transport", lambda: die)
    with pytest.raises(Died):
        invite(waiting.pk, by="system", now=AFTER)
    assert Message.objects.get().state == "sending"
    assert sweep_stuck(by="system", now=AFTER + mail.LEASE - MINUTE) == 0
    assert sweep_stuck(by="system", now=AFTER + mail.LEASE) == 1
    assert Message.objects.get().state == "in_doubt"


def test_a_message_for_another_address_than_the_patients_is_not_handed_over(waiting, transport):
    """It waits, and takes the patient's own address when it is looked at next."""
    transport.answer = Outcome("later")
    invite(waiting.pk, by="system", now=AFTER)
    Message.objects.update(to_address="ben@mail.example")
    transport.answer = Outcome("accepted")
    assert mail.hand_over(Message.objects.get().pk, by="system", now=AFTER + HOUR) == "retry"
    assert len(transport.letters) == 1
    assert invite(waiting.pk, by="system", now=AFTER + HOUR) == "accepted"
    assert transport.letters[1].to == "ana@mail.example"


def test_reminders_follow_at_24_and_72_hours_and_then_stop(waiting, mailbox):
    Occurrence.objects.filter(pk=waiting.pk).update(closes_at=AFTER + 6 * DAY)
    invite(waiting.pk, by="system", now=AFTER)
    times = []
    for hours in range(1, 130):
        now = AFTER + hours * HOUR
        for pk in due_reminders(now=now):
            if remind(pk, by="system", now=now) == "accepted":
                times.append(hours)
    assert times == [24, 72]
    assert [letter["Subject"].startswith("A reminder") for letter in letters(mailbox)].count(
        True
    ) == 2


def test_an_answered_survey_is_not_reminded(waiting):
    invite(waiting.pk, by="system", now=AFTER)
    answers = {"after_session": {"nausea": 0}}
    submit(waiting, answers, mode="web", by="patient", now=AFTER + HOUR)
    assert due_reminders(now=AFTER + 24 * HOUR) == []


def test_after_an_outage_a_patient_gets_one_mail_at_a_time(mailbox):
    course = ana()
    for days in (1, 4, 7):
        treated(course, START + days * DAY)
    now = START + 8 * DAY + 3 * HOUR
    open_due(now=now)
    close_windows(by="system", now=now)
    for pk in due_invitations(now=now):
        invite(pk, by="system", now=now)
    for pk in due_invitations(now=now + HOUR):
        assert invite(pk, by="system", now=now + HOUR).startswith("waits")
    assert len(letters(mailbox)) == 1


@pytest.mark.parametrize(
    ("later", "left"),
    [
        (0 * HOUR, "queued"),
        (4 * HOUR - MINUTE, "queued"),
        (4 * HOUR, "accepted"),
        (11 * HOUR - MINUTE, "accepted"),
        (11 * HOUR, "queued"),  # 21:00 where Ana lives
        (22 * HOUR, "accepted"),
    ],
)
def test_of_two_mails_that_two_passes_queued_at_once_the_second_keeps_its_distance_and_the_night(
    waiting, transport, later, left
):
    patient, made = waiting.course.patient, {"state_at": AFTER, "queued_at": AFTER}
    pair = [
        Message.objects.create(
            key=f"reminder:{waiting.pk}:{n}", kind="reminder", occurrence=waiting, patient=patient,
            to_address=patient.email, **made,
        )
        for n in (1, 2)
    ]  # fmt: skip
    assert mail.hand_over(pair[0].pk, by="one pass", now=AFTER) == "accepted"
    assert mail.hand_over(pair[1].pk, by="another", now=AFTER + later) == left
    assert len(transport.letters) == 1 + (left == "accepted")


def test_every_closed_window_ends_in_a_counted_state():
    course = ana()
    treated(course, SESSION)
    open_due(now=AFTER)
    close_windows(by="system", now=AFTER + 40 * DAY)
    past = course.occurrences.filter(closes_at__lte=AFTER + 40 * DAY)
    assert past.count() >= 3
    assert {row.state for row in past} == {"skipped"}
    assert all(row.reason for row in past)


@pytest.mark.parametrize(
    ("stop", "state", "reason"),
    [
        ("", "expired", "no answer"),
        ("bounced", "expired", "no answer"),  # a later mail: this one had arrived
        ("complained", "unreachable", "complained"),
        ("stopped", "unreachable", "stopped"),
        ("not_me", "unreachable", "not_me"),
    ],
)
def test_a_form_whose_mails_were_turned_away_counts_as_unreachable_not_as_silence(
    waiting, mailbox, stop, state, reason
):
    invite(waiting.pk, by="system", now=AFTER)
    Patient.objects.update(mail_stop=stop)
    close_windows(by="system", now=waiting.closes_at)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (state, reason)


def test_recipients_are_never_mixed(mailbox):
    for course in (ana(), ben()):
        treated(course, SESSION)
    open_due(now=AFTER)
    for pk in due_invitations(now=AFTER):
        invite(pk, by="system", now=AFTER)
    for message in Message.objects.select_related("patient", "occurrence__course"):
        assert message.patient_id == message.occurrence.course.patient_id
        assert message.to_address == message.patient.email
    assert sorted(letter["To"] for letter in letters(mailbox)) == [
        "ana@mail.example",
        "ben@mail.example",
    ]


def test_the_audit_chain_holds_after_all_this(waiting):
    invite(waiting.pk, by="system", now=AFTER)
    submit(waiting, {"after_session": {"nausea": 1}}, mode="web", by="p", now=AFTER + HOUR)
    assert events.first_broken() is None


def test_a_history_from_before_the_enrolment_asks_nothing():
    course = ana()
    for days in range(40, 10, -3):
        treated(course, START - days * DAY)
    assert course.occurrences.filter(closes_at__lte=START).count() == 0
    assert course.occurrences.filter(closes_at__gt=START).exists()


def test_a_mail_that_waits_to_be_tried_again_follows_its_session(waiting, transport):
    """Until a provider has taken it nobody has heard of it: no reason to ask about no session."""
    transport.answer = Outcome("later")
    assert invite(waiting.pk, by="system", now=AFTER) == "retry"
    session = waiting.course.sessions.get(superseded_at=None)
    change_session(session, at=SESSION, status="cancelled", by="front desk", now=AFTER)
    waiting.refresh_from_db()
    assert waiting.state == "superseded"
    transport.answer = Outcome("accepted")
    assert due_invitations(now=AFTER + HOUR) == []

    session = waiting.course.sessions.get(superseded_at=None)
    change_session(session, at=SESSION, status="done", by="front desk", now=AFTER + HOUR)
    open_due(now=AFTER + HOUR)
    assert invite(waiting.pk, by="system", now=AFTER + HOUR) == "accepted"
    assert waiting.messages.count() == 1


@pytest.mark.parametrize("tried_again_after", [0, 1])
def test_a_patient_who_comes_back_is_asked_what_was_cancelled(
    waiting, transport, tried_again_after
):
    """The mail withdrawn at the discharge stays withdrawn; another one leaves, once."""
    transport.answer = Outcome("later")
    assert invite(waiting.pk, by="system", now=AFTER) == "retry"
    patient = waiting.course.patient
    enrol.set_status(patient, "discharged", by="front desk", now=AFTER + MINUTE)
    first = Message.objects.get()
    assert mail.hand_over(first.pk, by="system", now=AFTER + HOUR) == "cancelled"
    enrol.set_status(patient, "active", by="front desk", now=AFTER + 2 * HOUR)
    now = AFTER + 2 * HOUR
    open_due(now=now)
    assert due_invitations(now=now) == [waiting.pk]
    for _ in range(tried_again_after):
        assert invite(waiting.pk, by="system", now=now) == "retry"
        now += 5 * MINUTE
    transport.answer, taken = Outcome("accepted"), len(transport.letters)
    assert invite(waiting.pk, by="system", now=now) == "accepted"
    assert invite(waiting.pk, by="system", now=now) != "accepted"
    assert (due_invitations(now=now), len(transport.letters) - taken) == ([], 1)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.messages.count()) == ("sent", 2)


def test_a_withdrawn_mail_that_had_arrived_after_all_asked_the_form_that_is_planned_again(
    waiting, transport
):
    """The provider had taken it, though it said to try again later."""
    transport.answer = Outcome("later")
    invite(waiting.pk, by="system", now=AFTER)
    patient = waiting.course.patient
    enrol.set_status(patient, "discharged", by="front desk", now=AFTER + MINUTE)
    first = Message.objects.get()
    mail.hand_over(first.pk, by="system", now=AFTER + HOUR)
    enrol.set_status(patient, "active", by="front desk", now=AFTER + 2 * HOUR)
    hear([Heard(first.ref, "delivered", AFTER)], by="sendgrid", now=AFTER + 2 * HOUR)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sent_at) == ("sent", AFTER + 2 * HOUR)
    open_due(now=AFTER + 3 * HOUR)
    assert due_invitations(now=AFTER + 3 * HOUR) == []


def test_a_pause_written_by_a_clock_that_was_wrong_is_over(waiting, transport):
    transport.answer = Outcome("later")
    invite(waiting.pk, by="system", now=AFTER)
    Message.objects.update(retry_at=AFTER + 365 * DAY)
    assert due_invitations(now=AFTER + MINUTE) == [waiting.pk]
