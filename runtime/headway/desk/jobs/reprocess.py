"""`headway reprocess`: run a job that is over again, from a stage on."""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.desk.cluster import reached
from headway.desk.jobs.placed import add_placed, addressed, require_stage
from headway.desk.jobs.told import commanded
from headway.desk.subcommand import SubCommand
from headway.wire.commands import REPROCESS

_EPILOG: Final = """\
The stage that ended the job opens the next attempt, which begins in the stage of --from with the
very record that this stage took before. What is left out of --attempt and --stage is read from the
job's newest state in Kafka."""


def add(parser: ArgumentParser) -> None:
    """The job, where it begins again, its attempt and the stage that ended it."""
    add_placed(parser, "the attempt that is over; left out: the newest", "the stage that ended it")
    parser.add_argument(
        "--from", dest="from_stage", metavar="STAGE", help="where it begins; left out: at the first"
    )
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Command it."""
    with reached() as cluster:
        require_stage(cluster, "--from", chosen.from_stage)
        command = addressed(
            cluster,
            chosen,
            REPROCESS,
            lambda state: "" if state["terminal"] else "only one that is over is run again",
            from_stage=chosen.from_stage or cluster.pipeline.stages[0].name,
        )
        return commanded(cluster, command, as_json=chosen.json)


SUBCOMMAND: Final = SubCommand("reprocess", "run a job that is over again, from a stage", add, run)
