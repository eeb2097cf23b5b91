"""The Prefect server and our flow runner, as commands to start; this file does not import Prefect.

Prefect is a timetable and a pool of workers. What happened is in our own database: its records may
be deleted at any time, and it is told nothing but the names of the flows and counts.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from flows.processes import answers

START_SECONDS = 120.0  # a fresh database has taken 35 s on two busy cores
DEPLOYMENT = "afterglow"
LAST_DEPLOYED = "weekly"  # the flow that `flows.serve` registers last


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def environment(home: Path, port: int, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of server and runner: their own folder, loopback, nothing sent anywhere."""
    return {
        **base,
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"{address(port)}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # runs end up in our ledger; theirs are kept for two weeks, for looking at
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "P14D",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P14D",
        # half the default: a run may wait this long for the runner to look
        "PREFECT_RUNNER_POLL_FREQUENCY": "5",
    }


def server_command(port: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "WARNING",
    ]


def runner_command(*, on_demand: bool = False) -> list[str]:
    """The process that runs the flows; `on_demand` keeps the timetable still, for the demo."""
    return [sys.executable, "-m", "flows.runner", *(["--on-demand"] if on_demand else [])]


def server_is_up(port: int) -> bool:
    return answers(f"{address(port)}/api/health")


def flows_are_served(port: int) -> bool:
    return answers(f"{address(port)}/api/deployments/name/{LAST_DEPLOYED}/{DEPLOYMENT}")
