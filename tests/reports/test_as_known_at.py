"""T21. A past report comes back byte for byte after any later edit; what was corrected is listed.

Histories are random and go through the verbs of the house: sessions recorded, moved, cancelled and
corrected, other treatments and substances told, corrected and taken back, forms due, sent and
answered, expired, imported late, protocols changed, people moved to another zone, put on hold or
discharged, alerts acknowledged. A report is stored on the way, a page of a day further back is kept
beside it, and the same kind of edits goes on after both.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.actions import build_report, read_page, record_decision, week_of
from reports.models import Report
from reports.pooling import keep_wander, wander_now
from reports.queries import course_facts
from reports.render import render_html, render_pdf
from reports.restated import HEAD, missing, restatements
from surveys.actions.alert import acknowledge
from surveys.actions.answer import record_old_response, submit
from surveys.actions.enrol import enrol, set_status
from surveys.actions.history import correct_history, current, record_history, withdraw_history
from surveys.actions.moves import move_occurrence
from surveys.actions.protocol import change_protocol
from surveys.actions.schedule import close_windows, open_due
from surveys.actions.treat import change_session, record_session
from surveys.history import HistoryStatement
from surveys.models import Alert, Course, HistoryEntry, Occurrence, OccurrenceVersion, Session
from surveys.states import OCCURRENCE
from tests import cast, proof

pytestmark = pytest.mark.django_db

HISTORIES = proof.share(8, 1000)
PROTOCOLS = ("six-then-boosters", "six-in-two-weeks", "taper-ladder")
ZONES = ("America/Denver", "America/New_York", "Pacific/Honolulu")
TALLY: Counter[str] = Counter()


@dataclass(frozen=True)
class Edit:
    """One verb, `wait` hours after the one before; `pick`, `number` and `back` choose of what."""

    verb: str
    wait: int
    pick: int
    number: int
    back: int


EDITS = st.builds(
    Edit,
    verb=st.sampled_from(
        ["session", "session", "move", "correct", "cancel", "answer", "answer", "old form", "send",
         "sweep", "sweep", "protocol", "contact", "status", "acknowledge", "decide", "pool",
         "beside", "beside", "correct beside", "take back"]
    ),
    wait=st.integers(1, 100),
    pick=st.integers(0, 50),
    number=st.integers(0, 3),
    back=st.integers(0, 400),
)  # fmt: skip
HISTORY = st.lists(EDITS, min_size=4, max_size=14)


@contextmanager
def undone() -> Iterator[None]:
    """A history leaves nothing behind for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def play(course: Course, edits: list[Edit], now: datetime) -> datetime:
    for edit in edits:
        now += timedelta(hours=edit.wait)
        VERBS[edit.verb](Course.objects.select_related("patient").get(pk=course.pk), edit, now)
        TALLY[edit.verb] += 1
    return now


def whole_hour(now: datetime, edit: Edit) -> datetime:
    return now - timedelta(hours=1 + edit.back)


def session(course: Course, edit: Edit, now: datetime) -> None:
    at, dose = whole_hour(now, edit), Decimal(edit.number + 4) / 10
    record_session(course, at=at, route="IV", dose_mg_per_kg=dose, by="front desk", now=now)


def some_session(course: Course, edit: Edit) -> Session | None:
    rows = list(course.sessions.filter(superseded_at=None))
    return rows[edit.pick % len(rows)] if rows else None


def correct(course: Course, edit: Edit, now: datetime) -> None:
    found = some_session(course, edit)
    if found:
        record_session(
            course, at=found.at, status=found.status, route=["IV", "IM"][edit.number % 2],
            dose_mg_per_kg=Decimal(edit.number + 4) / 10, duration_minutes=40 + edit.number,
            by="front desk", now=now,
        )  # fmt: skip


def move(course: Course, edit: Edit, now: datetime) -> None:
    found, at = some_session(course, edit), whole_hour(now, edit)
    if found and not course.sessions.filter(superseded_at=None, at=at).exists():
        change_session(found, at=at, status=found.status, by="front desk", now=now)


