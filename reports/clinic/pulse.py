"""How fresh the page is: silence is not stability, so every page of many patients says its age."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from surveys.models import Message, Occurrence, Patient, Response

WINDOW = timedelta(days=7)
# What became of a form, in the words of the page, in the order of the page.
OUTCOMES = {
    "answered": "answered",
    "sent": "still open",
    "due": "not sent yet",
    "expired": "no answer",
    "unreachable": "not reachable",
    "skipped": "skipped",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class Pulse:
    """`due` counts the forms that fell due in the last 7 days by what became of them."""

    newest_answer: datetime | None
    last_accepted: datetime | None
    waiting: int
    in_doubt: int
    failed: int
    due: tuple[tuple[str, int], ...]
    bounced: int

    @property
    def due_total(self) -> int:
        return sum(count for _, count in self.due)

    @property
    def answered_percent(self) -> int | None:
        """Of those no longer open; None where none has ended."""
        counts = dict(self.due)
        ended = self.due_total - counts.get("still open", 0) - counts.get("not sent yet", 0)
        return round(100 * counts.get("answered", 0) / ended) if ended else None


def _answers(patients: list[int]) -> QuerySet[Response]:
    """What patients answered; what a clinician rated is not heard from them."""
    return Response.objects.filter(patient__in=patients).exclude(mode="rated")


def pulse(patients: Iterable[Patient], now: datetime) -> Pulse:
    """Answers and forms are those of `patients`; mail is the whole clinic's."""
    mine = [patient.pk for patient in patients]
    states = Counter(Message.objects.values_list("state", flat=True))
    return Pulse(
        newest_answer=_newest(_answers(mine), "answered_at"),
        last_accepted=_newest(Message.objects.all(), "accepted_at"),
        waiting=states["queued"] + states["retry"] + states["sending"],
        in_doubt=states["in_doubt"],
        failed=_went_wrong(("failed",), None, now),
        due=_due(mine, now),
        bounced=_went_wrong(("bounced", "dropped"), mine, now),
    )


def _newest(rows: object, column: str) -> datetime | None:
    return rows.aggregate(newest=Max(column))["newest"]  # type: ignore[attr-defined]


def _went_wrong(states: tuple[str, ...], mine: list[int] | None, now: datetime) -> int:
    rows = Message.objects.filter(state__in=states, state_at__gt=now - WINDOW)
    return (rows if mine is None else rows.filter(patient__in=mine)).count()


def _due(mine: list[int], now: datetime) -> tuple[tuple[str, int], ...]:
    fell_due = Occurrence.objects.filter(
        course__patient__in=mine, due_at__gt=now - WINDOW, due_at__lte=now
    )
    counts = Counter(fell_due.values_list("state", flat=True))
    counts["due"] += counts["planned"]
    return tuple((words, counts[state]) for state, words in OUTCOMES.items() if counts[state])
