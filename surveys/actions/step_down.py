"""The clinic's lead allows, or no longer allows, the short form for stable patients."""

from datetime import datetime

from django.db import transaction

from surveys import events
from surveys.actions.held import hold_courses
from surveys.actions.schedule import replan
from surveys.actions.standing import step_down_in_force
from surveys.models import Course, Staff, StepDown

WARNING = (
    "PHQ-2 asks two questions and not question 9, about thoughts of death or self-harm. While a"
    " stable patient is asked PHQ-2, such thoughts are asked about less often, and nobody is"
    " alerted by what is not asked."
)


class NotTheLead(ValueError):
    """Only the clinical lead may decide this."""


@transaction.atomic
def turn_on(staff: Staff, *, by: str, now: datetime) -> bool:
    """False where it is on already. Raises NotTheLead for anybody else.

    Whoever calls this has shown the lead WARNING; the trail keeps that it was on these words.
    """
    _only_lead(staff)
    if step_down_in_force():
        return False
    _hold_everybody()
    StepDown.objects.create(turned_on_at=now, turned_on_by=staff)
    events.record("turned on short forms", f"staff:{staff.pk}", by=by, now=now, warned=WARNING)
    _replan_everybody(by=by, now=now)
    return True


@transaction.atomic
def turn_off(staff: Staff, *, by: str, now: datetime) -> bool:
    """What has gone out may still be answered; what has not is asked in full again."""
    _only_lead(staff)
    found = step_down_in_force()
    if found is None:
        return False
    _hold_everybody()
    StepDown.objects.filter(pk=found.pk).update(
        in_force=False, turned_off_at=now, turned_off_by=staff
    )
    events.record("turned off short forms", f"staff:{staff.pk}", by=by, now=now)
    _replan_everybody(by=by, now=now)
    return True


def _only_lead(staff: Staff) -> None:
    if staff.role != "lead" or not staff.is_active:
        raise NotTheLead(f"{staff.name} is not the clinical lead, who alone may decide this")


def _hold_everybody() -> None:
    hold_courses(Course.objects.filter(ended_at=None).values_list("pk", flat=True))


def _replan_everybody(*, by: str, now: datetime) -> None:
    for course in Course.objects.filter(ended_at=None).order_by("pk"):
        replan(course, by=by, now=now)