def cancel(course: Course, edit: Edit, now: datetime) -> None:
    found = some_session(course, edit)
    if found:
        status = ["cancelled", "missed", "done", "planned"][edit.number]
        change_session(found, at=found.at, status=status, by="front desk", now=now)


def some_occurrence(course: Course, edit: Edit, state: str) -> Occurrence | None:
    rows = [row for row in course.occurrences.all() if state in OCCURRENCE[row.state]]
    return rows[edit.pick % len(rows)] if rows else None


def answer(course: Course, edit: Edit, now: datetime) -> None:
    row = some_occurrence(course, edit, "answered")
    if row and row.due_at <= now:
        forms = {name: cast.phq9(*[edit.number] * 8, edit.pick % 2) for name in row.instruments
                 if name == "phq9"}  # fmt: skip
        if forms:
            submit(row, forms, mode="web", by="patient", now=now)


def send(course: Course, edit: Edit, now: datetime) -> None:
    row = some_occurrence(course, edit, "sent")
    if row and row.due_at <= now < row.closes_at:
        move_occurrence(row, "sent", now=now, sent_at=now)


def old_form(course: Course, edit: Edit, now: datetime) -> None:
    at, total = whole_hour(now, edit), edit.pick % 28
    # an import refuses the row of an instant at which another form stands
    if not course.patient.responses.filter(instrument="phq9", answered_at=at).exists():
        record_old_response(course, "phq9", None, total, answered_at=at, by="import", now=now)


def sweep(course: Course, edit: Edit, now: datetime) -> None:
    open_due(now=now)
    close_windows(by="flow", now=now)


def protocol(course: Course, edit: Edit, now: datetime) -> None:
    chosen = PROTOCOLS[edit.pick % len(PROTOCOLS)]
    change_protocol(course, chosen, reason="as agreed", by="staff", now=now)


def contact(course: Course, edit: Edit, now: datetime) -> None:
    zone, name = ZONES[edit.pick % len(ZONES)], ["Ana", "Bea"][edit.number % 2]
    enrol(cast.ana_row(timezone=zone, given_name=name), by="front desk", now=now)


def status(course: Course, edit: Edit, now: datetime) -> None:
    set_status(course.patient, ["active", "on_hold"][edit.number % 2], by="front desk", now=now)


def acknowledged(course: Course, edit: Edit, now: datetime) -> None:
    found = Alert.objects.filter(patient=course.patient_id, acknowledged_at=None).first()
    if found:
        acknowledge(found.pk, staff=cast.okafor(), now=now)


def decide(course: Course, edit: Edit, now: datetime) -> None:
    report = Report.objects.filter(course=course).last()
    if report:
        record_decision(report, option="continue", reason="so far", staff=cast.okafor(), now=now)


def pool(course: Course, edit: Edit, now: datetime) -> None:
    keep_wander(wander_now(now), week=week_of(now, "UTC"), by="flow", now=now)


def told(edit: Edit, now: datetime) -> HistoryStatement:
    since = (now - timedelta(days=2 + edit.back % 40)).date().isoformat()
    # a month that has begun wherever the patient lives
    until = (now - timedelta(days=2)).date().isoformat()[:7] if edit.pick % 2 else ""
    return [
        HistoryStatement("antidepressant", "Sertraline", f"{edit.pick} mg", since=since),
        HistoryStatement("tms", since=since[:7], until=until),
        HistoryStatement("alcohol", use="current", since=since[:4]),
        HistoryStatement("opioids", use="none"),
    ][edit.number]


def some_entry(course: Course, edit: Edit) -> HistoryEntry | None:
    found = list(current(course.patient))
    return found[edit.pick % len(found)] if found else None


def beside(course: Course, edit: Edit, now: datetime) -> None:
    record_history(course.patient, told(edit, now), by="staff", now=now)


def correct_beside(course: Course, edit: Edit, now: datetime) -> None:
    if found := some_entry(course, edit):
        correct_history(course.patient, found.key, told(edit, now), by="staff", now=now)


def take_back(course: Course, edit: Edit, now: datetime) -> None:
    if found := some_entry(course, edit):
        withdraw_history(course.patient, found.key, by="staff", now=now)


