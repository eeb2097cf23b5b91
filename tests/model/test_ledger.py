"""The ledger against a small model of it: whatever happens, in whatever order, both say the same.

Hypothesis chooses what happens to two patients, step by step, and shortens what it finds.
"""

import shutil
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as house
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from surveys.actions import answer, backlog, enrol, leave, mail, schedule, send, treat
from surveys.actions.hear import hear
from surveys.mail.heard import Heard
from surveys.mail.letter import Letter
from surveys.mail.transports import Outcome
from surveys.models import Alert, Course, Message, Occurrence, Patient, Token
from tests import cast, proof
from tests.cast import HOUR, START
from tests.model import reference
from tests.model.reference import FATES, TOLD, Person

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

RUNS, STEPS = proof.share(8, 2_000), 50
WHO = st.integers(0, 1)
PICK = st.integers(0, 99)
FATE = st.sampled_from([*FATES, "accepted", "accepted"])
PLAYED: Counter[str] = Counter()


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now, self.fate, self.days = START, "accepted", 0
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.letters: Counter[str] = Counter()
        self.people = [Person(START, f"p{n}@mail.example") for n in range(2)]
        self.courses = [
            cast.ana(code=f"M-{n}", email=f"p{n}@mail.example", protocol="two-forms",
                     timezone="America/Phoenix")
            for n in range(2)
        ]  # fmt: skip
        self.sessions: dict[tuple[int, int], str] = {}
        for person in self.people:
            person.plan(START)
        mail._transport = lambda: self.take

    def take(self, letter: Letter) -> Outcome:
        self.letters[letter.to.split("@")[0].split("-")[0]] += self.fate in ("accepted", "in_doubt")
        return Outcome(self.fate)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        PLAYED["runs"] += 1

    def course(self, who: int) -> Course:
        return Course.objects.select_related("patient").get(pk=self.courses[who].pk)

    # -- time and the flows

    @rule(hours=st.sampled_from([1, 3, 5, 12, 24, 26, 49, 75, 130]))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR + timedelta(minutes=7)

    @rule(fate=FATE)
    def invitations_go_out(self, fate: str) -> None:
        self.fate = fate
        schedule.open_due(now=self.now)
        backlog.leave_out_overtaken(by="flow", now=self.now)
        for pk in send.due_invitations(now=self.now):
            send.invite(pk, by="flow", now=self.now)
        for person in self.people:
            person.invite(fate, self.now)

    @rule(fate=FATE)
    def reminders_go_out(self, fate: str) -> None:
        self.fate = fate
        backlog.leave_out_reminders(send.due_reminders(now=self.now), by="flow", now=self.now)
        for pk in send.due_reminders(now=self.now):
            send.remind(pk, by="flow", now=self.now)
        for person in self.people:
            person.remind(fate, self.now)

    @rule()
    def what_is_over_is_closed(self) -> None:
        schedule.close_windows(by="flow", now=self.now)
        mail.sweep_idle(now=self.now)
        for person in self.people:
            person.sweep(self.now)

    # -- sessions

    def free(self, at: object, but: int | None = None) -> bool:
        """Sessions a week apart: what two forms on one day do is another test's matter."""
        others = (when for person in self.people for when, _ in person.sessions.values())
        return all(abs(at - when) > 7 * 24 * HOUR for when in others)

    @rule(who=WHO, hours=st.sampled_from([-20, -3, 26, 60]))
    def a_session_is_recorded(self, who: int, hours: int) -> None:
        at, word = self.now + hours * HOUR, "done" if hours < 0 else "planned"
        if not self.free(at):
            return
        row = treat.record_session(self.course(who), at=at, status=word, by="desk", now=self.now)
        person = self.people[who]
        number = len(person.sessions) + 1
        self.sessions[who, number] = str(row.key)
        person.sessions[number] = at, word
        person.plan(self.now)

    @rule(who=WHO, pick=PICK, word=st.sampled_from(["done", "cancelled", "missed", "planned"]),
          hours=st.sampled_from([0, 0, 2, -5]))  # fmt: skip
    def a_session_is_corrected(self, who: int, pick: int, word: str, hours: int) -> None:
        person = self.people[who]
        if not person.sessions:
            return
        number = 1 + pick % len(person.sessions)
        row = self.course(who).sessions.get(key=self.sessions[who, number], superseded_at=None)
        at = row.at + hours * HOUR
        treat.change_session(row, at=at, status=word, by="desk", now=self.now)
        person.sessions[number] = at, word
        person.plan(self.now)

    # -- patients

    @rule(who=WHO, pick=PICK, ninth=st.integers(0, 3))
    def an_answer_comes(self, who: int, pick: int, ninth: int) -> None:
        """In time, late or a second time; of what was withdrawn none is taken."""
        forms = self.people[who].forms
        names = [n for n in sorted(forms) if forms[n].state not in ("superseded", "cancelled")]
        if not names:
            return
        name = names[pick % len(names)]
        given = {"phq9": cast.phq9(*[0] * 8, ninth)} if name == "baseline" else {
            "gad7": {str(n): 1 for n in range(1, 8)}
        }  # fmt: skip
        answer.submit(self.row(who, name), given, mode="web", by="patient", now=self.now)
        self.people[who].answer(name, ninth)

    def row(self, who: int, name: str) -> Occurrence:
        anchor = "" if name == "baseline" else self.sessions[who, int(name)]
        return Occurrence.objects.get(course=self.courses[who].pk, anchor=anchor)

    @rule(who=WHO, status=st.sampled_from(["active", "active", "on_hold", "discharged"]))
    def the_status_changes(self, who: int, status: str) -> None:
        enrol.set_status(self.course(who).patient, status, by="desk", now=self.now)
        self.people[who].set_status(status, self.now)

    @rule(who=WHO)
    def the_address_changes(self, who: int) -> None:
        self.days += 1
        address = f"p{who}-{self.days}@mail.example"
        enrol.set_address(self.course(who).patient, address, by="desk", now=self.now)
        self.people[who].move_to(address, self.now)

    @rule(who=WHO, pick=PICK)
    def a_mail_comes_back_and_the_address_is_corrected(self, who: int, pick: int) -> None:
        self.the_provider_speaks(who, pick, "bounced")
        self.the_address_changes(who)

    @rule(who=WHO, word=st.sampled_from(["stopped", "not_me"]))
    def mail_is_turned_away(self, who: int, word: str) -> None:
        act = leave.stop_mails if word == "stopped" else leave.not_me
        act(self.row(who, "baseline"), now=self.now)
        self.people[who].turn_away(word)

    @rule(who=WHO, pick=PICK, word=st.sampled_from([*TOLD]))
    def the_provider_speaks(self, who: int, pick: int, word: str) -> None:
        forms = sorted(self.people[who].forms.items())
        mails = [(name, form, one) for name, form in forms for one in form.mails if one.handed_at]
        if not mails:
            return
        name, form, one = mails[pick % len(mails)]
        same_kind = [other for other in form.mails if other.kind == one.kind]
        number = next(n for n, other in enumerate(same_kind) if other is one)
        rows = self.row(who, name).messages.filter(kind=one.kind).order_by("pk")
        told = [Heard(rows[number].ref, word, self.now)]
        hear(told * 2, by="sendgrid", now=self.now)
        self.people[who].hear(form, one, word, self.now)

    # -- both say the same

    @invariant()
    def the_two_agree(self) -> None:
        PLAYED["steps"] += 1
        assert self.seen() == [told(person, self.now) for person in self.people]

    def seen(self) -> list[dict]:
        """Both patients, each table read once: nothing of one may turn up with the other."""
        forms = of_each(Occurrence.objects.all(), "course__patient", "state", "due_at")
        mails = of_each(Message.objects.all(), "patient", "kind", "state")
        live = Token.objects.filter(revoked_at=None, expires_at__gt=self.now)
        links = of_each(live, "occurrence__course__patient", "pk")
        alerts = of_each(Alert.objects.all(), "patient", "pk")
        stops = of_each(Patient.objects.all(), "pk", "mail_stop")
        return [
            {
                "forms": sorted(forms[pk]),
                "mails": Counter(mails[pk]),
                "taken": self.letters[f"p{who}"],
                "links": len(links[pk]),
                "alerts": len(alerts[pk]),
                "stop": stops[pk][0][0],
            }
            for who, pk in enumerate(course.patient_id for course in self.courses)
        ]


