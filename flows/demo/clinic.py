"""The simulated clinic: its days, its letters, its patients, its clinician on call."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from flows import cli
from flows.demo import beside, browser, files
from flows.demo.agenda import Agenda
from flows.demo.browser import Visitor
from flows.demo.cast import Cast, Colleague, Person
from flows.demo.people import Patient
from flows.demo.sink import Received, Sink
from surveys.models import Alert

ZONE = ZoneInfo("America/Denver")
OPENING_HOUR = time(8, 30)
# The flows run every few minutes for real. Once a day is enough here: by then a form that is due a
# day after a session is due for whoever sat down for it at two, in any American zone.
MAIL_LEAVES = time(16, 15)
DESK_CLOSES = time(17, 30)
MONDAY_MORNING = time(7, 0)
ENROLLED_BEFORE = timedelta(days=3)
# Reports of every week would take half of the demo's minute and be looked at by nobody.
REPORTED_WEEKS = timedelta(weeks=1)
SCANNED_AFTER = timedelta(seconds=40)

# The flow runs every half minute for real; here, once after that and then when a notice is due.
FIRST_ALERT_PASS = timedelta(seconds=30)
BESIDE_EACH_OTHER = 2  # as many as the web server has workers
# The first alert is seen at once; for the second the phone lies in another room.
NOTICES_BEFORE_REACTION = (1, 3)
TO_SIGN_IN = timedelta(minutes=6)
OUTCOME = "Reached by phone. No plan, no intent. Safety plan gone through; seen again tomorrow."

PASSWORD = "adler-am-bach-7"  # of everybody at the simulated clinic; nobody real is behind it


@dataclass
class Clinic:
    """One simulation, from `opening`, the first Monday, to `last`, the Monday of its end.

    `run_pass` carries out a flow by name. On the last Monday the caller runs every flow itself.
    """

    cast: Cast
    opening: date
    last: date
    seed: int
    home: Path
    base_url: str
    sink: Sink
    visitor: Visitor
    run_pass: Callable[[str], None]
    agenda: Agenda = field(default_factory=Agenda)
    patients: dict[str, Patient] = field(default_factory=dict)
    visits: dict[datetime, list[tuple[Patient, str]]] = field(default_factory=dict)
    unopened: int = 0
    pressed: int = 0
    notices: int = 0
    alerts_seen: int = 0
    sign_in_planned: bool = False

    def __post_init__(self) -> None:
        for person in self.cast.patients:
            dice = Random(f"{self.seed}:{person.code}")
            self.patients[person.email] = Patient(person, self.cast, self.opening, dice)

    # --- the calendar

    def plan_day(self, day: date) -> None:
        """Put one day's appointments on the agenda."""
        if newcomers := [one for one in self.cast.patients if self.enrolled_on(one) == day]:
            self.agenda.add(self.at(day, OPENING_HOUR), lambda now: self.enrol(newcomers, now))
        if day.weekday() == 0 and self.last - day <= REPORTED_WEEKS and day < self.last:
            self.agenda.add(self.at(day, MONDAY_MORNING), lambda _: self.carry_out("weekly"))
        names = ("upkeep", "send", "remind") if day.weekday() == 0 else ("send", "remind")
        self.agenda.add(self.at(day, MAIL_LEAVES), self.passes(names))
        if any(day in self.cast.session_days(one, self.opening) for one in self.cast.patients):
            self.agenda.add(self.at(day, DESK_CLOSES), self.bring_sessions)

    def enrolled_on(self, person: Person) -> date:
        return self.cast.first_day(person, self.opening) - ENROLLED_BEFORE

    @staticmethod
    def at(day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, ZONE)

    def passes(self, names: tuple[str, ...]) -> Callable[[datetime], None]:
        def act(now: datetime) -> None:
            for name in names:
                self.carry_out(name)
            self.read_mail(now)

        return act

    def carry_out(self, name: str) -> None:
        self.run_pass(name)

    # --- the front desk

    def enrol(self, newcomers: list[Person], now: datetime) -> None:
        patients = files.patients(self.cast, newcomers, now.date())
        responses = files.old_totals(self.cast, newcomers, self.opening)
        sessions = files.planned(self.cast, newcomers, self.opening)
        self.bring(
            files.write(self.csv("patients", now), patients),
            files.write(self.csv("responses", now), responses),
            files.write(self.csv("planned", now), sessions),
        )
        beside.record(self.cast, newcomers, self.opening, now)

    def bring_sessions(self, now: datetime) -> None:
        rows = files.held(self.cast, self.cast.patients, self.opening, now)
        self.bring(files.write(self.csv("sessions", now), rows))

    def csv(self, kind: str, now: datetime) -> Path:
        return self.home / "csv" / f"{kind}-{now.date()}.csv"

    @staticmethod
    def bring(*paths: Path) -> None:
        said = io.StringIO()
        with redirect_stdout(said):
            code = cli.main(["import", *map(str, paths)])
        if code:
            raise RuntimeError(f"import of {[path.name for path in paths]} ended with {code}")

    # --- letters

    def read_mail(self, now: datetime) -> None:
        for received in self.sink.take():
            if patient := self.patients.get(received.to):
                self.patient_reads(patient, received, now)
            elif "/alerts/" in received.text:
                self.clinician_reads(received, now)

    def patient_reads(self, patient: Patient, received: Received, now: datetime) -> None:
        if patient.person.scanned:
            self.agenda.add(now + SCANNED_AFTER, lambda _: self.scan(received))
        at, link = patient.answers_at(received, now), received.survey_link
        if at and link:
            self.expect(patient, link, at)

    def expect(self, patient: Patient, link: str, at: datetime) -> None:
        """Whoever answers in the same half hour answers at the same instant, beside each other."""
        if at not in self.visits:
            self.agenda.add(at, self.receive)
        self.visits.setdefault(at, []).append((patient, link))

    def receive(self, now: datetime) -> None:
        def visit(one: tuple[Patient, str]) -> bool:
            return self.answer(*one, now)

        knew = sum(one.told for one in self.patients.values())
        with ThreadPoolExecutor(BESIDE_EACH_OTHER) as pool:
            self.unopened += list(pool.map(visit, self.visits.pop(now))).count(False)
        if sum(one.told for one in self.patients.values()) > knew:
            self.agenda.add(now + FIRST_ALERT_PASS, self.watch_alerts)

    def scan(self, received: Received) -> None:
        self.pressed += browser.scan(self.visitor, received.links, self.base_url)

    def answer(self, patient: Patient, link: str, now: datetime) -> bool:
        with Visitor(self.base_url) as browser_of_their_own:
            return browser.answer(
                browser_of_their_own, link, lambda form: patient.fills_in(form, now)
            )

    # --- the clinician on call

    def watch_alerts(self, now: datetime) -> None:
        self.carry_out("alert")
        self.read_mail(now)
        waiting = Alert.objects.filter(acknowledged_at=None)
        if due := waiting.order_by("next_notice_at").first():
            self.agenda.add(due.next_notice_at.astimezone(ZONE), self.watch_alerts)

    def clinician_reads(self, received: Received, now: datetime) -> None:
        if received.to != self.on_call.email or self.sign_in_planned:
            return
        self.notices += 1
        wanted = NOTICES_BEFORE_REACTION[min(self.alerts_seen, len(NOTICES_BEFORE_REACTION) - 1)]
        if self.notices >= wanted:
            self.sign_in_planned = True
            self.agenda.add(now + TO_SIGN_IN, self.acknowledge)

    def acknowledge(self, _: datetime) -> None:
        taken = browser.acknowledge(self.visitor, self.on_call.email, PASSWORD, OUTCOME)
        if not taken:
            raise RuntimeError("the clinician on call signed in and found no alert to acknowledge")
        self.alerts_seen += taken
        self.notices, self.sign_in_planned = 0, False

    @property
    def on_call(self) -> Colleague:
        return next(one for one in self.cast.staff.values() if one.on_call)
