"""The simulated clinic's books: every survey that fell due, in a counted state."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from flows.demo.cast import Cast
from flows.demo.sink import Sink
from surveys.balance import HANDED_OVER, complaints
from surveys.models import Alert, Message, Occurrence, Response

WITHDRAWN = ("superseded",)  # never fell due: its session moved or did not happen
ASKED = {"answered": "answered", "expired": "not answered in time", "sent": "still open"}


@dataclass(frozen=True)
class Ledger:
    """Counts of surveys by what became of them, and of alerts with minutes to acknowledge."""

    due: int
    sent: int
    outcomes: Counter[str]  # of those sent
    not_sent: Counter[str]  # by reason
    reminders: int
    forms: int
    positives: int
    minutes_to_acknowledge: tuple[float | None, ...]


def read(now: datetime) -> Ledger:
    fell_due = Occurrence.objects.filter(due_at__lte=now).exclude(state__in=WITHDRAWN)
    sent = fell_due.exclude(sent_at=None)
    alerts = Alert.objects.order_by("raised_at")
    phq9 = Response.objects.filter(instrument="phq9")
    return Ledger(
        due=fell_due.count(),
        sent=sent.count(),
        outcomes=Counter(after_sending(row) for row in sent),
        not_sent=Counter(instead_of_sending(row) for row in fell_due.filter(sent_at=None)),
        reminders=Message.objects.filter(kind="reminder", state__in=HANDED_OVER).count(),
        forms=Response.objects.filter(mode="web").count(),
        positives=sum(map(positive, phq9.values_list("answers", flat=True))),
        minutes_to_acknowledge=tuple(minutes(one.raised_at, one.acknowledged_at) for one in alerts),
    )


def after_sending(row: Occurrence) -> str:
    return ASKED.get(row.state) or because(row)


def instead_of_sending(row: Occurrence) -> str:
    return "waits to be sent" if row.state in ("due", "planned") else because(row)


def because(row: Occurrence) -> str:
    return f"{row.state}: {row.reason}" if row.reason else str(row.state)


def positive(answers: dict[str, int | str | None]) -> bool:
    """Question 9 of a PHQ-9, read here once more and not by the rules that raise an alert."""
    ninth = answers.get("9")
    return isinstance(ninth, int) and ninth >= 1


def minutes(start: datetime, end: datetime | None) -> float | None:
    return (end - start) / timedelta(minutes=1) if end else None


def imbalances(ledger: Ledger, sink: Sink, cast: Cast, now: datetime) -> Iterator[str]:
    """One line for each way in which the books and the world outside disagree."""
    yield from complaints(now=now)
    if ledger.due != ledger.sent + sum(ledger.not_sent.values()):
        yield f"{ledger.due} fell due, but {ledger.sent} sent and {ledger.not_sent} do not add up."
    if ledger.sent != sum(ledger.outcomes.values()):
        yield f"{ledger.sent} were sent, but {ledger.outcomes} do not add up."
    if Occurrence.objects.filter(state="due", closes_at__lte=F("state_at")).exists():
        yield "A survey is due whose window has closed."
    yield from mail_imbalances(ledger, sink, cast)
    yield from alert_imbalances(ledger, cast)


def mail_imbalances(ledger: Ledger, sink: Sink, cast: Cast) -> Iterator[str]:
    """What the mail server got against what the records say was handed over."""
    addresses = {one.email for one in cast.patients}
    arrived = Counter(one.letter["Message-ID"] for one in sink.arrived)
    if twice := [key for key, number in arrived.items() if number > 1]:
        yield f"{len(twice)} letters arrived twice."
    to_patients = sum(one.to in addresses for one in sink.arrived)
    if to_patients != ledger.sent + ledger.reminders:
        yield (
            f"{to_patients} letters reached patients, but {ledger.sent} invitations"
            f" and {ledger.reminders} reminders are recorded."
        )
    accepted = Message.objects.filter(state__in=HANDED_OVER).count()
    if accepted != len(sink.arrived):
        yield f"{len(sink.arrived)} letters arrived, {accepted} are recorded as accepted."


def alert_imbalances(ledger: Ledger, cast: Cast) -> Iterator[str]:
    alerts = len(ledger.minutes_to_acknowledge)
    if alerts != ledger.positives:
        yield f"{ledger.positives} forms with a positive question 9, but {alerts} alerts."
    if None in ledger.minutes_to_acknowledge:
        yield "An alert was never acknowledged."
