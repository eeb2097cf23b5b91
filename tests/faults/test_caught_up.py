"""What an outage held up: which one mail a patient still gets, and what becomes of the others."""

from datetime import timedelta

import pytest

from flows import remind, send
from surveys.actions import mail, outage
from surveys.actions.enrol import set_status
from surveys.actions.outage import HELD_UP, OUTAGE_FROM
from surveys.actions.schedule import open_due
from surveys.mail.transports import Outcome
from surveys.models import Event, MailLine, Message, Occurrence
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
    sent = Message.objects.filter(handed_at__gte=instant).order_by("handed_at")
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
    back = NOON + 74 * HOUR
    for hours in (0, 1, 5, 21, 23):
        MailLine.objects.update(last_pass_at=NOON if not hours else back + hours * HOUR)
        for flow in (send, remind):
            flow.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-2")]
    reminders = Message.objects.filter(kind="reminder")
    assert {(one.state, one.error) for one in reminders} == {("cancelled", HELD_UP)}
    assert reminders.count() == 2


def test_what_falls_due_afterwards_goes_as_ever(forms):
    back = NOON + 25 * HOUR
    send.run_once(back, on_schedule=True)
    new = form(forms["baseline"].course, 3, 46)
    for hours in range(1, 30):
        MailLine.objects.update(last_pass_at=back + hours * HOUR)
        send.run_once(back + hours * HOUR, on_schedule=True)
    assert mails_since(back) == [("invitation", "held-2"), ("invitation", new.rule)]


@pytest.mark.parametrize(
    ("gap", "left_out"), [(OUTAGE_FROM - SECOND, 0), (OUTAGE_FROM, 2), (40 * DAY, 2)]
)
def test_an_outage_is_half_an_hour_in_which_the_timetable_did_not_send(forms, gap, left_out):
    now = NOON + 25 * HOUR
    open_due(now=now)
    MailLine.objects.update(last_pass_at=now - gap)
    assert outage.catch_up(by="test", now=now) == left_out
    assert outage.catch_up(by="test", now=now) == 0


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
    assert not MailLine.objects.get().held_up


def stopped(**_) -> int:
    raise KeyboardInterrupt


def test_whoever_must_not_be_mailed_is_counted_for_that(forms):
    set_status(forms["baseline"].course.patient, "on_hold", by="desk", now=NOON)
    for minutes in (0, 5):
        send.run_once(NOON + 25 * HOUR + minutes * MINUTE, on_schedule=True)
    assert states(forms)["weekly"] == states(forms)["check"] == ("skipped", "on hold")
