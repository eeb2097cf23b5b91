"""The process that runs the flows: `python -m flows.runner`, as `flows.scheduler` starts it.

Kept apart from `flows.serve`: a flow that lived in the module being run would be called
`__main__.send`, and no other process could find it there.
"""

import argparse
import sys
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
from prefect.states import Cancelled

from flows.serve import deployments

AT_ONCE = 4  # runs beside each other; each is a process of about 150 MB
LEFT_BEHIND: State[None] = Cancelled(message="from before a restart")


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
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": now}),
        ),
        limit=200,
    ):
        for run in runs:
            client.set_flow_run_state(run.id, LEFT_BEHIND, force=True)
        dropped += len(runs)
    return dropped


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="flows.runner")
    parser.add_argument("--on-demand", action="store_true", help="run what is triggered only")
    arguments = parser.parse_args(words)
    with get_client(sync_client=True) as client:
        drop_what_was_missed(client, datetime.now(UTC))
    # schedules stay active on the server: the next start clears what was missed in between
    prefect.serve(
        *deployments(paused=arguments.on_demand),
        pause_on_shutdown=False,
        print_starting_message=False,
        limit=AT_ONCE,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
