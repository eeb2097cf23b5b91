"""A clock that jumps: nothing goes to patients, nothing closes, alerts go on, somebody is told."""

from collections import Counter
from datetime import timedelta

import pytest

from flows import alert, clock, remind, send, upkeep, weekly
from flows.sweep import HELD
from surveys import wallclock
from surveys.actions.answer import instruments_of, submit
from surveys.actions.clock import is_right, trust
from surveys.actions.draft import save_draft
from surveys.actions.lease import LEASE
from surveys.actions.send import invite
from surveys.actions.watch import alarms
from surveys.balance import complaints
from surveys.clock_watch import Reading, is_wrong, jump
from surveys.models import Alert, ClockWatch, Event, Message, Occurrence, Response, Token
from tests import cast, doors
from tests.cast import DAY, HOUR, MINUTE, START

YEAR = 365 * DAY
WAITS = "waits: another mail went out just now"
NOW = START + HOUR


def at(passed: timedelta, astray: timedelta = timedelta(), boot: str = "this run") -> Reading:
    """The machine after so much true time, with the clock astray by so much."""
    return Reading(NOW + passed + astray, boot, passed.total_seconds() if boot == "this run" else 9)


@pytest.mark.parametrize("passed", [MINUTE, HOUR, DAY, 10 * DAY, 40 * DAY])
@pytest.mark.parametrize(
    ("astray", "wrong"),
    [
        (timedelta(), False),
        (timedelta(minutes=-5), False),
        (timedelta(minutes=-5, seconds=-1), True),
        (timedelta(minutes=10), False),
        (timedelta(minutes=10, seconds=1), True),
        (HOUR, True), (-HOUR, True), (DAY, True), (-DAY, True), (YEAR, True), (-YEAR, True),
    ],
)  # fmt: skip
def test_on_one_run_of_the_machine_an_outage_is_told_from_a_jump(passed, astray, wrong):
    assert is_wrong(jump(at(timedelta()), at(passed, astray))) is wrong


@pytest.mark.parametrize(
    ("moved", "wrong"),
    [(HOUR, False), (40 * DAY, False), (45 * DAY, False), (46 * DAY, True), (YEAR, True),
     (-4 * MINUTE, False), (-6 * MINUTE, True), (-DAY, True), (-YEAR, True)],
)  # fmt: skip
def test_across_a_restart_only_a_step_back_or_longer_than_any_outage_is_a_jump(moved, wrong):
    assert is_wrong(jump(at(timedelta()), at(moved, boot="the next run"))) is wrong


@pytest.fixture
def machine(monkeypatch):
    """A machine whose clock the test sets: `machine(passed, astray)`."""

    def sets(passed, astray=timedelta()):
        this = at(passed, astray)
        monkeypatch.setattr(wallclock, "reading", lambda: this)
        monkeypatch.setattr(wallclock, "now", lambda: this.wall)

    sets(timedelta())
    return sets


def ledger() -> list:
    return list(Occurrence.objects.order_by("pk").values_list("pk", "state", "reason"))


@pytest.mark.django_db
@pytest.mark.parametrize("astray", [HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR])
def test_while_the_clock_is_astray_nothing_is_sent_or_closed(machine, mailbox, astray):
    cast.ana()
    cast.ben()
    send.run_once()
    sent, before = len(list(mailbox.glob("*.eml"))), ledger()
    machine(MINUTE, astray)
    held = [flow.run_once()[HELD] for flow in (send, remind, weekly, upkeep)]
    assert held == [1, 1, 1, 1]
    assert len(list(mailbox.glob("*.eml"))) == sent
    assert ledger() == before
    (alarm,) = alarms(now=wallclock.now())
    assert "The clock jumped" in alarm.what


