"""This week: who is worth a look, in a fixed order, with the reason beside each; and everybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reports.charts import sparkline_svg
from reports.clinic import audit, reach
from reports.clinic.alerts import told
from reports.clinic.course import live_page, newest_course
from reports.clinic.pages import page
from reports.clinic.pulse import pulse
from reports.clinic.roles import open_to
from reports.clinic.to_reach import to_reach
from reports.facts import CourseFacts
from reports.headline import ATTENTION, ATTENTION_NOTE
from reports.models import Decision
from reports.page import Figure, ReportPage
from reports.wording import calendar_day, plural, weekday
from surveys import wallclock
from surveys.in_use import ProtocolGone
from surveys.models import Alert, Patient, Staff

FOLLOWED = ("active", "on_hold")
STEADY = ATTENTION.index("steady")
# Rules that speak for going on as it is: alone they are no reason to look this week.
AS_IT_IS = {"C1", "I3"}
# What was decided is read again after four weeks, as in SUSTAIN-2 (Nijs 2020).
DECIDED_LATELY = timedelta(days=28)
REVIEW_SHOWN_FROM = timedelta(days=7)
NO_RULE = "No rule fired: this does not mean well."


@dataclass(frozen=True)
class Row:
    """One patient of the caseload as the page prints them."""

    patient: Patient
    facts: CourseFacts
    page: ReportPage

    @property
    def sparkline(self) -> str:
        return sparkline_svg(self.page.sparkline)

    @property
    def newest_answer(self) -> datetime | None:
        forms = self.facts.forms_of(self.facts.primary)
        return forms[-1].answered_at if forms else None

    @property
    def day(self) -> str:
        """Days since the last session, as on the report."""
        facts = self.facts
        if not facts.done:
            return "no session yet"
        return f"day {facts.days_between(facts.done[-1].at, facts.as_of)}"

    @property
    def age(self) -> str:
        """How old the newest form is, on the patient's calendar."""
        if self.newest_answer is None:
            return ""
        days = self.facts.days_between(self.newest_answer, self.facts.as_of)
        return f"{plural(days, 'day')} old" if days > 0 else "today"

    @property
    def worth_a_look(self) -> bool:
        """Anything but steady; steady too where a rule waits for a decision."""
        found = self.page.attention
        if found.place < STEADY:
            return True
        waits = {mark.rstrip("†") for mark in found.rules} - AS_IT_IS
        return bool(waits) and not self._decided_lately

    @property
    def _decided_lately(self) -> bool:
        since = self.facts.as_of - DECIDED_LATELY
        return any(decision.decided_at > since for decision in self.facts.decisions)

    def figure(self, label: str) -> Figure:
        return next(figure for figure in self.page.figures if figure.label == label)


@dataclass(frozen=True)
class Due:
    """A decision that waits: what it is about, and since or by when."""

    patient: Patient
    what: str
    when: str


@open_to("clinician", "lead")
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    now = wallclock.now()
    patients = caseload(request.user)
    waiting = list(_waiting(request.user))
    audit.list_viewed(request, [*patients, *(row.patient for row in waiting)], "week")
    shown, unread = _read(patients, now)
    rows = in_order(shown)
    return page(
        request, "week.html", here="week", now=now, today=weekday(now, request.user.timezone),
        pulse=pulse(patients, now), waiting=[told(row, now) for row in waiting],
        look=[row for row in rows if row.worth_a_look],
        rest=[row for row in rows if not row.worth_a_look], no_rule=NO_RULE,
        note=ATTENTION_NOTE, due=[due for row in rows for due in _due(row, now)],
        calls=to_reach(patients), count=len(patients), unread=unread,
    )  # fmt: skip


@open_to("clinician", "lead")
@require_safe
def patients(request: HttpRequest) -> HttpResponse:
    """Everybody this person may read, followed or not."""
    found = list(reach.readable(request.user).select_related("clinician").order_by("code"))
    audit.list_viewed(request, found, "patients")
    rows = [_entry(patient) for patient in found]
    return page(request, "patients.html", here="patients", rows=rows)


def caseload(staff: Staff) -> list[Patient]:
    """The patients this person follows now."""
    found = reach.treated(staff).filter(status__in=FOLLOWED).select_related("clinician")
    return list(found.order_by("code"))


def in_order(rows: list[Row]) -> list[Row]:
    """By kind of reason, in the fixed order, then by number: a place in the list says no more."""
    return sorted(rows, key=lambda row: (row.page.attention.place, row.patient.code))


def _read(patients: list[Patient], now: datetime) -> tuple[list[Row], list[tuple[Patient, str]]]:
    """A row for each, and whose page cannot be read, with the protocol whose file is gone."""
    shown, unread = [], []
    for patient in patients:
        try:
            shown.append(Row(patient, *live_page(newest_course(patient), now)))
        except ProtocolGone as fault:
            unread.append((patient, fault.name))
    return shown, unread


def _waiting(staff: Staff) -> list[Alert]:
    rows = reach.alerts(staff).exclude(state="closed").order_by("raised_at")
    return list(rows.select_related("patient", "response", "acknowledged_by"))


def _due(row: Row, now: datetime) -> list[Due]:
    """The review agreed at the last decision, once its day is near, and what a rule asks for."""
    found = []
    last = Decision.objects.filter(course__patient=row.patient).order_by("decided_at").last()
    today = now.astimezone(ZoneInfo(row.facts.zone)).date()
    if last and last.review_on and last.review_on - today <= REVIEW_SHOWN_FROM:
        word = "since" if last.review_on < today else "by"
        when = f"{word} {calendar_day(last.review_on)}"
        found.append(Due(row.patient, "review agreed at the last decision", when))
    for figure in row.page.figures:
        if figure.label == "Decision due" and figure.note.startswith("rule"):
            found.append(Due(row.patient, figure.value, figure.note))
    return found


def _entry(patient: Patient) -> dict[str, object]:
    course = newest_course(patient)
    return {"patient": patient, "course": course}
