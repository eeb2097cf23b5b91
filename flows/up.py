"""The web server, the scheduler and the flows on this machine, together until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from django.conf import settings

import flows.start  # noqa: F401
from flows import scheduler
from flows.check import complaints
from flows.processes import Household, NeverCameUp, answers, is_free, wait_until

WEB_SECONDS = 40.0
NOT_FIT = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="of the web pages (8000)")
    parser.add_argument("--prefect-port", type=int, default=4200, help="of the scheduler (4200)")
    parser.add_argument(
        "--bind",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where the web pages listen (127.0.0.1; the scheduler never leaves this machine)",
    )


def run(arguments: argparse.Namespace) -> int:
    wrong = [*complaints(), *taken(arguments.port, arguments.prefect_port)]
    if wrong:
        print("\n".join(["Not started:", *wrong]), file=sys.stderr)
        return NOT_FIT
    signal.signal(signal.SIGTERM, stop_politely)
    signal.signal(signal.SIGHUP, stop_politely)
    with Household(settings.HOME / "log") as household:
        try:
            start_all(household, arguments)
            announce(arguments)
            return stay(household)
        except NeverCameUp as trouble:
            print(f"Stopped: {trouble}", file=sys.stderr)
            return NOT_FIT
        except KeyboardInterrupt:
            print("Stopping.")
            return 0


def start_all(household: Household, arguments: argparse.Namespace) -> None:
    """Pages first, since people wait for them; flows last, since they need the scheduler."""
    environment = shared_environment(arguments)
    household.start("web", web_command(arguments.bind, arguments.port), environment)
    household.start("prefect", scheduler.server_command(arguments.prefect_port), environment)
    start_page = f"http://127.0.0.1:{arguments.port}/sign-in/"
    wait_until(lambda: answers(start_page), household, seconds=WEB_SECONDS)
    print(f"The pages answer; the scheduler is starting (up to {scheduler.START_SECONDS:.0f} s).")
    wait_until(
        lambda: scheduler.server_is_up(arguments.prefect_port),
        household,
        seconds=scheduler.START_SECONDS,
    )
    household.start("flows", scheduler.runner_command(), environment)
    wait_until(
        lambda: scheduler.flows_are_served(arguments.prefect_port),
        household,
        seconds=scheduler.START_SECONDS,
    )


def shared_environment(
    arguments: argparse.Namespace, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    environment = scheduler.environment(settings.HOME, arguments.prefect_port, base)
    environment.setdefault("AFTERGLOW_BASE_URL", f"http://127.0.0.1:{arguments.port}")
    # children may start elsewhere; they must mean the same folder
    return {**environment, "AFTERGLOW_HOME": str(settings.HOME)}


def web_command(bind: str, port: int, workers: int = 2) -> list[str]:
    """Two sync workers: threaded ones wait for each other on one SQLite file. No access log, since
    a request's path may hold a link's secret."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "reports.clinic.wsgi:application",
        "--bind",
        f"{bind}:{port}",
        "--workers",
        str(workers),
        "--log-level",
        "warning",
        "--no-control-socket",
        "--chdir",
        str(Path(settings.HOUSE)),
    ]


def taken(*ports: int) -> list[str]:
    return [
        f"  Port {port} is used by another program. Stop it, or choose with --port, --prefect-port."
        for port in ports
        if not is_free(port)
    ]


def announce(arguments: argparse.Namespace) -> None:
    print(
        f"Afterglow is up.\n"
        f"  clinic     {settings.BASE_URL if settings.LIVE else page(arguments.port)}\n"
        f"  flow runs  {scheduler.address(arguments.prefect_port)}/runs\n"
        f"  logs       {settings.HOME / 'log'}\n"
        f"Ctrl-C stops all of it.",
        flush=True,
    )


def page(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def stay(household: Household) -> int:
    """Wait for a signal; when one process ends, the rest is of no use without it."""
    while not (name := household.dead()):
        time.sleep(0.5)
    print(f"{name} ended; see {household.log_folder / name}.log. Stopping.", file=sys.stderr)
    return NOT_FIT


def stop_politely(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
