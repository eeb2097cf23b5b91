"""One sender and one change of the patient, interleaved at a chosen boundary, many times.

The change reads within its own transaction whether the letter was claimed before it. If it was not,
no letter may be accepted. One line of JSON at the end: interleavings, claims that came first,
letters that left after the change.
"""

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable

from django.db import connection, transaction

import flows.start  # noqa: F401  starts Django before any model is imported
from surveys.actions import backlog, enrol, leave, mail, treat
from surveys.actions.schedule import open_due
from surveys.actions.send import invite
from surveys.mail.letter import Letter
from surveys.mail.transports import Outcome
from surveys.models import Course, Message, Occurrence
from tests.cast import HOUR, START, ana_row, okafor
from tests.crash.boundaries import watch

# after a session booked in advance has taken place its day-after check falls due
NOW = START + 24 * HOUR
letters: list[Letter] = []


def keep(letter: Letter) -> Outcome:
    letters.append(letter)
    return Outcome("accepted")


def status(word: str) -> Callable[[Course], None]:
    return lambda course: enrol.set_status(course.patient, word, by="desk", now=NOW)


def new_address(course: Course) -> None:
    enrol.set_address(course.patient, "new@mail.example", by="desk", now=NOW)


def stop(course: Course) -> None:
    leave.stop_mails(course.occurrences.get(survey="after-session"), now=NOW)


def cancel(course: Course) -> None:
    session = course.sessions.get(superseded_at=None)
    treat.change_session(session, at=session.at, status="cancelled", by="desk", now=NOW)


def overtaken(course: Course) -> None:
    """A newer form asks the same, and the clean-up leaves out what waits."""
    row = course.occurrences.get(survey="after-session")
    course.occurrences.create(
        protocol=row.protocol, protocol_version=row.protocol_version, rule="newer", ordinal=1,
        survey="newer", instruments=row.instruments, due_at=row.due_at + HOUR / 60,
        closes_at=row.closes_at, state="due", state_at=NOW,
    )  # fmt: skip
    backlog.leave_out_overtaken(by="system", now=NOW)


CHANGES = {
    "on hold": status("on_hold"),
    "deceased": status("deceased"),
    "discharged": status("discharged"),
    "new address": new_address,
    "asked to stop": stop,
    "session cancelled": cancel,
    "left out": overtaken,
}


class Race:
    """The sender runs here; the change begins in a thread when boundary `at` is crossed."""

    def __init__(self, course: Course, change: Callable[[Course], None], at: int) -> None:
        self.course, self.change, self.at = course, change, at
        self.row = course.occurrences.get(survey="after-session")
        self.crossed = 0
        self.go, self.done = threading.Event(), threading.Event()
        self.claimed_first = False
        self.fault = ""

    def cross(self, _name: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self.crossed += 1
        if self.crossed == self.at:
            self.go.set()
            # inside a transaction the change may wait for us, outside only for itself
            self.done.wait(0.02 if connection.in_atomic_block else 0.3)

    def disturb(self) -> None:
        self.go.wait()
        try:
            self.change_it()
        except Exception as fault:
            self.fault = type(fault).__name__
        connection.close()
        self.done.set()

    def change_it(self) -> None:
        with transaction.atomic():
            self.change(Course.objects.select_related("patient").get(pk=self.course.pk))
            sent = Message.objects.filter(occurrence=self.row)
            self.claimed_first = sent.exclude(state__in=["queued", "retry"]).exists()

    def run(self) -> None:
        global crossing
        other = threading.Thread(target=self.disturb)
        other.start()
        if not self.at:
            self.go.set()
            self.done.wait(0.3)  # before the first boundary: the change begins first
        crossing = self.cross
        try:
            invite(self.row.pk, by="system", now=NOW)
        except mail.WrongAddress:
            pass
        crossing = ignore
        self.go.set()
        other.join()
        # whatever is still queued goes out in the next pass, by what is true then
        invite(self.row.pk, by="system", now=NOW)


def ignore(_name: str) -> None:
    """Between races."""


crossing: Callable[[str], None] = ignore


def prepared(n: int) -> Course:
    """A patient whose check after yesterday's session is due, and nothing else."""
    row = ana_row(code=f"S-{n}", email=f"s{n}@mail.example")
    course = enrol.enrol(row, by="front desk", now=START, plan_now=False)
    treat.record_session(course, at=START - 23 * HOUR, by="front desk", now=START)
    Occurrence.objects.filter(course=course).exclude(survey="after-session").update(state="skipped")
    open_due(now=NOW)
    return course


def play(n: int, name: str, at: int, count: Counter) -> None:
    letters.clear()
    race = Race(prepared(n), CHANGES[name], at)
    race.run()
    old = [letter for letter in letters if letter.to != "new@mail.example"]
    count["interleavings"] += 1
    if race.fault:
        count["faults"] += 1
        print(name, at, race.fault, file=sys.stderr)
        return
    count["claimed first"] += race.claimed_first
    count["left after the change"] += bool(old) and not race.claimed_first
    count["twice"] += len(letters) > 1
    row = Occurrence.objects.get(pk=race.row.pk)
    count["left and counted as left out"] += bool(letters) and row.state == "skipped"
    stuck = Message.objects.filter(occurrence=race.row, state="sending")
    count["stuck"] += stuck.exists()


def boundaries() -> int:
    """How many an invitation crosses while nobody interferes."""
    calm = Race(prepared(-1), lambda _: None, 0)
    calm.run()
    return calm.crossed


def main(times: int, seed: int) -> None:
    okafor()
    mail._transport = lambda: keep
    watch(lambda name: crossing(name))
    dice, count = random.Random(seed), Counter()
    names, steps = [*CHANGES], boundaries()
    for n in range(times):
        play(n, names[n % len(names)], dice.randrange(steps + 1), count)
    print(json.dumps(count))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
