"""A patient's own totals over time, for the page after sending, where the clinic allows it.

Only numbers and what higher means: no band, no single answer, nothing of what reports make of them.
Only what was answered here: totals that a clinic imported may never have been shown to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from surveys.actions.answer import instruments_of
from surveys.instrument import Instrument
from surveys.models import Occurrence, Response

# The page stays behind on a phone that others use (our judgement).
SHOWN_FOR = timedelta(minutes=15)
LOOKS_BACK = timedelta(days=182)
MOST_ROWS = 12
OWN_MODES = ("web", "kiosk", "phone", "paper")


@dataclass(frozen=True)
class Total:
    """`points` None: too much was left open to add up; `about`: some was, and allowed for."""

    answered_at: datetime
    points: int | None
    about: bool


@dataclass(frozen=True)
class Totals:
    """One questionnaire's, the newest first."""

    instrument: Instrument
    rows: tuple[Total, ...]

    @property
    def lowest(self) -> int:
        return self.instrument.score_range[0] if self.instrument.score_range else 0

    @property
    def highest(self) -> int:
        return self.instrument.score_range[1] if self.instrument.score_range else 0


def own_totals(occurrence: Occurrence, *, now: datetime) -> tuple[Totals, ...]:
    """Of the questionnaires just answered; none where the clinic does not allow it, or too late."""
    if not settings.SHOW_SCORES or now - occurrence.state_at >= SHOWN_FOR:
        return ()
    patient, until = occurrence.course.patient_id, occurrence.state_at
    found = (
        Totals(instrument, rows_of(_forms(patient, instrument, until)))
        for instrument in instruments_of(occurrence)
        if instrument.scored and instrument.score_range
    )
    return tuple(one for one in found if any(row.points is not None for row in one.rows))


def rows_of(forms: Sequence[Response]) -> tuple[Total, ...]:
    return tuple(Total(form.answered_at, form.score.total, form.score.prorated) for form in forms)


def _forms(patient: int, instrument: Instrument, until: datetime) -> Sequence[Response]:
    forms = Response.objects.filter(
        patient_id=patient,
        instrument=instrument.id,
        # another version may add up otherwise
        instrument_version=instrument.version,
        mode__in=OWN_MODES,
        answered_at__gt=until - LOOKS_BACK,
    )
    return list(forms.select_related("score").order_by("-answered_at")[:MOST_ROWS])
