"""Forms more that were decided on beside the protocol, and whether they are still of use."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from surveys.actions.asked import REVIVABLE, UNSENT, has_left
from surveys.confirmation import REASONS, form_again
from surveys.models import Course, Occurrence, Response
from surveys.planned import Planned


def asked_again(course: Course, *, now: datetime) -> list[Planned]:
    """Forms more that were decided on, have not gone out and are still of use: one for each reason.

    One that was withdrawn comes back while its window is open and no other is pending. Once the
    questionnaire was answered again, whichever form brought it, none is of use.
    """
    zone = ZoneInfo(course.patient.timezone)
    pairs = ((row, Response.objects.get(pk=row.anchor)) for row in _decided_on(course, now))
    return [
        form_again(row.rule, form.instrument, form.answered_at, row.anchor, zone)
        for row, form in pairs
        if not answered_since(form, row.rule)
    ]


def _decided_on(course: Course, now: datetime) -> Iterator[Occurrence]:
    """The pending one of each reason, else the newest that may still come back."""
    rows = course.occurrences.filter(rule__in=REASONS).order_by("due_at")
    for rule in REASONS:
        mine = [row for row in rows if row.rule == rule]
        pending = [row for row in mine if row.state in (*UNSENT, "sent")]
        back = [row for row in mine if row.state in REVIVABLE and row.closes_at > now]
        newest = (pending or back)[-1:]
        yield from (row for row in newest if not has_left(row))


def answered_since(form: Response, rule: str) -> bool:
    """Whether what the rule would ask after this form has been answered meanwhile."""
    instrument = REASONS[rule].instrument or form.instrument
    later = Response.objects.filter(course=form.course_id, answered_at__gt=form.answered_at)
    return later.filter(instrument=instrument).exists()
