"""Build the week's reports, gather each clinician's packet and mail that it is ready, once a week.

Run again in the same week it builds and mails what is still missing, and nothing else.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

import flows.start  # noqa: F401
from flows.drawing import Draw, drawing, processors
from flows.sweep import FAILED, HELD, Verb, act_on_each, add_now, clock_is_right, say
from reports.actions import Ahead, build_report, read_page, week_of
from reports.clinic.caseload import FOLLOWED, STEADY
from reports.clinic.reach import alerts, treated
from reports.clinic.to_reach import to_reach
from reports.facts import CourseFacts
from reports.models import Packet
from reports.packets import reports_of, weekly_packet
from reports.page import ReportPage
from reports.pooling import keep_wander, kept_for, wander_now
from reports.queries import next_number
from reports.shelf import put_packet_on_shelf
from surveys import wallclock
from surveys.actions.mail import hand_over
from surveys.actions.weekly import queue_weekly
from surveys.models import Course, Patient, Staff

add_arguments = add_now

GONE_OUT = ("accepted", "delivered", "in_doubt", "bounced", "failed")
SHARD = 25  # reports between two words on how far it is: a few seconds of work

# Told how many reports and packets are done, and of how many: counts, never whose.
Tell = Callable[[int, int], None]


def run(arguments: argparse.Namespace) -> int:
    return say("weekly", run_once(arguments.now, tell=show, workers=processors()))


def show(done: int, of: int) -> None:
    print(f"weekly: {done} of {of} reports and packets")


def run_once(
    now: datetime | None = None, *, tell: Tell = lambda done, of: None, workers: int = 1
) -> Counter[str]:
    """One packet and one mail for each clinician and lead who follows somebody.

    Reports first, shard by shard, drawn on so many processes; each is stored whole and by this
    process alone, so a run that was broken off goes on with the next. Whoever shares a patient
    shares the report.
    """
    if not clock_is_right(now, by="flow:weekly"):
        return Counter({HELD: 1})
    waiting = without_mail(monday(now or wallclock.now()))
    pooled = pool_levels(now) if waiting else Counter()
    return pooled + Counter(
        outcome for counts in _in_turn(waiting, now, tell, workers) for outcome in counts
    )


def pool_levels(given: datetime | None) -> Counter[str]:
    """How far levels wander, once a week, before the reports that use it. Without it they fall back
    on an earlier week's, so a failure holds nothing up and is counted."""

    def pool(ordinal: int, *, by: str, now: datetime) -> str:
        week = date.fromordinal(ordinal)
        if kept_for(week):
            return "there"
        found = wander_now(now)
        # as of when the reading was over: pages shown meanwhile were shown without it
        return f"{keep_wander(found, week=week, by=by, now=given or wallclock.now())} pooled"

    week = monday(given or wallclock.now()).toordinal()
    pooled = act_on_each([week], pool, by="flow:weekly", now=given)
    return Counter({FAILED: pooled[FAILED]}) if pooled[FAILED] else Counter()


def _in_turn(
    waiting: list[int], now: datetime | None, tell: Tell, workers: int
) -> Iterator[list[str]]:
    """What became of each mail; of a report only that it failed."""
    ungathered = [pk for pk in waiting if not _gathered(pk, now)]
    courses = _courses_of(ungathered)
    done, of = 0, len(courses) + len(waiting)
    with drawing(min(workers, len(courses))) as draw:
        for shard in (courses[at : at + SHARD] for at in range(0, len(courses), SHARD)):
            verb = storing(drawn_ahead(shard, now, draw))
            built = act_on_each(shard, verb, by="flow:weekly", now=now)
            yield [FAILED] * built[FAILED]
            done += len(shard)
            tell(done, of)
    for one in waiting:
        yield list(act_on_each([one], prepare_week, by="flow:weekly", now=now).elements())
        done += 1
        tell(done, of)


def monday(now: datetime) -> date:
    return week_of(now, settings.CLINIC_TIMEZONE)


def without_mail(week: date) -> list[int]:
    """Clinical staff whose mail of this week has not gone out."""
    clinical = Staff.objects.filter(is_active=True, role__in=["clinician", "lead"])
    told = clinical.filter(messages__key__endswith=f":{week}", messages__state__in=GONE_OUT)
    told = told.filter(messages__kind="weekly")
    return list(clinical.exclude(pk__in=told.values("pk")).values_list("pk", flat=True))


def _gathered(staff_id: int, now: datetime | None) -> bool:
    week = monday(now or wallclock.now())
    return Packet.objects.filter(staff=staff_id, week=week).exists()


def _courses_of(staff_ids: Sequence[int]) -> list[int]:
    staff = Staff.objects.filter(pk__in=staff_ids)
    return sorted({course.pk for one in staff for course in followed(one)})


def followed(staff: Staff) -> QuerySet[Course]:
    """The open courses of the patients this person follows."""
    patients = treated(staff).filter(status__in=FOLLOWED)
    return Course.objects.filter(patient__in=patients, ended_at=None).select_related("patient")


def drawn_ahead(
    course_ids: Sequence[int], given: datetime | None, draw: Draw
) -> Mapping[int, Ahead]:
    """This week's reports that are still to be stored, each drawn from what is known by now."""
    read = {pk: found for pk in course_ids if (found := _to_draw(pk, given or wallclock.now()))}
    prints = draw([page for _, page in read.values()])
    return {
        pk: Ahead(facts, page, printed)
        for (pk, (facts, page)), printed in zip(read.items(), prints, strict=True)
        if printed
    }


def _to_draw(course_id: int, now: datetime) -> tuple[CourseFacts, ReportPage] | None:
    try:
        course = Course.objects.select_related("patient").get(pk=course_id)
        week = week_of(now, course.patient.timezone)
        if course.reports.filter(week=week).exists():
            return None
        number = next_number(course, as_of=None, known_at=None)
        return read_page(course, as_of=now, known_at=now, number=number)
    except Exception:
        return None  # it stumbles again where it is stored, and is counted there


def storing(ahead: Mapping[int, Ahead]) -> Verb:
    """Stores each report as of the instant it was drawn for."""

    def build_one(course_id: int, /, *, by: str, now: datetime) -> str:
        course = Course.objects.select_related("patient").get(pk=course_id)
        drawn = ahead.get(course_id)
        at = drawn.facts.as_of if drawn else now
        build_report(course, as_of=at, known_at=at, by=by, now=now, ahead=drawn)
        return "built"

    return build_one


def prepare_week(staff_id: int, *, by: str, now: datetime) -> str:
    """Gathers this person's packet, then mails counts and a link. What became of the mail."""
    staff = Staff.objects.get(pk=staff_id)
    courses = list(followed(staff))
    if not courses:
        return "follows nobody"
    packet = weekly_packet(staff, courses, week=monday(now), by=by, now=now)
    put_packet_on_shelf(packet, settings.REPORTS_FOLDER)
    counts = counted(staff, packet, [course.patient for course in courses])
    message = queue_weekly(staff, counts, week=monday(now), by=by, now=now)
    return hand_over(message.pk, by=by, now=now)


def counted(staff: Staff, packet: Packet, patients: Sequence[Patient]) -> dict[str, int]:
    places = [report.page["attention"]["place"] for report in reports_of(packet)]
    return {
        "reports": len(places),
        "worth_a_look": sum(place < STEADY for place in places),
        "open_alerts": alerts(staff).exclude(state="closed").count(),
        "to_reach": len(to_reach(patients)),
    }
