"""Build the week's reports and mail each clinician that they are ready, once a week.

Run again in the same week it builds and mails what is still missing, and nothing else.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings

import flows.start  # noqa: F401
from flows.sweep import HELD, act_on_each, add_now, clock_is_right, say
from reports.actions import Packet, week_of, weekly_packet
from reports.clinic.caseload import FOLLOWED, STEADY
from reports.clinic.reach import alerts, treated
from reports.clinic.to_reach import to_reach
from reports.headline import ATTENTION
from reports.shelf import put_on_shelf
from surveys import wallclock
from surveys.actions.mail import hand_over
from surveys.actions.weekly import queue_weekly
from surveys.models import Course, Patient, Staff

add_arguments = add_now

GONE_OUT = ("accepted", "delivered", "in_doubt", "bounced", "failed")


def run(arguments: argparse.Namespace) -> int:
    return say("weekly", run_once(arguments.now))


def run_once(now: datetime | None = None) -> Counter[str]:
    """One packet and one mail for each clinician and lead who follows somebody."""
    if not clock_is_right(now, by="flow:weekly"):
        return Counter({HELD: 1})
    waiting = without_mail(monday(now or wallclock.now()))
    return act_on_each(waiting, prepare_week, by="flow:weekly", now=now)


def monday(now: datetime) -> date:
    return week_of(now, settings.CLINIC_TIMEZONE)


def without_mail(week: date) -> list[int]:
    """Clinical staff whose mail of this week has not gone out."""
    clinical = Staff.objects.filter(is_active=True, role__in=["clinician", "lead"])
    told = clinical.filter(messages__key__endswith=f":{week}", messages__state__in=GONE_OUT)
    told = told.filter(messages__kind="weekly")
    return list(clinical.exclude(pk__in=told.values("pk")).values_list("pk", flat=True))


def prepare_week(staff_id: int, *, by: str, now: datetime) -> str:
    """Builds this person's reports, then mails counts and a link. What became of the mail."""
    staff = Staff.objects.get(pk=staff_id)
    patients = list(treated(staff).filter(status__in=FOLLOWED))
    courses = Course.objects.filter(patient__in=patients, ended_at=None).select_related("patient")
    if not courses:
        return "follows nobody"
    packet = weekly_packet(courses, as_of=now, known_at=now, by=by, now=now)
    put_on_shelf(packet.reports, settings.REPORTS_FOLDER)
    counts = counted(staff, packet, patients)
    message = queue_weekly(staff, counts, week=monday(now), by=by, now=now)
    return hand_over(message.pk, by=by, now=now)


def counted(staff: Staff, packet: Packet, patients: Sequence[Patient]) -> dict[str, int]:
    worth_a_look = sum(
        number for category, number in packet.categories if ATTENTION.index(category) < STEADY
    )
    return {
        "reports": len(packet.reports),
        "worth_a_look": worth_a_look,
        "open_alerts": alerts(staff).exclude(state="closed").count(),
        "to_reach": len(to_reach(patients)),
    }
