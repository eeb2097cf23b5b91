"""A survey sent once more, after it was answered: pressed twice, or another page of the same link.

The answers kept are those that came first. Only what somebody must see is read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction

from surveys.actions.alert import raise_unsent
from surveys.actions.answer import instruments_to_heed
from surveys.models import Alert, Occurrence
from surveys.scoring import Answers
from surveys.triage import Concern, safety_concerns

HOW = "sent once more, after the form was stored"


@transaction.atomic
def heed(occurrence: Occurrence, answers: Mapping[str, Answers], *, by: str, now: datetime) -> bool:
    """Tells the clinic of thoughts of death or self-harm that the stored form does not hold, or
    holds less strongly. Once for each survey; whatever else was sent changes nothing."""
    held = Occurrence.objects.select_for_update(of=("self",), no_key=True)
    row = held.select_related("course__patient").get(pk=occurrence.pk)
    found = list(_more_than_stored(row, answers))
    if not found or Alert.objects.filter(unsent=row).exists():
        return False
    raise_unsent(row, found, how=HOW, by=by, now=now)
    return True


def differs(occurrence: Occurrence, answers: Mapping[str, Answers]) -> bool:
    """Whether anything said now is not what is stored. A question left open says nothing: an
    answer once chosen cannot be unchosen on the page, so that this is only an older page."""
    stored = {one.instrument: one.answers for one in occurrence.responses.all()}
    return any(
        said is not None and said != stored.get(name, {}).get(item)
        for name, form in answers.items()
        for item, said in form.items()
    )


def _more_than_stored(row: Occurrence, answers: Mapping[str, Answers]) -> Iterator[Concern]:
    stored = {one.instrument: one.answers for one in row.responses.all()}
    for instrument in instruments_to_heed(row, answers):
        said, kept = answers[instrument.id], stored.get(instrument.id, {})
        for concern in safety_concerns(instrument, said):
            now_said, before = said.get(concern.item), kept.get(concern.item)
            if not (isinstance(before, int) and isinstance(now_said, int) and now_said <= before):
                yield concern