def of_each(rows: QuerySet, patient: str, *columns: str) -> dict[int, list[tuple]]:
    """These columns of every row, by the patient it belongs to."""
    found: dict[int, list[tuple]] = defaultdict(list)
    for pk, *values in rows.order_by().values_list(patient, *columns):
        found[pk].append(tuple(values))
    return found


def told(person: Person, now: object) -> dict:
    return {
        "forms": sorted((form.state, form.due) for form in person.forms.values()),
        "mails": Counter((m.kind, m.state) for form in person.forms.values() for m in form.mails),
        "taken": person.taken,
        "links": person.links(now),
        "alerts": person.alerts,
        "stop": person.stop,
    }


@pytest.fixture(autouse=True)
def own_protocol(tmp_path: Path, monkeypatch):
    folder = tmp_path / "own" / "protocols"
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "two-forms.toml", folder)
    monkeypatch.setattr(house, "INSTRUMENTS", folder.parent)
    monkeypatch.setattr(mail, "_transport", mail._transport)
    cast.okafor()
    PLAYED.clear()


def play(runs: int) -> str:
    """What the two first disagree on, and by which steps; empty when they never do."""
    chosen = settings(
        max_examples=runs, stateful_step_count=STEPS, deadline=None, database=None,
        derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    try:
        run_state_machine_as_test(Ledger, settings=chosen)
    except AssertionError as difference:
        steps = getattr(difference, "__notes__", [])
        return "\n".join([str(difference) or "they differ", *steps])
    return ""


def test_a_copy_of_a_complaint_is_no_news_though_the_first_was_settled_meanwhile():
    """Found by 1,998 runs: the stranger whose mailbox complained says that it was not for him,
    the address is corrected, and the provider tells the complaint again."""
    ledger = Ledger()
    try:
        ledger.invitations_go_out("accepted")
        ledger.the_provider_speaks(1, 0, "complained")
        ledger.mail_is_turned_away(1, "not_me")
        ledger.the_address_changes(1)
        ledger.the_provider_speaks(1, 0, "complained")
        assert [one["stop"] for one in ledger.seen()] == ["", ""]
        ledger.the_two_agree()
    finally:
        ledger.teardown()


def test_the_ledger_and_its_model_agree():
    found = play(RUNS)
    proof.record(
        "T20",
        "ledger against a model of it",
        target="2,000 runs of 50 steps: 0 differences",
        found=f"{PLAYED['runs']} runs, {PLAYED['steps']} steps: {'1' if found else '0'} different",
    )
    assert found == ""


BROKEN = {
    "an answer takes no alert": ("answer", lambda person, name, ninth: None),
    "a link outlives an address": ("revoke_all", lambda person: None),
    "a hold stops no mail": ("refusal", lambda person: ""),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_model_that_is_wrong_is_caught(monkeypatch, what):
    monkeypatch.setattr(reference.Person, *BROKEN[what])
    found = play(60)
    proof.record("T20", f"negative control: {what}", target="is seen", found=found and "seen")
    assert found