@pytest.mark.django_db
@pytest.mark.parametrize("astray", [HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR])
def test_alerts_go_on_while_the_clock_is_astray_and_after(machine, mailbox, astray):
    row = cast.due(cast.ana(), "baseline", now=NOW)
    form = {"phq9": cast.phq9(1, 1, 1, 1, 1, 1, 1, 1, 3)}
    submit(row, form, mode="web", by="patient", now=NOW)
    alert.run_once()
    for minute in range(1, 300):
        machine(minute * MINUTE, astray if 60 <= minute < 180 else timedelta())
        alert.run_once()
    notices = Message.objects.filter(kind="alert", state="accepted").count()
    assert notices >= 300 // 30 - 1, "the ladder's longest step is half an hour"
    assert Alert.objects.get().state == "escalated"


@pytest.mark.django_db
@pytest.mark.parametrize("astray", [HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR])
def test_no_link_ends_while_the_clock_is_astray_and_question_nine_is_told(machine, mailbox, astray):
    row = cast.due(cast.ana(), "baseline", now=NOW)
    link = doors.invited(row, mailbox, now=NOW)
    send.run_once()
    opened_before = doors.opened(link)
    machine(MINUTE, astray)
    send.run_once()
    assert doors.opened(link).get("/s/").status_code == 200
    opened_before.post("/s/", doors.filled(row, instruments_of(row), choice=3))
    assert Response.objects.count() == 2
    assert Alert.objects.get().response.instrument == "phq9"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ended_before", "then", "page"),
    [
        (False, "the clock agrees again", 200),
        (False, "somebody trusts the clock as it stands", 404),
        (True, "the clock stays astray", 404),
        (True, "the clock agrees again", 404),
    ],
)
def test_a_link_ends_by_a_clock_that_is_trusted(machine, mailbox, ended_before, then, page):
    row = cast.due(cast.ana(), "baseline", now=NOW)
    link = doors.invited(row, mailbox, now=NOW)
    is_right(wallclock.reading(), by="flow")
    if ended_before:
        Token.objects.update(expires_at=NOW - MINUTE)
    machine(MINUTE, YEAR)
    is_right(wallclock.reading(), by="flow")
    if then == "the clock agrees again":
        machine(2 * MINUTE)
        is_right(wallclock.reading(), by="flow")
    elif then == "somebody trusts the clock as it stands":
        trust(wallclock.reading(), by="operator")
    assert doors.opened(link).get("/s/").status_code == page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ahead_by", "told_at"),
    [
        (timedelta(), 15 * MINUTE),
        (10 * MINUTE, 25 * MINUTE),
        (timedelta(minutes=10, seconds=1), timedelta()),
        (DAY, timedelta()),
        (YEAR, timedelta()),
    ],
)
def test_a_draft_of_question_nine_kept_by_a_clock_ahead_is_told_once_it_is_set_right(
    ahead_by, told_at
):
    row = cast.due(cast.ana(), "baseline", now=NOW)
    answers = {"phq9": cast.phq9(0, 0, 0, 0, 0, 0, 0, 0, 3)}
    save_draft(row, answers, by="patient", now=NOW + ahead_by)
    if told_at:
        alert.run_once(NOW + told_at - MINUTE)
        assert not Alert.objects.exists()
    alert.run_once(NOW + told_at)
    assert Alert.objects.get().unsent == row


@pytest.mark.django_db
@pytest.mark.parametrize(("ahead_by", "named"), [(10 * MINUTE, False), (DAY, True)])
def test_verify_names_a_draft_of_question_nine_that_seems_to_lie_ahead(ahead_by, named):
    row = cast.due(cast.ana(), "baseline", now=NOW)
    save_draft(row, {"phq9": {"9": 3}}, by="patient", now=NOW + ahead_by)
    begun = f"Survey {row.pk} was begun with an answer that must be told"
    assert any(line.startswith(begun) for line in complaints(now=NOW)) is named


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("dated", "next_mail"),
    [
        (-4 * HOUR, "accepted"),
        (-4 * HOUR + MINUTE, WAITS),
        (timedelta(), WAITS),
        (10 * MINUTE, WAITS),
        (timedelta(minutes=10, seconds=1), "accepted"),
        (30 * DAY, "accepted"),
    ],
)
def test_a_mail_dated_by_a_clock_that_was_wrong_keeps_no_other_waiting(mailbox, dated, next_mail):
    course = cast.ana()
    first = cast.due(course, "baseline", now=NOW)
    assert invite(first.pk, by="flow", now=NOW) == "accepted"
    second = course.occurrences.create(
        protocol=course.protocol, protocol_version=1, rule="another", ordinal=1, survey="weekly",
        instruments=["gad7"], due_at=NOW, closes_at=NOW + 9 * DAY, state="due", state_at=NOW,
    )  # fmt: skip
    Message.objects.update(state_at=NOW + dated)
    assert invite(second.pk, by="flow", now=NOW) == next_mail


