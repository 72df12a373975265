"""Commands to the stage that holds a job, or has ended it: which one that is the state tells."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from headway.desk.cluster import Cluster
from headway.desk.jobs.newest import newest_state
from headway.desk.jobs.told import add_job
from headway.desk.subcommand import CannotRun, NotDone
from headway.desk.writing import Addressed
from headway.wire.commands import Command

#: Why a job of that state cannot be commanded; empty where it can.
Unfit = Callable[[Mapping[str, Any]], str]


def add_placed(parser: ArgumentParser, attempt_words: str, stage_words: str) -> None:
    """The job, its attempt and the stage that is to do it."""
    add_job(parser, attempt_words)
    parser.add_argument("--stage", help=stage_words)


def addressed(
    cluster: Cluster, chosen: Namespace, kind: str, unfit: Unfit, *, from_stage: str = ""
) -> Addressed:
    """The command, for the attempt and stage that are said, or else those of the newest state.

    Raises:
        NotDone: the job is in no state for it, or in another one than is said.
        CannotRun: there is no such stage.
    """
    require_stage(cluster, "--stage", chosen.stage)
    attempt, stage, partition, offset = chosen.attempt, chosen.stage, None, -1
    if attempt is None or stage is None:
        partition, state, offset = newest_state(cluster, chosen.job)
        if words := unfit(state):
            raise NotDone(f"job {chosen.job} is {state['status']}: {words}")
        attempt, stage = _agreeing(chosen, state)
    by, command_id = chosen.by, str(uuid4())
    command = Command(command_id, kind, chosen.job, attempt, stage, by, from_stage, offset)
    return Addressed(command, partition)


def require_stage(cluster: Cluster, option: str, stage: str | None) -> None:
    """Refuse a *stage* that the pipeline does not have."""
    names = [declared.name for declared in cluster.pipeline.stages]
    if stage is not None and stage not in names:
        raise CannotRun(f"{option} {stage}: the stages are {', '.join(names)}")


def _agreeing(chosen: Namespace, state: Mapping[str, Any]) -> tuple[int, str]:
    job, attempt, stage = chosen.job, state["attempt"], state["stage"]
    if chosen.attempt not in {None, attempt}:
        raise NotDone(f"job {job} is at attempt {attempt}, not {chosen.attempt}")
    if chosen.stage not in {None, stage}:
        raise NotDone(f"job {job} is {state['status']} in stage {stage}, not {chosen.stage}")
    return attempt, stage
