"""`headway release`: run a held job now, whatever it is held for."""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.desk.cluster import reached
from headway.desk.jobs.placed import add_placed, addressed
from headway.desk.jobs.told import commanded
from headway.desk.subcommand import SubCommand
from headway.wire.commands import RELEASE

_EPILOG: Final = """\
The stage that holds the job runs it, though its time or its window has not come. What is left out
of --attempt and --stage is read from the job's newest state in Kafka."""


def add(parser: ArgumentParser) -> None:
    """The job, its attempt and the stage that holds it."""
    add_placed(parser, "the attempt that is held; left out: the newest", "the stage that holds it")
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Command it."""
    with reached() as cluster:
        held = cluster.pipeline.scheduled
        command = addressed(
            cluster,
            chosen,
            RELEASE,
            lambda state: "" if state["status"] == held else "only one that is held is released",
        )
        return commanded(cluster, command, as_json=chosen.json)


SUBCOMMAND: Final = SubCommand("release", "run a held job now", add, run)
