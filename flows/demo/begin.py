"""A simulated clinic: 24 invented patients, twelve weeks, through the real doors.

It writes CSV files and imports them, sends real mail to a mail server of its own, opens the links
it finds in that mail, answers over HTTP, signs in to acknowledge alerts, and runs the last week
through a real Prefect server. Only time is simulated. Nothing leaves this machine.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from flows import scheduler
from flows.processes import free_port

MARK = "this-folder-is-rewritten-by-afterglow-demo"
WEEKS = 12
WRONG_USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, default=Path("var/demo"), help="written afresh")
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same clinic (7)")
    parser.add_argument("--patients", type=int, default=24, metavar="N", help="fewer: 3 to 24")
    parser.add_argument("--weeks", type=int, default=WEEKS, metavar="N", help="fewer: 2 to 12")
    parser.add_argument(
        "--monday",
        type=date.fromisoformat,
        metavar="DATE",
        help="the simulated first day; twelve weeks ago unless given",
    )


def run(arguments: argparse.Namespace) -> int:
    home = arguments.home.resolve()
    if home.exists() and not (home / MARK).exists():
        print(f"{home} is not a demo's folder. Choose another with --home.", file=sys.stderr)
        return WRONG_USAGE
    monday = arguments.monday or default_monday(datetime.now(UTC), arguments.weeks)
    if monday.weekday():
        print(f"{monday} is not a Monday.", file=sys.stderr)
        return WRONG_USAGE
    clear(home)
    words = [f"--{name}={getattr(arguments, name)}" for name in ("seed", "patients", "weeks")]
    command = [sys.executable, "-m", "flows.demo.play", *words, f"--monday={monday}"]
    # in place of this process, with an environment in which nothing points at a real clinic
    return replace_process(command, environment(home, os.environ))


def default_monday(now: datetime, weeks: int) -> date:
    """So that the simulation ends on a Monday morning that has passed in every American zone."""
    last = (now - timedelta(hours=18)).date()
    return last - timedelta(days=last.weekday(), weeks=weeks)


def clear(home: Path) -> None:
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / MARK).touch()


def environment(home: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Of the surroundings, nothing that names a clinic, a database or a server."""
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith(("AFTERGLOW_", "PREFECT_", "DJANGO_"))
        and name not in {"DATABASE_URL"}
    }
    ours = {
        "AFTERGLOW_HOME": str(home),
        "AFTERGLOW_CLOCK_FILE": str(home / "clock.txt"),
        "AFTERGLOW_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "AFTERGLOW_TIMEZONE": "America/Denver",
        "AFTERGLOW_MAIL": "smtp",
        "AFTERGLOW_SMTP_HOST": "127.0.0.1",
        "AFTERGLOW_SMTP_PORT": str(free_port()),
        "AFTERGLOW_SMTP_STARTTLS": "no",
        # a run is triggered and waited for; the runner should look at once
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    }
    traceback = {k: v for k, v in base.items() if k == "AFTERGLOW_TRACEBACK"}
    return scheduler.environment(home, free_port(), {**kept, **traceback}) | ours


def replace_process(command: list[str], variables: dict[str, str]) -> NoReturn:
    """From here on this process is the play; its exit code is ours."""
    sys.stdout.flush()
    os.execve(command[0], command, variables)
