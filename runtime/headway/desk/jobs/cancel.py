"""`headway cancel`: end an attempt at a job, wherever it is."""

from argparse import ArgumentParser, Namespace
from typing import Final
from uuid import uuid4

from headway.desk.cluster import Cluster, reached
from headway.desk.jobs.newest import newest_state
from headway.desk.jobs.told import add_job, commanded
from headway.desk.subcommand import NotDone, SubCommand
from headway.desk.writing import Addressed
from headway.wire.commands import CANCEL, Command

_EPILOG: Final = """\
A job that waits is cancelled when it is taken, one that runs at its next report. One that is over
stays what it is. Without --attempt the job's newest state is read from Kafka."""


def add(parser: ArgumentParser) -> None:
    """The job and its attempt."""
    add_job(parser, "the attempt to end; left out: the newest")
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Command it."""
    with reached() as cluster:
        return commanded(cluster, _addressed(cluster, chosen), as_json=chosen.json)


def _addressed(cluster: Cluster, chosen: Namespace) -> Addressed:
    attempt, partition = chosen.attempt, None
    if attempt is None:
        partition, state, _ = newest_state(cluster, chosen.job)
        if state["terminal"]:
            raise NotDone(f"job {chosen.job} is {state['status']}: nothing is left to cancel")
        attempt = state["attempt"]
    return Addressed(Command(str(uuid4()), CANCEL, chosen.job, attempt, by=chosen.by), partition)


SUBCOMMAND: Final = SubCommand("cancel", "end an attempt at a job", add, run)
