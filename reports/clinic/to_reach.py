"""Patients not heard from, and why: calls to make, never a guess at how they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from surveys import wallclock
from surveys.actions.doubt import undecided
from surveys.actions.mail import MIXED_UP, UNFIT
from surveys.actions.pin import is_locked
from surveys.actions.send import reminded_in_vain
from surveys.in_use import instruments_to_read
from surveys.models import Message, Occurrence, Patient
from surveys.triage import unanswered_safety_items

# Two forms in a row: one unanswered form is everyday life, two are worth a call (our judgement).
SILENT_AFTER_FORMS = 2

STOPS = {
    "dropped": ("The mail provider withholds mail to this address", "check the address"),
    "blocked": ("The patient's mail server turned our mail away", "agree another way"),
    "bounced": ("Mail bounced", "check the address"),
    "complained": ("Reported our mail as spam", "ask, and agree another way"),
    "stopped": ("Asked to stop mails", "agree another way"),
    "not_me": ("Somebody else reads this address", "ask for the right one"),
}


@dataclass(frozen=True)
class Call:
    """One patient to reach. `since` None: it was never otherwise."""

    patient: Patient
    why: str
    since: datetime | None
    next_step: str


def to_reach(patients: Iterable[Patient], now: datetime | None = None) -> list[Call]:
    """Active patients whom mail does not reach, or who no longer answer; longest silence first.

    Of those on hold, who are sent nothing new, whoever is locked out of a form that is open.
    """
    now = now or wallclock.now()
    calls = [call for patient in patients for call in _calls(patient, now)]
    return sorted(calls, key=lambda call: (call.since is not None, call.since, call.patient.code))


def _calls(patient: Patient, now: datetime) -> Iterator[Call]:
    if patient.status == "active":
        yield from _call(patient, now)
    elif patient.status == "on_hold" and is_locked(patient):
        forms = Occurrence.objects.filter(course__patient=patient, state="sent")
        if forms.filter(closes_at__gt=now).exists():
            yield from _pin(patient)


def _call(patient: Patient, now: datetime) -> Iterator[Call]:
    """What keeps mail away explains the silence; a safety question left open is another call."""
    if patient.mail_stop:
        why, next_step = STOPS[patient.mail_stop]
        yield Call(patient, why, _stopped_at(patient), next_step)
    elif not patient.email:
        yield Call(patient, "No e-mail address", None, "ask for one")
    elif not patient.email_consent_on:
        yield Call(patient, "Has not agreed to e-mail", None, "ask, or agree another way")
    else:
        yield from _silence(patient, now)
    yield from _pin(patient)
    yield from _doubt(patient, now)
    yield from _not_sent(patient)
    yield from _left_open(patient)


def _pin(patient: Patient) -> Iterator[Call]:
    """Where the clinic asks for a PIN: who is locked out, and who has none to be asked for."""
    if settings.PIN and is_locked(patient):
        why = "Locked out by five wrong PINs"
        yield Call(patient, why, patient.pin_locked_at, "call, then open the links again")
    elif settings.PIN and not patient.pin:
        yield Call(patient, "Has no PIN; forms open without one", None, "agree one")


def _left_open(patient: Patient) -> Iterator[Call]:
    """The newest form left a safety question open or declined: unknown, never "not at all".

    Said without the question, since the front desk reads this list too.
    """
    newest = {row.instrument: row for row in patient.responses.exclude(mode="import_total")}
    for name, row in newest.items():
        instrument = instruments_to_read().get(name)
        if instrument and unanswered_safety_items(instrument, row.answers):
            why = "Left a question open that a clinician should ask"
            yield Call(patient, why, row.answered_at, "a clinician calls")


def _stopped_at(patient: Patient) -> datetime | None:
    """When mail last went wrong; the last mail of all where the provider did not say."""
    mails = Message.objects.filter(patient=patient).order_by("-state_at")
    went_wrong = mails.filter(state__in=["bounced", "dropped"]).first() or mails.first()
    return went_wrong.state_at if went_wrong else None


def _doubt(patient: Patient, now: datetime) -> Iterator[Call]:
    """A mail may or may not have left, and by now only a person can say what to do."""
    oldest = undecided(now=now).filter(patient=patient).order_by("handed_at").first()
    if oldest:
        why = "Nobody knows whether a mail arrived"
        yield Call(patient, why, oldest.handed_at, "ask, then send it again or leave it")


def _not_sent(patient: Patient) -> Iterator[Call]:
    """A mail failed for good and nothing has left or come since: the form was not asked."""
    failed = patient.messages.filter(state="failed").order_by("-state_at").first()
    if failed is None:
        return
    left = patient.messages.filter(state__in=["accepted", "delivered"])
    answered = patient.responses.filter(recorded_at__gt=failed.state_at)
    if not left.filter(handed_at__gt=failed.state_at).exists() and not answered.exists():
        why = WHY_NOT_SENT.get(failed.error, "The mail provider refused a mail to them")
        yield Call(patient, why, failed.state_at, HERE_INSTEAD)


WHY_NOT_SENT = {
    UNFIT: "A mail to them would have told too much and was held back",
    MIXED_UP: "A mail did not match their record and was held back",
}
HERE_INSTEAD = "fill the form in with them; tell whoever runs Afterglow"


def _silence(patient: Patient, now: datetime) -> Iterator[Call]:
    asked = Occurrence.objects.filter(course__patient=patient).exclude(sent_at=None)
    in_a_row = unanswered(list(asked.order_by("-due_at")))
    if len(in_a_row) >= SILENT_AFTER_FORMS:
        why = f"No answer to the last {len(in_a_row)} forms"
        yield Call(patient, why, in_a_row[-1].sent_at, "telephone")
    elif waiting := reminded_in_vain(patient, now=now):
        why = "No answer after every reminder; the form is still open"
        yield Call(patient, why, waiting.sent_at, "telephone")


def unanswered(newest_first: list[Occurrence]) -> list[Occurrence]:
    """The closed forms since the last answer. A form still open has not been left unanswered."""
    row = []
    for occurrence in newest_first:
        if occurrence.state == "answered":
            break
        if occurrence.state == "expired":
            row.append(occurrence)
    return row
