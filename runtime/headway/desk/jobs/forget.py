"""`headway forget`: let a job that is over be known by nobody any more."""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.desk.cluster import reached
from headway.desk.jobs.placed import add_placed, addressed
from headway.desk.jobs.told import commanded
from headway.desk.subcommand import CannotRun, SubCommand
from headway.wire.commands import FORGET

_EPILOG: Final = """\
The stage that ended the job deletes its state: nobody is shown it again, and that cannot be taken
back. What is left out of --attempt and --stage is read from the job's newest state in Kafka."""


def add(parser: ArgumentParser) -> None:
    """The job, its attempt and the stage that ended it; and that it is meant."""
    add_placed(parser, "the attempt that is over; left out: the newest", "the stage that ended it")
    parser.add_argument("--yes", action="store_true", help="it is meant: it cannot be taken back")
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Command it."""
    if not chosen.yes:
        raise CannotRun(f"job {chosen.job} would be gone for good: say --yes if that is meant")
    with reached() as cluster:
        command = addressed(
            cluster,
            chosen,
            FORGET,
            lambda state: "" if state["terminal"] else "only one that is over is forgotten",
        )
        return commanded(cluster, command, as_json=chosen.json)


SUBCOMMAND: Final = SubCommand("forget", "let a job that is over be known no more", add, run)
