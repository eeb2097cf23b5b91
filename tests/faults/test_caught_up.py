"""What an outage held up: which one mail a patient still gets, and what becomes of the others."""

from datetime import timedelta

import pytest

from flows import remind, send
from surveys.actions import mail, outage
from surveys.actions.enrol import set_address, set_status
from surveys.actions.hear import hear
from surveys.actions.outage import HELD_UP
from surveys.actions.schedule import open_due
from surveys.actions.send import NEWER_REMINDER
from surveys.mail.heard import Heard
from surveys.mail.transports import Outcome
from surveys.models import Event, MailLine, Message, Occurrence, Patient
from tests import cast
from tests.cast import DAY, HOUR, MINUTE, START

pytestmark = pytest.mark.django_db

NOON = START + 3 * HOUR
SECOND = timedelta(seconds=1)


@pytest.fixture
def forms():
    """Ana's first check-in went out in time. Of the day after, a weekly form and a check wait."""
    course = cast.ana()
    send.run_once(NOON, on_schedule=True)
    baseline = course.occurrences.get(survey="baseline")
    weekly, check = (form(course, n, hours) for n, hours in enumerate((2, 6), start=1))
    Occurrence.objects.exclude(pk__in=[baseline.pk, weekly.pk, check.pk]).delete()
    return {"baseline": baseline, "weekly": weekly, "check": check}


def form(course, number: int, hours: int) -> Occurrence:
    due = NOON + hours * HOUR
    return course.occurrences.create(
        protocol=course.protocol, protocol_version=1, rule=f"held-{number}", ordinal=number,
        survey="weekly", instruments=["gad7"] if number == 1 else ["after_session"],
        due_at=due, closes_at=due + 9 * DAY, state="planned", state_at=START,
    )  # fmt: skip


def states(forms) -> dict[str, tuple[str, str]]:
    rows = {name: Occurrence.objects.get(pk=row.pk) for name, row in forms.items()}
    return {name: (row.state, row.reason) for name, row in rows.items()}


def mails_since(instant) -> list[tuple[str, str]]:
    tried = Message.objects.filter(handed_at__gte=instant).order_by("handed_at")
    sent = tried.exclude(state="cancelled")
    return [(one.kind, one.occurrence.rule) for one in sent]


@pytest.mark.parametrize("first", [send, remind], ids=["sending", "reminding"])
def test_the_newest_form_is_asked_and_the_rest_is_counted(forms, first):
    """The reminder of the first check-in, too, was due meanwhile."""
    back = NOON + 25 * HOUR
    first.run_once(back, on_schedule=True)
    for hours in (1, 5, 21):
        for flow in (send, remind):
            MailLine.objects.update(last_pass_at=back + hours * HOUR)
            flow.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-2")]
    assert states(forms) == {
        "baseline": ("sent", ""), "weekly": ("skipped", HELD_UP), "check": ("sent", ""),
    }  # fmt: skip
    reminder = Message.objects.get(kind="reminder")
    assert (reminder.state, reminder.error) == ("cancelled", HELD_UP)
    assert Event.objects.filter(verb="caught up").exists()


def test_a_reminder_that_waited_for_its_next_try_takes_the_newer_one_with_it(forms, monkeypatch):
    """The server was busy at the first reminder's hour; the second's passed during the outage."""
    Occurrence.objects.filter(pk=forms["weekly"].pk).delete()
    due = NOON + 70 * HOUR
    Occurrence.objects.filter(pk=forms["check"].pk).update(due_at=due, closes_at=due + 9 * DAY)
    Occurrence.objects.filter(pk=forms["baseline"].pk).update(closes_at=NOON + 20 * DAY)
    with monkeypatch.context() as busy:
        busy.setattr(mail, "_transport", lambda: lambda letter: Outcome("later"))
        remind.run_once(NOON + 24 * HOUR)
    assert Message.objects.get(kind="reminder").state == "retry"
    back = NOON + 75 * HOUR
    for hours in (0, 1, 5, 21, 23):
        MailLine.objects.update(last_pass_at=NOON if not hours else back + hours * HOUR)
        for flow in (send, remind):
            flow.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-2")]
    reminders = Message.objects.filter(kind="reminder")
    assert {(one.state, one.error) for one in reminders} == {("cancelled", HELD_UP)}
    assert reminders.count() == 2


