"""Treatment sessions. Each change is a new version; surveys not yet sent follow it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from surveys import events
from surveys.actions.schedule import locked, replan
from surveys.models import Course, Session


@transaction.atomic
def record_session(
    course: Course,
    *,
    at: datetime,
    status: str = "done",
    route: str = "",
    dose_mg_per_kg: Decimal | None = None,
    duration_minutes: int | None = None,
    by: str,
    now: datetime,
    plan_now: bool = True,
) -> Session:
    """Records a session, or a new version of the one at that instant; the same again is a no-op.

    `plan_now=False` leaves the replanning to a caller that records many.
    """
    locked(course)
    found = Session.objects.filter(course=course, at=at, superseded_at=None).first()
    wanted = {
        "status": status,
        "route": route,
        "dose_mg_per_kg": dose_mg_per_kg,
        "duration_minutes": duration_minutes,
    }
    if found and all(getattr(found, name) == value for name, value in wanted.items()):
        return found
    return _write(course, found, {"at": at, **wanted}, by=by, now=now, plan_now=plan_now)


@transaction.atomic
def change_session(
    session: Session, *, at: datetime, status: str, by: str, now: datetime
) -> Session:
    """Moves, cancels or confirms a session: a new version under the same key."""
    locked(session.course)
    wanted = {
        "at": at,
        "status": status,
        "route": session.route,
        "dose_mg_per_kg": session.dose_mg_per_kg,
        "duration_minutes": session.duration_minutes,
    }
    return _write(session.course, session, wanted, by=by, now=now, plan_now=True)


def _write(
    course: Course, old: Session | None, facts: dict, *, by: str, now: datetime, plan_now: bool
) -> Session:
    identity = {}
    if old:
        Session.objects.filter(pk=old.pk).update(superseded_at=now)
        identity = {"key": old.key, "version": old.version + 1}
    session = Session.objects.create(
        course=course, recorded_at=now, recorded_by=by, **identity, **facts
    )
    verb = "corrected session" if old else "recorded session"
    events.record(
        verb,
        f"patient:{course.patient_id}",
        by=by,
        now=now,
        session=str(session.key),
        version=session.version,
    )
    if plan_now:
        replan(course, by=by, now=now)
    return session
