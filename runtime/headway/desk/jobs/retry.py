"""`headway retry`: open the next attempt at a job that failed."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from headway.desk.cluster import Cluster, reached
from headway.desk.jobs.newest import newest_state
from headway.desk.jobs.told import add_job, commanded
from headway.desk.subcommand import CannotRun, NotDone, SubCommand
from headway.desk.writing import Addressed
from headway.wire.commands import RETRY, Command

_EPILOG: Final = """\
The stage in which the job failed opens the attempt: stages before it do not run again. What is left
out of --attempt and --stage is read from the job's newest state in Kafka."""


def add(parser: ArgumentParser) -> None:
    """The job, its attempt and the stage where it failed."""
    add_job(parser, "the attempt that failed; left out: the newest")
    parser.add_argument("--stage", help="the stage in which it failed, such as p2")
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Command it."""
    with reached() as cluster:
        return commanded(cluster, _addressed(cluster, chosen), as_json=chosen.json)


def _addressed(cluster: Cluster, chosen: Namespace) -> Addressed:
    names = [stage.name for stage in cluster.pipeline.stages]
    if chosen.stage is not None and chosen.stage not in names:
        raise CannotRun(f"--stage {chosen.stage}: the stages are {', '.join(names)}")
    attempt, stage, partition = chosen.attempt, chosen.stage, None
    if attempt is None or stage is None:
        partition, state, _ = newest_state(cluster, chosen.job)
        _require_failed(cluster, chosen, state)
        attempt, stage = state["attempt"], state["error"]["stage"]
    command = Command(str(uuid4()), RETRY, chosen.job, attempt, stage, chosen.by)
    return Addressed(command, partition)


def _require_failed(cluster: Cluster, chosen: Namespace, state: Mapping[str, Any]) -> None:
    job, error = chosen.job, state["error"]
    if state["status"] != cluster.pipeline.failed or error is None:
        raise NotDone(f"job {job} is {state['status']}: only one that failed is retried")
    if chosen.attempt not in {None, state["attempt"]}:
        raise NotDone(f"job {job} is at attempt {state['attempt']}, not {chosen.attempt}")
    if chosen.stage not in {None, error["stage"]}:
        raise NotDone(f"job {job} failed in stage {error['stage']}, not {chosen.stage}")


SUBCOMMAND: Final = SubCommand("retry", "open the next attempt at a job that failed", add, run)