def test_a_reminder_that_waited_gives_way_to_the_newer_one(forms, monkeypatch):
    """The server was busy from the first reminder's hour to the second's: one of them leaves."""
    Occurrence.objects.exclude(pk=forms["baseline"].pk).delete()
    Occurrence.objects.filter(pk=forms["baseline"].pk).update(closes_at=NOON + 20 * DAY)
    with monkeypatch.context() as busy:
        busy.setattr(mail, "_transport", lambda: lambda letter: Outcome("later"))
        remind.run_once(NOON + 24 * HOUR)
    for hours in (72, 77, 96):
        remind.run_once(NOON + hours * HOUR)
    assert mails_since(NOON + HOUR) == [("reminder", "baseline")]
    first, second = Message.objects.filter(kind="reminder").order_by("key")
    assert (first.state, first.error) == ("cancelled", NEWER_REMINDER)
    assert second.key.endswith(":2")


def test_what_falls_due_afterwards_goes_as_ever(forms):
    back = NOON + 25 * HOUR
    send.run_once(back, on_schedule=True)
    new = form(forms["baseline"].course, 3, 46)
    for hours in range(1, 30):
        MailLine.objects.update(last_pass_at=back + hours * HOUR)
        send.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-2"), ("invitation", new.rule)]


@pytest.mark.parametrize(
    ("stopped_at", "back", "left_out"),
    [
        # the weekly form would have left at 16:00 and the check at 20:00, four hours after it
        (NOON, NOON + 8 * HOUR, 0),
        (NOON, NOON + 8 * HOUR + SECOND, 1),
        (NOON + 4 * HOUR + SECOND, NOON + 8 * HOUR + SECOND, 0),
        # the reminder of the first check-in as well
        (NOON, NOON + 25 * HOUR, 2),
        (NOON - 15 * DAY, NOON + 25 * HOUR, 2),
        # a restart, however long they have waited by then: they still leave apart
        (NOON + 24 * HOUR, NOON + 25 * HOUR, 0),
    ],
)
def test_an_outage_leaves_out_where_two_mails_would_have_left(forms, stopped_at, back, left_out):
    open_due(now=back)
    MailLine.objects.update(last_pass_at=stopped_at)
    assert outage.catch_up(by="test", now=back) == left_out
    assert outage.catch_up(by="test", now=back) == 0


def bounced(weekly: Occurrence) -> None:
    send.run_once(NOON + 2 * HOUR, on_schedule=True)
    ref = weekly.messages.get().ref
    hear([Heard(ref, "bounced", NOON + 150 * MINUTE)], by="smtp", now=NOON + 150 * MINUTE)


def without_address(weekly: Occurrence) -> None:
    Patient.objects.update(email="")
    send.run_once(NOON + 2 * HOUR, on_schedule=True)


@pytest.mark.parametrize("unreached", [bounced, without_address])
@pytest.mark.parametrize(
    ("corrected", "back", "left_out"),
    [
        # it would have left four hours after the check, which fell due at six o'clock
        (7 * HOUR, 8 * HOUR, 0),
        (4 * HOUR, 8 * HOUR, 0),
        # it would have left at four o'clock and the check at eight
        (4 * HOUR, 8 * HOUR + SECOND, 1),
    ],
)
def test_a_form_that_came_back_with_a_corrected_address_was_held_up_only_since(
    forms, unreached, corrected, back, left_out
):
    # of an older version of the protocol: planning anew leaves them as they are
    Occurrence.objects.filter(rule__startswith="held").update(protocol_version=0)
    Message.objects.update(state_at=NOON - 4 * HOUR)  # the first mail keeps no other one waiting
    unreached(forms["weekly"])
    MailLine.objects.update(last_pass_at=NOON + 3 * HOUR)
    assert states(forms)["weekly"][0] == "unreachable"
    set_address(Patient.objects.get(), "right@mail.example", by="desk", now=NOON + corrected)
    open_due(now=NOON + back)
    assert outage.catch_up(by="test", now=NOON + back) == left_out


