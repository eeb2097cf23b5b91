"""A corrected address: an open form that could not be delivered is invited to anew, once."""

import pytest

from surveys.actions import backlog, enrol, leave, mail
from surveys.actions.hear import hear
from surveys.actions.schedule import close_windows, open_due
from surveys.actions.send import due_invitations, due_reminders, invite, remind, reminded_in_vain
from surveys.actions.treat import change_session
from surveys.balance import asked_twice
from surveys.mail.heard import Heard
from surveys.mail.transports import Outcome
from surveys.models import Message, Occurrence, Patient, Token
from tests import cast
from tests.cast import DAY, HOUR, MINUTE

pytestmark = pytest.mark.django_db

NOW = cast.START + 26 * HOUR
NEW = "right@mail.example"


@pytest.fixture
def letters(monkeypatch):
    """Who was written to; `letters.answer` is what the provider says at once."""

    class Letters(list):
        answer = Outcome("accepted")

        def take(self, letter) -> Outcome:
            self.append(letter.to)
            return self.answer

    kept = Letters()
    monkeypatch.setattr(mail, "_transport", lambda: kept.take)
    return kept


@pytest.fixture
def form(letters) -> Occurrence:
    """Ana's check after yesterday's session, the only form that is due."""
    course = cast.ana()
    cast.treated(course, cast.START)
    Occurrence.objects.exclude(survey="after-session").update(state="skipped")
    open_due(now=NOW)
    return Occurrence.objects.get(state="due")


def told(kind: str, word: str, at) -> None:
    """What the provider says of the newest mail of this kind."""
    ref = Message.objects.filter(kind=kind).order_by("-pk").first().ref
    hear([Heard(ref, word, at)], by="sendgrid", now=at)


def refused(form, letters) -> None:
    letters.answer = Outcome("address_refused")
    invite(form.pk, by="test", now=NOW)
    letters.answer = Outcome("accepted")


def bounced(form, letters) -> None:
    invite(form.pk, by="test", now=NOW)
    told("invitation", "bounced", NOW + MINUTE)


def dropped(form, letters) -> None:
    invite(form.pk, by="test", now=NOW)
    told("invitation", "dropped", NOW + MINUTE)


def reminder_bounced(form, letters) -> None:
    invite(form.pk, by="test", now=NOW - 24 * HOUR)
    remind(form.pk, by="test", now=NOW)
    told("reminder", "bounced", NOW + MINUTE)


def read_by_somebody_else(form, letters) -> None:
    leave.not_me(form, now=NOW)
    invite(form.pk, by="test", now=NOW)


def without_address(form, letters) -> None:
    Patient.objects.update(email="")
    invite(form.pk, by="test", now=NOW)


WAYS = [refused, bounced, dropped, reminder_bounced, read_by_somebody_else, without_address]


def correct(address: str = NEW, *, now=NOW + HOUR) -> None:
    enrol.set_address(Patient.objects.get(), address, by="front desk", now=now)


def a_pass(now) -> None:
    backlog.leave_out_overtaken(by="test", now=now)
    for pk in due_invitations(now=now):
        invite(pk, by="test", now=now)
    for pk in due_reminders(now=now):
        remind(pk, by="test", now=now)


@pytest.mark.parametrize("unreached", WAYS)
def test_exactly_one_new_invitation_goes_to_the_new_address(form, letters, unreached):
    if unreached is reminder_bounced:
        Occurrence.objects.filter(pk=form.pk).update(due_at=NOW - 25 * HOUR)
    unreached(form, letters)
    form.refresh_from_db()
    assert form.state == "unreachable"
    before = {*Message.objects.values_list("key", flat=True)}
    correct()
    assert not Token.objects.filter(revoked_at=None).exists(), "the links sent before are dead"
    written = len(letters)
    for hour in (1, 2, 3, 25):
        a_pass(NOW + hour * HOUR)
    new = Message.objects.exclude(key__in=before).filter(kind="invitation")
    assert [(one.to_address, one.state) for one in new] == [(NEW, "accepted")]
    assert letters[written:] == [NEW] * Message.objects.filter(to_address=NEW).count()
    form.refresh_from_db()
    assert (form.state, form.reason) == ("sent", "")
    assert Token.objects.filter(revoked_at=None, message=new.get()).count() == 1
    assert asked_twice(NOW) == [], "and verify has nothing to say of it"


