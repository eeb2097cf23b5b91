"""A survey sent once more, after it was answered: pressed twice, or another page of the same link.

The answers kept are those that came first. Only what somebody must see is read.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from surveys.actions.alert import raise_unsent
from surveys.actions.answer import alarming
from surveys.models import Occurrence
from surveys.scoring import Answers

HOW = "sent once more, after the form was stored"


@transaction.atomic
def heed(
    occurrence: Occurrence,
    answers: Mapping[str, Answers],
    *,
    how: str = HOW,
    by: str,
    now: datetime,
) -> bool:
    """Tells the clinic of thoughts of death or self-harm worse than any that it was told of this
    survey, the stored form's among them; whatever else was sent changes nothing. Whether there are
    any, told now or before."""
    held = Occurrence.objects.select_for_update(of=("self",), no_key=True)
    row = held.select_related("course__patient").get(pk=occurrence.pk)
    found = alarming(row, answers)
    raise_unsent(row, found, how=how, by=by, now=now)
    return bool(found)


def differs(occurrence: Occurrence, answers: Mapping[str, Answers]) -> bool:
    """Whether anything said now is not what is stored. A question left open says nothing: an
    answer once chosen cannot be unchosen on the page, so that this is only an older page. Nor does
    a questionnaire of which nothing is stored, switched off since the page was opened."""
    stored = {one.instrument: one.answers for one in occurrence.responses.all()}
    return any(
        said is not None and said != stored[name].get(item)
        for name, form in answers.items()
        if name in stored
        for item, said in form.items()
    )
