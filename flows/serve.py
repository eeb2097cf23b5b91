"""The flows as Prefect sees them, and the process that runs them by the timetable.

Each flow is one idempotent pass over our own database: Prefect says when and shows what came of it,
and is never asked what has been done. Flows are sync, because Django's records are; they take no
parameters and say only counts, because Prefect keeps and shows both in the clear. No concurrency
limit is set on a deployment: one that was killed while pending would hold its place for ever.

Run as `python -m flows.serve` with the environment of `flows.scheduler`.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import prefect
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.states import Cancelled, Completed, Failed
from prefect.types.entrypoint import EntrypointType

import flows.start  # noqa: F401
from flows import alert as alert_pass
from flows import remind as remind_pass
from flows import send as send_pass
from flows import upkeep as upkeep_pass
from flows import weekly as weekly_pass
from flows.scheduler import DEPLOYMENT, LAST_DEPLOYED
from flows.sweep import FAILED, sentence
from flows.timetable import TIMETABLE, Appointment

LEFT_BEHIND = Cancelled(message="from before a restart")
AT_ONCE = 4  # runs beside each other; each is a process of about 150 MB


@prefect.flow(name="send", persist_result=False)
def send() -> State:
    return shown("send", send_pass.run_once)


@prefect.flow(name="remind", persist_result=False)
def remind() -> State:
    return shown("remind", remind_pass.run_once)


@prefect.flow(name="alert", persist_result=False)
def alert() -> State:
    return shown("alert", alert_pass.run_once)


@prefect.flow(name="upkeep", persist_result=False)
def upkeep() -> State:
    return shown("upkeep", upkeep_pass.run_once)


@prefect.flow(name="weekly", persist_result=False)
def weekly() -> State:
    return shown("weekly", weekly_pass.run_once)


def shown(name: str, run_once: Callable[[], Counter[str]]) -> State:
    """Carry out one pass; the state that Prefect shows says how many, never who."""
    counts = run_once()
    state = Failed if counts[FAILED] else Completed
    return state(message=sentence(name, counts))


FLOWS = {flow.name: flow for flow in (send, remind, alert, upkeep, weekly)}


def deployments(appointments: tuple[Appointment, ...] = TIMETABLE) -> list[RunnerDeployment]:
    """One deployment per appointment; the module path lets a run's process start Django first."""
    ordered = sorted(appointments, key=lambda one: one.flow == LAST_DEPLOYED)
    return [
        FLOWS[one.flow].to_deployment(
            DEPLOYMENT,
            schedule=Cron(one.cron, timezone=one.timezone),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for one in ordered
    ]


def drop_what_was_missed(client: SyncPrefectClient, now: datetime) -> int:
    """Cancel runs from before we started, late or broken off; returns how many.

    Otherwise all that an outage held back would start together, oldest first, and what a kill left
    "running" would stay so for ever. Nothing is lost: the next pass finds the same work.
    """
    unfinished = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    dropped = 0
    while runs := client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=unfinished)),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
        ),
        limit=200,
    ):
        for run in runs:
            client.set_flow_run_state(run.id, LEFT_BEHIND, force=True)
        dropped += len(runs)
    return dropped


def main() -> None:
    with get_client(sync_client=True) as client:
        drop_what_was_missed(client, datetime.now(UTC))
    # schedules stay active on the server: the next start clears what was missed in between
    prefect.serve(
        *deployments(), pause_on_shutdown=False, print_starting_message=False, limit=AT_ONCE
    )


if __name__ == "__main__":
    main()
