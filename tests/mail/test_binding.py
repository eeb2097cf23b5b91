"""Link, patient and address belong together, or nothing leaves; and nobody is named."""

import random
from dataclasses import replace

import pytest

from reports.clinic.to_reach import WHY_NOT_SENT, to_reach
from surveys.actions import mail
from surveys.actions.watch import alarms
from surveys.checks import settings_are_complete
from surveys.mail import compose
from surveys.mail.lint import TellingMail, refuse_naming
from surveys.mail.transports import Outcome
from surveys.models import Message, Occurrence, Patient, Token
from tests import cast, proof
from tests.cast import DAY, HOUR, START

pytestmark = pytest.mark.django_db

NOW = START + HOUR


class Recipients:
    """Stands where mail leaves, and holds every letter against the records."""

    def __init__(self) -> None:
        self.letters = 0
        self.wrong = 0

    def __call__(self, letter: mail.Letter) -> Outcome:
        self.look_at([letter])
        return Outcome("accepted")

    def look_at(self, letters: list[mail.Letter]) -> None:
        opens = {found: letter.to for letter in letters for found in mail.links_of(letter)}
        meant = Token.objects.filter(digest__in=opens)
        owners = dict(meant.values_list("digest", "occurrence__course__patient__email"))
        self.letters += len(letters)
        self.wrong += abs(len(letters) - len(owners))
        self.wrong += sum(to != owners.get(found) or "," in to for found, to in opens.items())


@pytest.fixture
def recipients(monkeypatch) -> Recipients:
    here = Recipients()
    monkeypatch.setattr(mail, "_transport", lambda: here)
    return here


def everybody(patients: int) -> list[Occurrence]:
    courses = [cast.ana(code=f"C-{n}", email=f"p{n}@mail.example") for n in range(patients)]
    return [cast.due(course, "baseline", now=START) for course in courses]


def queued(row: Occurrence, n: int) -> Message:
    patient = row.course.patient
    return Message.objects.create(
        key=f"t6:{n}", kind="reminder", occurrence=row, patient=patient, to_address=patient.email,
        state_at=NOW, queued_at=NOW,
    )  # fmt: skip


def composed(rows: list[Occurrence], count: int, dice: random.Random) -> list[mail.Letter]:
    """As the claim composes them and looks at them a last time, from shuffled rows of one query."""
    told = Message.objects.bulk_create(
        Message(
            key=f"t6:bulk:{dice.random()}", kind="reminder", occurrence=row, patient=patient,
            to_address=patient.email, state="sending", state_at=NOW, queued_at=NOW,
        )
        for row in dice.choices(rows, k=count)
        if (patient := row.course.patient)
    )  # fmt: skip
    found = Message.objects.select_related("occurrence__course__patient").in_bulk(
        [one.pk for one in told]
    )
    return [mail._patient_letter(one, NOW) for one in dice.sample([*found.values()], count)]


BATCH = 500


@pytest.mark.proof
def test_every_link_goes_to_the_patient_it_opens_for(recipients):
    """A share is handed over whole. For the rest it is enough to compose them: nothing changes a
    letter between the last look and the transport."""
    rows, dice = everybody(proof.share(10, 500)), random.Random(6)
    whole, batches = proof.share(40, 2_000), proof.share(1, 196)
    for n in range(whole):
        message = queued(dice.choice(rows), n)
        mail.hand_over(message.pk, by="flow", now=NOW)
        # on another day: mails to one patient keep their distance
        Message.objects.filter(pk=message.pk).update(state_at=NOW - DAY)
    for _ in range(batches):
        recipients.look_at(composed(rows, BATCH, dice))
    found = f"{recipients.wrong} wrong of {recipients.letters}, {whole} of them handed over"
    target = "100,000 letters, 0 wrong"
    proof.record("T6", "letters to their own patient", target=target, found=found)
    assert (recipients.letters, recipients.wrong) == (whole + batches * BATCH, 0)


