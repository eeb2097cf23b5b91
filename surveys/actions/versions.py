"""What was known when: courses and occurrences as they stood, so that a past report can be rebuilt.

Sessions, answers and decisions carry their own times. These two are changed in place, and every
change of what a report shows of them is kept here in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max

from surveys.in_use import protocols_in_use
from surveys.models import Course, CourseVersion, Occurrence, OccurrenceVersion

KEPT = ("survey", "instruments", "due_at", "closes_at", "state", "reason", "sent_at")


def keep_occurrences(pks: Collection[int], *, now: datetime) -> None:
    """Writes down these occurrences as they are from `now` on."""
    rows = Occurrence.objects.filter(pk__in=pks).order_by("pk")
    told = rows.annotate(kept=Max("versions__known_from")).values("pk", "kept", *KEPT)
    OccurrenceVersion.objects.bulk_create(
        OccurrenceVersion(
            occurrence_id=row.pop("pk"), known_from=_no_earlier(now, row.pop("kept")), **row
        )
        for row in told
    )


def keep_course(course: Course, *, now: datetime) -> None:
    """Writes down the course, and of its patient what a report's head shows, from `now` on."""
    kept = course.versions.aggregate(newest=Max("known_from"))["newest"]
    CourseVersion.objects.create(
        course=course,
        known_from=_no_earlier(now, kept),
        protocol=course.protocol,
        protocol_version=course.protocol_version,
        protocol_title=protocols_in_use()[course.protocol].title,
        indication=course.indication,
        initials=course.patient.initials,
        timezone=course.patient.timezone,
    )


def _no_earlier(now: datetime, kept: datetime | None) -> datetime:
    """Whoever waited for a lock read the clock before waiting, and a clock may have been fast:
    the newest version stays the one that was written last."""
    return now if kept is None else max(now, kept)