VERBS = {
    "beside": beside, "correct beside": correct_beside, "take back": take_back,
    "session": session, "move": move, "correct": correct, "cancel": cancel, "answer": answer,
    "old form": old_form, "send": send, "sweep": sweep, "protocol": protocol, "contact": contact,
    "status": status, "acknowledge": acknowledged, "decide": decide, "pool": pool,
}  # fmt: skip


def printed(course: Course, as_of: datetime, known_at: datetime) -> tuple[str, bytes]:
    """As `afterglow report --as-of --known-at` prints it, HTML and PDF."""
    course = Course.objects.select_related("patient").get(pk=course.pk)
    _, page = read_page(course, as_of=as_of, known_at=known_at)
    return render_html(page, standalone=True), render_pdf(page)


def corrected(course: Course, report: Report, now: datetime) -> set[str]:
    """What the stored report would have shown otherwise, had today's knowledge been there."""
    course = Course.objects.select_related("patient").get(pk=course.pk)
    then, today = (
        course_facts(course, as_of=report.as_of, known_at=known, number=report.number)
        for known in (report.known_at, now)
    )
    sessions = {s.key: s for s in then.done}, {s.key: s for s in today.done}
    forms = ({f.response_id: f.total for f in facts.forms if f.answered_at <= report.as_of}
             for facts in (then, today))  # fmt: skip
    entries = ({one.key: one.told for one in facts.history_then} for facts in (then, today))
    absent, still = (set(missing(facts.occurrences, report.as_of)) for facts in (then, today))
    return {
        *(f"session:{key}" for key in different(*sessions)),
        *(f"form:{key}" for key in different(*forms)),
        *(f"history:{key}" for key in different(*entries)),
        *(f"due:{due.isoformat()}" for due in absent - still),
        *(name for name in HEAD if getattr(then, name) != getattr(today, name)),
    }


def different(then: dict, today: dict) -> set[str]:
    return {key for key in then.keys() | today.keys() if then.get(key) != today.get(key)}


def a_history(before: list[Edit], between: list[Edit], after: list[Edit]) -> None:
    course = cast.ana()
    earlier = play(course, before, cast.START)
    kept_as_of = earlier - timedelta(days=2)
    kept = printed(course, kept_as_of, earlier)
    monday = play(course, between, earlier)
    report = build_report(course, as_of=monday, known_at=monday, by="flow", now=monday)
    later = play(course, after, monday)

    assert printed(course, kept_as_of, earlier) == kept
    assert printed(course, monday, monday) == (report.html, bytes(report.pdf))
    course = Course.objects.select_related("patient").get(pk=course.pk)
    facts, _ = read_page(course, as_of=later, known_at=later)
    assert facts.report_number == report.number + 1
    listed = {one.subject for one in restatements(facts)}
    assert listed == corrected(course, report, later)
    for row in course.occurrences.all():
        newest = OccurrenceVersion.objects.filter(occurrence=row).last()
        assert (newest.due_at, newest.closes_at, newest.instruments) == (
            row.due_at, row.closes_at, row.instruments,
        )  # fmt: skip
        assert newest.state == row.state or (newest.state, row.state) == ("planned", "due")
    TALLY["histories"] += 1
    TALLY["corrections"] += len(listed)


@pytest.mark.proof
def test_a_past_report_is_the_same_bytes_after_any_later_edit_and_corrections_are_listed():
    TALLY.clear()

    @settings(
        max_examples=HISTORIES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(HISTORY, HISTORY, HISTORY)
    def histories(before, between, after):
        with undone():
            a_history(before, between, after)

    try:
        histories()
    finally:
        edits = sum(TALLY[verb] for verb in VERBS)
        proof.record(
            "T21", f"{HISTORIES} random histories, {edits} edits", target="0 bytes differ",
            found=f"{TALLY['histories']} equal, {TALLY['corrections']} corrections, all listed",
        )  # fmt: skip


def test_a_page_from_before_the_enrolment_is_refused_in_words():
    course = cast.ana()
    with pytest.raises(LookupError, match="A-001 was not enrolled yet"):
        read_page(course, as_of=cast.START, known_at=cast.START - cast.HOUR)
