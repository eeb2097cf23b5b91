"""The course a page is about, and its page as it would stand now."""

from dataclasses import replace
from datetime import datetime

from reports.actions import read_page
from reports.facts import CourseFacts
from reports.page import ReportPage
from reports.wording import moment
from surveys.models import Course, Patient


def newest_course(patient: Patient) -> Course:
    return patient.courses.select_related("patient").latest("enrolled_at")


def live_page(course: Course, now: datetime) -> tuple[CourseFacts, ReportPage]:
    """What is known at `now`. It is not stored and so has no number of its own."""
    facts, page = read_page(course, as_of=now, known_at=now)
    known = f"Live page, known at {moment(now, facts.zone)}."
    return facts, replace(page, footer=(known, *page.footer[1:]))