@pytest.mark.django_db
def test_a_clock_that_agrees_again_is_trusted_again(machine):
    cast.ana()
    send.run_once()
    machine(MINUTE, YEAR)
    send.run_once()
    machine(10 * MINUTE)
    assert send.run_once()[HELD] == 0
    assert alarms(now=wallclock.now()) == []
    verbs = [verb for verb in Event.objects.values_list("verb", flat=True) if "clock" in verb]
    assert verbs == ["clock jumped", "clock agrees again"]


@pytest.mark.django_db
def test_a_person_may_trust_the_clock_as_it_stands(machine, capsys):
    is_right(wallclock.reading(), by="flow")
    machine(MINUTE, DAY)
    assert not is_right(wallclock.reading(), by="flow")
    trust(wallclock.reading(), by="operator")
    assert is_right(wallclock.reading(), by="flow")
    assert ClockWatch.objects.get().wrong_since is None


@pytest.mark.django_db
def test_a_step_in_the_middle_of_a_pass_holds_the_rest(machine, monkeypatch):
    cast.ana()
    cast.ben()
    real, done = send.invite, []

    def invite_then_step(pk, *, by, now):
        done.append(real(pk, by=by, now=now))
        machine(MINUTE, DAY)
        return done[-1]

    monkeypatch.setattr(send, "invite", invite_then_step)
    assert send.run_once() == {"accepted": 1, HELD: 1}


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [9, 11, 60])
def test_a_long_pass_of_upkeep_leaves_alone_the_letter_that_was_claimed_meanwhile(
    machine, monkeypatch, minutes
):
    cast.ana()
    send.run_once()
    letter, passed = Message.objects.get(), minutes * MINUTE

    def long_step(_by, _now):
        machine(passed)
        Message.objects.update(state="sending", lease_until=NOW + passed + LEASE)
        return Counter()

    monkeypatch.setattr(upkeep, "MOVE_ON", (*upkeep.MOVE_ON, long_step))
    assert upkeep.run_once()["in doubt"] == 0
    letter.refresh_from_db()
    assert letter.state == "sending"


@pytest.mark.django_db
def test_a_step_of_the_clock_in_the_middle_of_upkeep_holds_what_moves_on_and_nothing_else(
    machine, monkeypatch
):
    done = []

    def steps_the_clock(_by, _now):
        machine(MINUTE, YEAR)
        return Counter()

    def goes_on(word):
        return lambda _by, _now: done.append(word) or Counter()

    monkeypatch.setattr(upkeep, "MOVE_ON", (steps_the_clock, goes_on("closed"), goes_on("erased")))
    monkeypatch.setattr(upkeep, "ALWAYS", (goes_on("freed"),))
    assert upkeep.run_once() == {HELD: 1}
    assert done == ["freed"]


@pytest.mark.django_db
def test_the_command_says_so_and_mends_it(machine, capsys):
    is_right(wallclock.reading(), by="flow")
    machine(MINUTE, DAY)
    assert clock.run(_typed(trust=False)) == 3
    assert "JUMPED" in capsys.readouterr().out
    assert clock.run(_typed(trust=True)) == 0


def _typed(*, trust: bool):
    return type("Typed", (), {"trust": trust})()
