"""The flows as Prefect sees them, and when it is to run them.

Each flow is one idempotent pass over our own database: Prefect says when and shows what came of it,
and is never asked what has been done. Flows are sync, because Django's records are; they take no
parameters and say only counts, because Prefect keeps and shows both in the clear. No concurrency
limit is set on a deployment: one that was killed while pending would hold its place for ever.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import cast
from uuid import UUID

import prefect
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.schemas.objects import State
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.states import Completed, Failed
from prefect.types.entrypoint import EntrypointType

import flows.start  # noqa: F401
from flows import alert as alert_pass
from flows import remind as remind_pass
from flows import send as send_pass
from flows import upkeep as upkeep_pass
from flows import weekly as weekly_pass
from flows.cli import log_surprise
from flows.drawing import processors
from flows.scheduler import DEPLOYMENT, LAST_DEPLOYED
from flows.sweep import FAILED, sentence
from flows.timetable import TIMETABLE, Appointment


@prefect.flow(name="send", persist_result=False)
def send() -> State:
    return shown("send", partial(send_pass.run_once, on_schedule=True))


@prefect.flow(name="remind", persist_result=False)
def remind() -> State:
    return shown("remind", partial(remind_pass.run_once, on_schedule=True))


@prefect.flow(name="alert", persist_result=False)
def alert() -> State:
    return shown("alert", alert_pass.run_once)


@prefect.flow(name="upkeep", persist_result=False)
def upkeep() -> State:
    return shown("upkeep", upkeep_pass.run_once)


@prefect.flow(name="weekly", persist_result=False)
def weekly() -> State:
    return shown("weekly", lambda: weekly_pass.run_once(tell=progress(), workers=processors()))


def progress() -> weekly_pass.Tell:
    """A bar in Prefect's own pages, moved as the run goes on. It knows two counts and no more."""
    begun = create_progress_artifact(0.0, key="weekly", description="Weekly reports: not begun.")
    bar = cast(UUID, begun)  # a coroutine only where a loop already runs

    def tell(done: int, of: int) -> None:
        said = f"Weekly reports: {done} of {of} reports and packets."
        update_progress_artifact(bar, progress=100 * done / of, description=said)

    return tell


def shown(name: str, run_once: Callable[[], Counter[str]]) -> State:
    """Carry out one pass; the state that Prefect shows says how many, never who."""
    try:
        counts = run_once()
    except Exception as surprise:
        # Prefect would keep the exception's message in the clear, and it may quote a patient
        where = log_surprise(name, surprise)
        return Failed(message=f"{name}: {type(surprise).__name__}, see {where.name}")
    state = Failed if counts[FAILED] else Completed
    return state(message=sentence(name, counts))


FLOWS = {flow.name: flow for flow in (send, remind, alert, upkeep, weekly)}


def deployments(
    appointments: tuple[Appointment, ...] = TIMETABLE, *, paused: bool = False
) -> list[RunnerDeployment]:
    """One deployment per appointment; the module path lets a run's process start Django first.

    `paused` is said either way: the server would otherwise keep what it was told last time.
    """
    ordered = sorted(appointments, key=lambda one: one.flow == LAST_DEPLOYED)
    return [_deployment(one, paused=paused) for one in ordered]


def _deployment(one: Appointment, *, paused: bool) -> RunnerDeployment:
    made = FLOWS[one.flow].to_deployment(
        DEPLOYMENT,
        schedule=Cron(one.cron, timezone=one.timezone),
        entrypoint_type=EntrypointType.MODULE_PATH,
        paused=paused,
    )
    # a coroutine only where a loop already runs; deployments are made before any does
    return cast(RunnerDeployment, made)