def test_a_form_that_is_asked_no_longer_is_not_the_one_kept(forms):
    """Its questionnaire was switched off meanwhile: the other one that waits is asked."""
    Occurrence.objects.filter(pk=forms["check"].pk).update(instruments=[])
    assert_the_weekly_form_is_kept(forms, "switched off")


def test_a_form_that_closes_before_it_could_leave_is_not_the_one_kept(forms):
    """Sending works again at nine in the evening; the check closes at seven in the morning."""
    night = NOON + 9 * HOUR
    Occurrence.objects.filter(pk=forms["check"].pk).update(closes_at=night + 10 * HOUR)
    send.run_once(night, on_schedule=True)
    assert states(forms)["check"] == ("skipped", HELD_UP)
    send.run_once(night + 12 * HOUR, on_schedule=True)
    assert mails_since(night) == [("invitation", "held-1")]


def assert_the_weekly_form_is_kept(forms, why):
    back = NOON + 25 * HOUR
    for hours in (0, 5, 21):
        MailLine.objects.update(last_pass_at=NOON if not hours else back + hours * HOUR)
        send.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-1")]
    assert states(forms)["check"] in [("skipped", HELD_UP), ("skipped", why)]


@pytest.mark.parametrize("why", ["stopped", "out_of_reach"])
@pytest.mark.parametrize(
    ("hours", "mails"),
    [
        (3, ["held-1", "held-2"]),  # until five; the check falls due at six
        (24, ["held-2"]),
    ],
)
def test_a_refused_key_or_a_server_out_of_reach_for_hours_is_an_outage_too(
    forms, monkeypatch, why, hours, mails
):
    with monkeypatch.context() as refusing:
        refusing.setattr(mail, "_transport", lambda: lambda letter: Outcome(why, "no"))
        passes(NOON + 2 * HOUR, hours)
    passes(NOON + (2 + hours) * HOUR, 70 - hours)
    sent = [rule for kind, rule in mails_since(NOON + HOUR) if kind == "invitation"]
    assert sent == mails
    line = MailLine.objects.get()
    assert (line.held_up_since, line.closed_since, line.out_of_reach_since) == (None, None, None)


def test_one_letter_that_is_not_taken_for_hours_is_no_outage(forms, monkeypatch):
    """A mailbox that is busy all day, on a server that answers."""
    with monkeypatch.context() as busy:
        busy.setattr(mail, "_transport", lambda: lambda letter: Outcome("later", "450"))
        passes(NOON + 2 * HOUR, 24)
    passes(NOON + 26 * HOUR, 44)
    assert states(forms)["weekly"] == states(forms)["check"] == ("sent", "")


def passes(first, hours) -> None:
    """Fewer than there are, and never so far apart that their own pause were an outage."""
    for after in range(0, hours, 3):
        for flow in (send, remind):
            flow.run_once(first + after * HOUR, on_schedule=True)


def test_whoever_sends_by_hand_once_a_day_has_no_outage(forms):
    MailLine.objects.update(last_pass_at=None)
    for day in (1, 2):
        send.run_once(NOON + day * DAY + HOUR)
    assert mails_since(NOON + DAY) == [("invitation", "held-1"), ("invitation", "held-2")]
    assert MailLine.objects.get().last_pass_at is None


def test_stopped_half_way_it_is_begun_again(forms, monkeypatch):
    back = NOON + 25 * HOUR
    with monkeypatch.context() as broken:
        broken.setattr(outage, "leave_out_overtaken", stopped)
        with pytest.raises(KeyboardInterrupt):
            send.run_once(back, on_schedule=True)
    assert mails_since(back) == []
    send.run_once(back + 5 * MINUTE, on_schedule=True)
    assert states(forms)["weekly"] == ("skipped", HELD_UP)
    assert MailLine.objects.get().held_up_since is None


def stopped(**_) -> int:
    raise KeyboardInterrupt


def test_whoever_must_not_be_mailed_is_counted_for_that(forms):
    set_status(forms["baseline"].course.patient, "on_hold", by="desk", now=NOON)
    for minutes in (0, 5):
        send.run_once(NOON + 25 * HOUR + minutes * MINUTE, on_schedule=True)
    assert states(forms)["weekly"] == states(forms)["check"] == ("skipped", "on hold")
