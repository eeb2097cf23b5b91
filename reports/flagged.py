"""Courses with new answers, and the one form among these that is asked again."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q

from reports.trends import Point, measure_of
from reports.trends.unconfirmed import unconfirmed
from surveys.actions.again import ask_again, looked_at
from surveys.actions.schedule import LEFT
from surveys.in_use import followed_here, instruments_to_read
from surveys.models import Course, Response

ASKED, NOTHING = "asked again", "looked at"


def courses_to_look_at() -> list[int]:
    """Open courses with answers recorded since the last look. One query, whatever the caseload."""
    unseen = Q(looked_until=None) | Q(newest__gt=F("looked_until"))
    open_courses = Course.objects.filter(ended_at=None).exclude(patient__status__in=LEFT)
    with_answers = open_courses.annotate(newest=Max("responses__recorded_at"))
    found = with_answers.filter(unseen, newest__isnull=False)
    return list(found.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def look(course_id: int, *, by: str, now: datetime) -> str:
    """Asks again where the newest form of a questionnaire is flagged alone; once for each form.

    Of several flagged together the first that the protocol names is asked, so that never more
    than one is pending; the others wait for their ordinary forms.
    """
    course = Course.objects.select_for_update(of=("self",), no_key=True).get(pk=course_id)
    newest = course.responses.aggregate(at=Max("recorded_at"))["at"]
    asked = any(ask_again(course, form, by=by, now=now) for form in flagged_alone(course))
    looked_at(course, newest, by=by, now=now)
    return ASKED if asked else NOTHING


def flagged_alone(course: Course) -> Iterator[Response]:
    """The newest form of each questionnaire that stands flagged alone, in the protocol's order."""
    surveys = followed_here(course.protocol, course.indication).surveys.values()
    order = dict.fromkeys(name for survey in surveys for name in survey.instruments)
    rows = course.responses.filter(score__total__isnull=False).select_related("score")
    for name in order:
        instrument = instruments_to_read().get(name)
        forms = list(rows.filter(instrument=name).order_by("answered_at", "pk"))
        if forms and instrument is not None and instrument.score_range:
            points = tuple(Point(one.answered_at, one.score.total) for one in forms)
            if unconfirmed(points, measure_of(instrument)):
                yield forms[-1]
