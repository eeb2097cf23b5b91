"""Answers begun and not sent. A draft is no response: never scored, never shown as an answer.

One for each survey, replaced whole by whichever page saved last, never merged, except that an
answer about death or self-harm stays until another takes its place: leaving its question open does
not take it back. Erased with the submit, or once no link opens the survey. What is submitted is
what the page showed that was sent.
An answer about death or self-harm that waits unsent tells the clinic by an alert of its own, and by
another where what is kept later is worse. What it is stands in the draft as it was read when it was
kept: whether its questionnaire is switched off later, or its file gone, it is told. The alert stays
beside the ordinary one of a form sent later: neither takes the other's place, and a person closes
both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from surveys import events
from surveys.actions.alert import raise_unsent, untold_of
from surveys.actions.answer import alarming
from surveys.clock_watch import MOST_FORWARD
from surveys.models import Draft, Occurrence, Token
from surveys.scoring import Answers
from surveys.triage import Concern, from_kept, left_unsaid

# Long enough to finish the form; opinion, no trial behind it.
LEFT_BEHIND_AFTER = timedelta(minutes=15)


@transaction.atomic
def save_draft(
    occurrence: Occurrence, answers: Mapping[str, Answers], *, by: str, now: datetime
) -> bool:
    """Replaces what was kept. False, with nothing written, for a survey already answered."""
    row = Occurrence.objects.select_for_update(no_key=True).get(pk=occurrence.pk)
    if row.state == "answered":
        return False
    before = draft_of(row)
    unsaid = left_unsaid(from_kept(before.concerns), answers) if before else ()
    found = [*alarming(row, answers), *unsaid]
    since = (before.alarming_since if before else None) or now
    Draft.objects.update_or_create(
        occurrence=row,
        defaults={
            "answers": _with(unsaid, answers),
            "saved_at": now,
            "concerns": [asdict(one) for one in found],
            "alarming_since": since if untold_of(row, found) else None,
        },
    )
    events.record("kept a draft", f"occurrence:{row.pk}", by=by, now=now)
    return True


def draft_of(occurrence: Occurrence) -> Draft | None:
    return Draft.objects.filter(occurrence=occurrence).first()


def left_behind(*, now: datetime) -> list[int]:
    """Surveys whose draft has held for a quarter of an hour what nobody was told of.

    What was kept further ahead than a clock that agrees can be was kept by one that was wrong.
    """
    long_since = Q(alarming_since__lte=now - LEFT_BEHIND_AFTER)
    waiting = Draft.objects.filter(long_since | Q(alarming_since__gt=now + MOST_FORWARD))
    return sorted(waiting.values_list("occurrence_id", flat=True))


@transaction.atomic
def tell_of_draft(occurrence_id: int, *, by: str, now: datetime) -> bool:
    """Raises the alert of a draft that is still unsent. False where there is no need."""
    row = Occurrence.objects.select_for_update(no_key=True).get(pk=occurrence_id)
    if row.state == "answered" or row.pk not in left_behind(now=now):
        return False
    raised = raise_unsent(row, from_kept(row.draft.concerns), by=by, now=now)
    Draft.objects.filter(occurrence=row).update(alarming_since=None)
    return raised is not None


@transaction.atomic
def erase_drafts(*, by: str, now: datetime) -> int:
    """Those that no link leads to any more, once any alert they call for stands."""
    live = Token.objects.filter(revoked_at=None, expires_at__gt=now).values("occurrence")
    over = Draft.objects.exclude(occurrence__in=live).filter(alarming_since=None)
    erased = list(over.values_list("occurrence_id", flat=True))
    over.filter(occurrence__in=erased).delete()
    for occurrence in erased:
        events.record("erased a draft", f"occurrence:{occurrence}", by=by, now=now)
    return len(erased)


def _with(unsaid: Iterable[Concern], answers: Mapping[str, Answers]) -> Mapping[str, Answers]:
    kept = {name: dict(form) for name, form in answers.items()}
    for concern in unsaid:
        kept.setdefault(concern.instrument, {})[concern.item] = concern.value
    return kept
