"""The flows, run directly or as runs of the real Prefect server."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import httpx
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows import alert, remind, send, serve, upkeep, weekly
from flows.scheduler import DEPLOYMENT

DIRECT: dict[str, Callable[[], Counter[str]]] = {
    "send": send.run_once,
    "remind": remind.run_once,
    "alert": alert.run_once,
    "upkeep": upkeep.run_once,
    "weekly": weekly.run_once,
}
TERMINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
RUN_SECONDS = 90.0
TRIES = 20


def without_heartbeats() -> AbstractContextManager[Any]:
    """A heartbeat thread makes each run a second longer; entering this costs half a second."""
    return temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


class RunFailed(RuntimeError):
    """A flow run did not complete; its state says why."""


def directly(name: str) -> None:
    if DIRECT[name]()["failed"]:
        raise RunFailed(f"{name}: something failed; the log says what")


def through_prefect(name: str) -> None:
    """A run of the server, executed here: a new process for each would take the minute alone."""
    state = serve.FLOWS[name](return_state=True)
    if not state.is_completed():
        raise RunFailed(f"{name}: {state.message}")


def deployed(names: list[str], api: str) -> None:
    """Trigger a run of each deployment, to be executed by the flow runner, and wait for all."""
    with httpx.Client(base_url=api, timeout=30.0, trust_env=False, verify=False) as client:
        runs = {name: trigger(client, name) for name in names}
        for name, run in runs.items():
            wait(client, name, run)


def trigger(client: httpx.Client, name: str) -> str:
    path = f"/deployments/name/{name}/{DEPLOYMENT}"
    deployment = patiently(lambda: client.get(path))["id"]
    # the key makes asking again harmless
    order = {"idempotency_key": str(uuid4())}
    create = f"/deployments/{deployment}/create_flow_run"
    return str(patiently(lambda: client.post(create, json=order))["id"])


def wait(client: httpx.Client, name: str, run: str) -> None:
    deadline = monotonic() + RUN_SECONDS
    while monotonic() < deadline:
        state = patiently(lambda: client.get(f"/flow_runs/{run}"))["state"]
        if state["type"] == "COMPLETED":
            return
        if state["type"] in TERMINAL:
            raise RunFailed(f"{name}: {state['name']}: {state.get('message')}")
        sleep(0.2)
    raise RunFailed(f"{name}: not done after {RUN_SECONDS:.0f} s")


def patiently(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    """The server says 503 while its database is busy; asked again it answers."""
    for _ in range(TRIES):
        reply = ask()
        if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        sleep(0.5)
    found: dict[str, Any] = reply.raise_for_status().json()
    return found
