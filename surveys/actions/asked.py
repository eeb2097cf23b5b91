"""What a patient has been asked, or may have been: the forms that stand as they went out."""

from django.db.models import Q

from surveys import states
from surveys.confirmation import REASONS
from surveys.models import Course, Occurrence
from surveys.planned import Asked, Key

UNSENT = ("planned", "due")
REVIVABLE = ("superseded", "cancelled")
# Of a mail that only waits to leave nobody has heard: it follows its survey.
LEFT_THE_HOUSE = [one for one in states.MESSAGE if one not in ("queued", "retry", "cancelled")]


def already_asked(course: Course) -> list[Asked]:
    """Forms that reached the patient or are on their way, under whatever protocol."""
    mailed = Q(state__in=["due", "sent", "expired"], messages__state__in=LEFT_THE_HOUSE)
    rows = course.occurrences.filter(Q(state="answered") | mailed).distinct()
    return [
        Asked(
            frozenset([name_of(row), *(tuple(key) for key in row.carries)]),
            # a form that was held and left late keeps others at their distance from that day
            row.sent_at or row.due_at,
            tuple(row.instruments),
            REASONS[row.rule].spacing_days if row.rule in REASONS else None,
        )
        for row in rows
    ]


def has_left(row: Occurrence) -> bool:
    """Whether a mail of it left, or may have."""
    return row.messages.filter(state__in=LEFT_THE_HOUSE).exists()


def name_of(row: Occurrence) -> Key:
    return row.rule, row.anchor, row.ordinal
