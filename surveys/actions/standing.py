"""How a course stands on its full and short forms, and whether the short one is allowed at all."""

from collections.abc import Iterator

from surveys.in_use import instruments_to_read
from surveys.instrument import Instrument
from surveys.models import Alert, Course, Response, StepDown
from surveys.stepping import Answered, Standing, Stepping, is_positive, shipped_stepping


def step_down_in_force() -> StepDown | None:
    return StepDown.objects.filter(in_force=True).first()


def standing_of(course: Course) -> Standing | None:
    """None where the clinic's lead has not turned the short form on, and for a patient who would
    read the short form in another language than the full one."""
    stepping = shipped_stepping()
    full, short = _instruments(stepping)
    language = course.patient.language
    if step_down_in_force() is None or _worded(full, language) != _worded(short, language):
        return None
    alerts = Alert.objects.filter(patient=course.patient_id).exclude(state="closed")
    return Standing(
        forms=tuple(_answered(course, stepping)),
        alert_open=alerts.exists(),
        remission_below=full.remission_below or 0,
        positive_from=short.cutoff or 0,
    )


def short_to_follow(course: Course) -> Response | None:
    """The newest short form, where it is positive or has a gap: the full one follows.

    Also after the short form was turned off again: what was answered keeps its meaning.
    """
    stepping = shipped_stepping()
    newest = course.responses.filter(instrument=stepping.short).order_by("answered_at").last()
    if newest is None:
        return None
    _, short = _instruments(stepping)
    form = Answered(newest.answered_at, True, newest.score.total)
    return newest if is_positive(form, short.cutoff or 0) else None


def _worded(instrument: Instrument, language: str) -> str:
    return instrument.in_language(language).language


def _instruments(stepping: Stepping) -> tuple[Instrument, Instrument]:
    known = instruments_to_read()
    return known[stepping.full], known[stepping.short]


def _answered(course: Course, stepping: Stepping) -> Iterator[Answered]:
    rows = course.responses.filter(instrument__in=[stepping.full, stepping.short])
    for row in rows.select_related("score").order_by("answered_at", "pk"):
        safety = row.answers.get(stepping.safety_item)
        value = safety if isinstance(safety, int) else None
        yield Answered(row.answered_at, row.instrument == stepping.short, row.score.total, value)