def reminded_until(second: bool, form) -> None:
    """The first reminder went out, or both; the last of them came back."""
    invite(form.pk, by="test", now=NOW)
    for hours in (24, 72)[: 1 + second]:
        remind(form.pk, by="test", now=NOW + hours * HOUR)
    told("reminder", "bounced", NOW + 73 * HOUR)


def reminders_since(instant) -> list[tuple[str, float]]:
    """To whom, and how many hours after it."""
    left = Message.objects.filter(kind="reminder", handed_at__gte=instant).order_by("handed_at")
    return [(one.to_address, (one.handed_at - instant) / HOUR) for one in left]


@pytest.mark.parametrize("waits", [False, True], ids=["", "another one waited for its next try"])
@pytest.mark.parametrize("second", [False, True], ids=["the first", "the second"])
def test_whoever_is_invited_anew_is_reminded_anew_and_then_called(form, letters, second, waits):
    """A reminder came back. The number it had in vain is not spent on the new address."""
    Occurrence.objects.filter(pk=form.pk).update(closes_at=NOW + 30 * DAY)
    reminded_until(second, form)
    if waits:
        Message.objects.create(
            key="waits", kind="reminder", occurrence=form, patient=form.course.patient,
            to_address="ana@mail.example", state="retry", state_at=NOW, queued_at=NOW,
        )  # fmt: skip
    corrected = NOW + 74 * HOUR
    correct(now=corrected)
    for hours in range(0, 120, 4):
        a_pass(corrected + hours * HOUR)
        called = reminded_in_vain(form.course.patient, now=corrected + hours * HOUR)
        assert bool(called) == (hours >= 96)
    assert reminders_since(corrected) == [(NEW, 24), (NEW, 72)]
    assert letters.count(NEW) == 3
    assert not Message.objects.filter(state__in=["queued", "retry"]).exists()


@pytest.mark.parametrize("reminders", [1, 2])
def test_an_address_changed_without_any_mail_that_came_back_counts_no_reminder_anew(
    form, letters, reminders
):
    """The invitation arrived, so do those reminders that are left, each once."""
    Occurrence.objects.filter(pk=form.pk).update(closes_at=NOW + 30 * DAY)
    invite(form.pk, by="test", now=NOW)
    for hours in (24, 72)[:reminders]:
        remind(form.pk, by="test", now=NOW + hours * HOUR)
    correct(now=NOW + (71 if reminders == 1 else 73) * HOUR)
    for hours in range(72, 200, 4):
        a_pass(NOW + hours * HOUR)
    assert letters == ["ana@mail.example"] * (1 + reminders) + [NEW] * (2 - reminders)


def test_a_reminder_left_out_after_the_correction_stands_in_the_ledger_and_is_not_sent(
    form, letters
):
    Occurrence.objects.filter(pk=form.pk).update(closes_at=NOW + 30 * DAY)
    reminded_until(True, form)
    corrected = NOW + 74 * HOUR
    correct(now=corrected)
    a_pass(corrected)
    row = Occurrence.objects.select_related("course__patient").get(pk=form.pk)
    assert backlog.drop_reminder(row, "a newer form asks the same", corrected + 25 * HOUR)
    assert due_reminders(now=corrected + 25 * HOUR) == []
    a_pass(corrected + 73 * HOUR)
    assert reminders_since(corrected) == [(NEW, 73)]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "on_hold"},
        {"status": "discharged"},
        {"status": "deceased"},
        {"mail_stop": "stopped"},
        {"mail_stop": "complained"},
        {"email_consent_on": None},
    ],
)
def test_nobody_is_invited_who_must_not_be_mailed(form, letters, change):
    bounced(form, letters)
    Patient.objects.update(**change)
    correct()
    a_pass(NOW + HOUR)
    form.refresh_from_db()
    assert (form.state, len(letters)) == ("unreachable", 1)


def test_nobody_is_invited_to_what_has_closed(form, letters):
    bounced(form, letters)
    correct(now=form.closes_at)
    form.refresh_from_db()
    assert form.state == "unreachable"


def test_without_an_address_it_stays(form, letters):
    bounced(form, letters)
    correct("")
    form.refresh_from_db()
    assert form.state == "unreachable"


def test_corrected_twice_before_the_mail_leaves_it_goes_once_to_the_last(form, letters):
    bounced(form, letters)
    correct("wrong@mail.example")
    correct()
    a_pass(NOW + HOUR)
    assert letters == ["ana@mail.example", NEW]


