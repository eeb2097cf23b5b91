"""One order in which rows are held, whatever the verb: else two of them wait in a circle."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.actions import enrol, leave, mail, treat
from surveys.actions.alert import acknowledge
from surveys.actions.answer import submit
from surveys.actions.collect import submit_here
from surveys.actions.doubt import decide
from surveys.actions.hear import hear
from surveys.actions.history import record_history
from surveys.actions.schedule import close_windows, replan
from surveys.actions.send import invite
from surveys.history import HistoryStatement
from surveys.mail.heard import Heard
from surveys.mail.transports import Outcome
from surveys.models import Alert, Message, Patient
from tests import cast
from tests.cast import DAY, HOUR, MINUTE, START, ana_row, phq9

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite holds the whole file"),
]

NOW = START + HOUR
ORDER = ("patient", "occurrence", "alert", "message", "chainhead")
HELD = re.compile(r'FROM "surveys_(\w+)".* FOR (?:NO KEY )?UPDATE|^UPDATE "surveys_(\w+)"', re.S)


def first_held(statements: list[str]) -> list[str]:
    """The tables in the order in which a row of each was first held."""
    found = [match for text in statements if (match := HELD.search(text))]
    names = dict.fromkeys(match[1] or match[2] for match in found)
    return [name for name in names if name in ORDER]


class Clinic:
    """Ana, invited, with an alert and somebody on call."""

    def __init__(self) -> None:
        self.course = cast.ana()
        self.row = cast.due(self.course, "baseline", now=NOW)
        invite(self.row.pk, by="flow", now=NOW)
        self.message = Message.objects.get()

    @property
    def patient(self) -> Patient:
        return self.course.patient

    def endorsed(self, by_hand: bool = False) -> Alert:
        answers = {"phq9": phq9(0, 0, 0, 0, 0, 0, 0, 0, 1)}
        if by_hand:
            done = submit_here(self.row, answers, mode="phone", by="staff:1", now=NOW)
        else:
            done = submit(self.row, answers, mode="web", by="patient", now=NOW)
        assert done.alert
        return done.alert


def bounced(clinic: Clinic) -> None:
    hear([Heard(clinic.message.ref, "bounced", NOW)], by="provider", now=NOW)


def stuck(_: Clinic) -> None:
    assert mail.sweep_stuck(by="flow", now=NOW) == 1


VERBS = {
    "a form comes in by mail": lambda it: it.endorsed(),
    "a form is typed": lambda it: it.endorsed(by_hand=True),
    "a mail bounces": bounced,
    "on hold": lambda it: enrol.set_status(it.patient, "on_hold", by="desk", now=NOW),
    "active": lambda it: enrol.set_status(it.patient, "active", by="desk", now=NOW),
    "discharged": lambda it: enrol.set_status(it.patient, "discharged", by="desk", now=NOW),
    "new address": lambda it: enrol.set_address(it.patient, "n@m.example", by="desk", now=NOW),
    "another time zone": lambda it: enrol.enrol(
        ana_row(timezone="Europe/Berlin", status="on_hold"), by="desk", now=NOW
    ),
    "asked to stop": lambda it: leave.stop_mails(it.row, now=NOW),
    "a session": lambda it: treat.record_session(it.course, at=NOW, by="desk", now=NOW),
    "another treatment": lambda it: record_history(
        it.patient, HistoryStatement("tms"), by="staff:1", now=NOW
    ),
}


OF_MAIL = {
    "sending": stuck,
    "in_doubt": lambda it: decide(it.message.pk, "resend", by="desk", now=NOW),
}


@pytest.mark.parametrize(
    ("state", "verb"),
    [*(("accepted", verb) for verb in VERBS.values()), *OF_MAIL.items()],
    ids=[*VERBS, "a sender died", "a doubt is decided"],
)
def test_every_verb_holds_its_rows_in_one_order(state, verb):
    clinic = Clinic()
    Message.objects.update(state=state, lease_until=NOW)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        verb(clinic)
    held = first_held([one["sql"] for one in seen.captured_queries])
    assert "chainhead" in held
    assert held == sorted(held, key=ORDER.index)


@pytest.mark.parametrize("outcome", ["accepted", "address_refused", "refused", "stopped"])
def test_a_notice_and_its_acknowledgement_hold_theirs_in_one_order(monkeypatch, outcome):
    alert = Clinic().endorsed()
    notice = Message.objects.filter(alert=alert).first()
    claimed = []

    def transport(_letter):
        claimed.append(len(connection.queries_log))
        return Outcome(outcome)

    monkeypatch.setattr(mail, "_transport", lambda: transport)
    with CaptureQueriesContext(connection) as seen:
        mail.hand_over(notice.pk, by="flow", now=NOW)
    said = [one["sql"] for one in connection.queries_log]
    for part in (said[: claimed[0]], said[claimed[0] :]):
        held = first_held(part)
        assert {"alert", "message"} <= set(held)
        assert held == sorted(held, key=ORDER.index)
    with CaptureQueriesContext(connection) as seen:
        acknowledge(alert.pk, staff=cast.okafor(), now=NOW + MINUTE)
    after = first_held([one["sql"] for one in seen.captured_queries])
    assert after == ["alert", "message", "chainhead"]


MANY = {
    "plans anew": lambda it: replan(it.course, by="desk", now=NOW),
    "closes windows": lambda it: close_windows(by="flow", now=NOW + 40 * DAY),
    "on hold": VERBS["on hold"],
}
BY_NUMBER = re.compile(r'^SELECT (\S+\."id").* ORDER BY (?:1|\1) ASC FOR ')


@pytest.mark.parametrize("verb", MANY.values(), ids=MANY)
def test_several_surveys_are_first_held_by_their_number(verb):
    clinic = Clinic()
    with CaptureQueriesContext(connection) as seen:
        verb(clinic)
    held = [one["sql"] for one in seen.captured_queries if "UPDATE" in one["sql"]]
    first = next(text for text in held if 'FROM "surveys_occurrence"' in text)
    assert BY_NUMBER.search(first), first