def test_a_message_whose_address_or_patient_was_mixed_up_never_leaves(recipients):
    """One sent to another address waits for the right one; any other is over, and alarms."""
    ana, ben = everybody(2)
    other = ben.course.patient
    states = []
    for n, mixed in enumerate([
        {"to_address": other.email}, {"patient": other}, {"occurrence": ben},
        {"patient": other, "to_address": other.email},
        {"to_address": f"{ana.course.patient.email},{other.email}"},
    ]):  # fmt: skip
        message = queued(ana, n)
        Message.objects.filter(pk=message.pk).update(**mixed)
        states.append(mail.hand_over(message.pk, by="flow", now=NOW))
    assert (states, recipients.letters) == (["queued", "queued", "failed", "failed", "queued"], 0)
    assert [alarm.code for alarm in alarms(now=NOW)] == ["mixed up"]
    assert {row.state for row in (ana, ben)} == {"due"}, "nobody knows whose form it was"
    calls = {call.patient.code: call.why for call in to_reach(Patient.objects.all(), NOW)}
    assert calls == dict.fromkeys(["C-0", "C-1"], WHY_NOT_SENT[mail.MIXED_UP])


def test_the_harness_catches_a_sender_that_mixes_up_its_lists(recipients, monkeypatch):
    """The negative control: addresses sorted one way, links another, and no last look."""
    monkeypatch.setattr(mail, "belong_together", lambda *_: None)
    rows = everybody(4)
    for n, (row, other) in enumerate(zip(rows, reversed(rows), strict=True)):
        message = queued(row, n)
        Message.objects.filter(pk=message.pk).update(occurrence=other)
        mail.hand_over(message.pk, by="flow", now=NOW)
    assert recipients.wrong == 4


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("Ana", "Reyes", "A-001"), False),
        (("April", "Open", "C-1"), False),
        (("Bo", "Li", "7"), False),
        (("Zora", "Quint", "K-77"), True),
        (("Ana", "Quint", "A-001"), True),
    ],
)
def test_a_letter_that_names_its_patient_is_refused(recipients, names, refused):
    office = compose.Office("Alder Street", "1", "in@alder.example", "https://alder.example")
    letter = compose.invitation(
        office, ref="r", to="z@mail.example", secret="S" * 43, minutes=3, closes_at=NOW,
        zone="America/Denver", again=False,
    )  # fmt: skip
    letter = replace(letter, text=letter.text + "\nHello Zora Quint\n") if refused else letter
    if refused:
        with pytest.raises(TellingMail, match="names somebody"):
            refuse_naming(names, letter, office.name)
    else:
        refuse_naming(names, letter, office.name)


def test_a_patient_called_like_the_office_is_still_mailed(recipients, settings):
    settings.CLINIC_NAME = "Alder Street Office"
    row = cast.due(cast.ana(given_name="April", family_name="Street"), "baseline", now=START)
    assert mail.hand_over(queued(row, 1).pk, by="flow", now=NOW) == "accepted"
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("code", ["S-303", "555", "0142"])
def test_a_number_that_stands_in_our_own_names_nobody(recipients, settings, code):
    settings.CLINIC_PHONE = "303 555 0142"
    row = cast.due(cast.ana(code=code), "baseline", now=START)
    assert mail.hand_over(queued(row, 1).pk, by="flow", now=NOW) == "accepted"


@pytest.mark.parametrize(
    "template", ["Hello {{ patient.given_name }}", "About your infusion", "{{ score }}"]
)
def test_a_template_that_says_too_much_stops_the_start(monkeypatch, tmp_path, template):
    (tmp_path / "invitation.txt.jinja").write_text(template)
    told = compose._pages.overlay(loader=compose.FileSystemLoader(tmp_path))
    monkeypatch.setattr(compose, "_pages", told)
    assert "surveys.E011" in [one.id for one in settings_are_complete()]


def test_our_own_templates_may_be_used():
    assert compose.telling_templates() == []
