"""Plays the demo, in the home folder and environment that `begin` prepared."""

import argparse
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

import flows.start  # noqa: F401
from flows import cli, scheduler
from flows.demo import closing, passes
from flows.demo.browser import Visitor
from flows.demo.cast import Cast, load_cast
from flows.demo.clinic import PASSWORD, ZONE, Clinic
from flows.demo.sink import Sink
from flows.processes import Household, answers, wait_until
from flows.up import WEB_SECONDS, web_command
from surveys import wallclock
from surveys.actions.staff import add_staff

LAST_WEEK = timedelta(days=7)
CLOSING_HOUR = time(8, 0)
BY = "demo"


class Demo:
    """One performance: what has been started, and how far the simulated clock has come."""

    def __init__(self, arguments: argparse.Namespace, console: Console) -> None:
        self.console = console
        self.cast: Cast = load_cast(arguments.patients)
        self.monday: date = arguments.monday
        self.first = self.monday - timedelta(days=3)
        self.last = self.monday + timedelta(weeks=arguments.weeks)
        self.seed: int = arguments.seed
        self.prefect_port = urlsplit(os.environ["PREFECT_API_URL"]).port or 0
        self.flows_started = False

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last, CLOSING_HOUR, ZONE)

    def run(self) -> int:
        with ExitStack() as stack:
            household = stack.enter_context(Household(settings.HOME / "log"))
            refused = frozenset(one.email for one in self.cast.patients if one.refused)
            sink = stack.enter_context(Sink(settings.SMTP_PORT, refused))
            visitor = stack.enter_context(Visitor(settings.BASE_URL))
            stack.enter_context(passes.without_heartbeats())
            self.open_house(household)
            clinic = Clinic(
                cast=self.cast,
                opening=self.monday,
                last=self.last,
                seed=self.seed,
                home=settings.HOME,
                base_url=settings.BASE_URL,
                sink=sink,
                visitor=visitor,
                run_pass=self.run_pass,
            )
            self.live_through(clinic, household)
            self.close_the_last_week(clinic, household)
            return closing.report(clinic, self.end, self.console)

    def open_house(self, household: Household) -> None:
        """Database, staff and web server; the scheduler takes longest, so it starts first."""
        environment = dict(os.environ)
        household.start("prefect", scheduler.server_command(self.prefect_port), environment)
        self.set_clock(datetime.combine(self.first, time(7, 0), ZONE))
        port = urlsplit(settings.BASE_URL).port or 0
        household.start("web", web_command("127.0.0.1", port), environment)
        call_command("migrate", interactive=False, verbosity=0)
        # this process may lose its last second to a power cut; the web server keeps its promise
        connection.cursor().execute("PRAGMA synchronous=OFF")
        for one in self.cast.staff.values():
            add_staff(
                one.email,
                PASSWORD,
                name=one.name,
                role=one.role,
                timezone=settings.CLINIC_TIMEZONE,
                on_call=one.on_call,
                by=BY,
                now=wallclock.now(),
            )
        start_page = f"{settings.BASE_URL}/sign-in/"
        wait_until(lambda: answers(start_page), household, seconds=WEB_SECONDS)

    @staticmethod
    def set_clock(now: datetime) -> None:
        wallclock.tell(settings.CLOCK_FILE, now)

    def live_through(self, clinic: Clinic, household: Household) -> None:
        """Day after day: the day's appointments, and whatever follows from them."""
        with self.progress() as bar:
            task = bar.add_task("", total=(self.last - self.first).days)
            for day in self.days():
                bar.update(task, description=f"{day:%a %-d %b}: {self.scene(day)}")
                self.keep_prefect_coming(household, needed=self.is_last_week(day))
                clinic.plan_day(day)
                self.until(clinic, datetime.combine(day, time.max, ZONE))
                bar.advance(task)
            clinic.plan_day(self.last)
            self.until(clinic, self.end)

    def until(self, clinic: Clinic, end: datetime) -> None:
        end = min(end, self.end - timedelta(hours=2))
        while step := clinic.agenda.next(end):
            at, act = step
            self.set_clock(at)
            act(at)

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days))

    def is_last_week(self, day: date) -> bool:
        return day >= self.last - LAST_WEEK

    def scene(self, day: date) -> str:
        week = (day - self.monday).days // 7 + 1
        text = f"week {week}" if week > 0 else "before the first session"
        return f"{text}, through Prefect" if self.is_last_week(day) else text

    def progress(self) -> Progress:
        columns = (
            TextColumn("{task.description:44}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console)

    # --- the scheduler

    def keep_prefect_coming(self, household: Household, *, needed: bool) -> None:
        """Start the flow runner once the server answers; wait for both when they are needed."""
        if not self.flows_started and (needed or scheduler.server_is_up(self.prefect_port)):
            seconds = scheduler.START_SECONDS
            wait_until(
                lambda: scheduler.server_is_up(self.prefect_port), household, seconds=seconds
            )
            household.start("flows", scheduler.runner_command(on_demand=True), dict(os.environ))
            self.flows_started = True

    def run_pass(self, name: str) -> None:
        through_prefect = self.is_last_week(wallclock.now().astimezone(ZONE).date())
        (passes.through_prefect if through_prefect else passes.directly)(name)

    def close_the_last_week(self, clinic: Clinic, household: Household) -> None:
        """Monday morning: the week's reports, as a run of their deployment by the flow runner."""
        self.console.print("Monday morning: the week's reports, by the flow runner.")
        wait_until(
            lambda: scheduler.flows_are_served(self.prefect_port),
            household,
            seconds=scheduler.START_SECONDS,
        )
        now = self.end
        self.set_clock(now)
        for name in ("upkeep", "send", "remind", "alert"):
            passes.through_prefect(name)
        passes.deployed(["weekly"], os.environ["PREFECT_API_URL"])
        clinic.read_mail(now)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="afterglow demo")
    for name in ("seed", "patients", "weeks"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--monday", type=date.fromisoformat, required=True)
    # what is loaded by now stays; looking through it again and again took a tenth of the time
    gc.collect()
    gc.freeze()
    # mail server and mail client share this process; the usual 5 ms would be lost at each line
    sys.setswitchinterval(0.0002)
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    return cli.attempt("demo", Demo(parser.parse_args(words), Console()).run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