def test_bounced_again_and_corrected_again_it_goes_again(form, letters):
    bounced(form, letters)
    correct("wrong@mail.example")
    a_pass(NOW + HOUR)
    told("invitation", "bounced", NOW + 2 * HOUR)
    correct(now=NOW + 3 * HOUR)
    a_pass(NOW + 3 * HOUR)
    assert letters == ["ana@mail.example", "wrong@mail.example", NEW]
    assert Message.objects.values("key").distinct().count() == 3


def test_back_to_the_address_that_has_its_invitation_it_does_not_go_there_again(form, letters):
    """The reminder came back, the address was changed, and the new one was wrong."""
    Occurrence.objects.filter(pk=form.pk).update(due_at=NOW - 25 * HOUR)
    reminder_bounced(form, letters)
    correct("wrong@mail.example")
    a_pass(NOW + 5 * HOUR)
    told("invitation", "bounced", NOW + 6 * HOUR)
    correct("Ana@mail.example", now=NOW + 7 * HOUR)
    for hours in (7, 12, 30):
        a_pass(NOW + hours * HOUR)
    invited = Message.objects.filter(kind="invitation").order_by("pk")
    assert [(one.to_address, one.state) for one in invited] == [
        ("ana@mail.example", "accepted"), ("wrong@mail.example", "bounced"),
    ]  # fmt: skip
    form.refresh_from_db()
    assert form.state == "unreachable", "and is counted so"
    assert asked_twice(NOW) == []


def test_other_capitals_are_no_other_address(form, letters):
    bounced(form, letters)
    again = cast.ana_row(email="Ana@Mail.example")
    enrol.enrol(again, by="import", now=NOW + HOUR)
    a_pass(NOW + HOUR)
    form.refresh_from_db()
    assert (form.state, Patient.objects.get().mail_stop) == ("unreachable", "bounced")
    assert letters == ["ana@mail.example"]


def test_corrected_before_the_bounce_is_heard_of_it_goes_all_the_same_and_once(form, letters):
    invite(form.pk, by="test", now=NOW)
    correct()
    a_pass(NOW + HOUR)
    assert letters == ["ana@mail.example"], "what has arrived is not sent twice"
    told("invitation", "bounced", NOW + 2 * HOUR)
    a_pass(NOW + 2 * HOUR)
    assert letters == ["ana@mail.example", NEW]
    old = Message.objects.order_by("pk").first()
    hear([Heard(old.ref, "dropped", NOW)], by="sendgrid", now=NOW + 3 * HOUR)
    form.refresh_from_db()
    assert form.state == "sent", "what is said of the old address no longer counts"


def test_a_doubtful_letter_to_the_old_address_does_not_stand_for_the_new_one(form, letters):
    Occurrence.objects.filter(pk=form.pk).update(closes_at=NOW + 5 * DAY)
    letters.answer = Outcome("in_doubt")
    invite(form.pk, by="test", now=NOW)
    letters.answer = Outcome("accepted")
    leave.not_me(form, now=NOW)
    for pk in due_reminders(now=NOW + 25 * HOUR):
        remind(pk, by="test", now=NOW + 25 * HOUR)
    correct(now=NOW + 25 * HOUR)
    old = Message.objects.order_by("pk").first()
    hear([Heard(old.ref, "delivered", NOW)], by="sendgrid", now=NOW + 25 * HOUR)
    a_pass(NOW + 46 * HOUR)
    assert letters == ["ana@mail.example", NEW]
    form.refresh_from_db()
    assert form.state == "sent"
    assert asked_twice(NOW) == [], "and verify has nothing to say of it"


def test_a_form_of_a_session_that_was_cancelled_meanwhile_does_not_come_back(form, letters):
    without_address(form, letters)
    session = form.course.sessions.get(superseded_at=None)
    change_session(session, at=session.at, status="cancelled", by="front desk", now=NOW)
    correct()
    a_pass(NOW + HOUR)
    form.refresh_from_db()
    assert (form.state, letters) == ("superseded", [])


def test_not_sent_in_time_it_is_counted_so(form, letters):
    bounced(form, letters)
    correct()
    close_windows(by="test", now=form.closes_at)
    form.refresh_from_db()
    assert (form.state, form.reason) == ("skipped", "not sent in time")
