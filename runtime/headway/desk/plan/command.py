"""`headway plan`: says what a load needs. It asks no cluster.

Exit codes: 0 the load is carried, and in time; 1 it is not; 2 it could not begin.
"""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.desk.plan import arguments
from headway.desk.plan.plan import plan_of
from headway.desk.plan.telling import document, words
from headway.desk.subcommand import DONE, NOT_DONE, SubCommand
from headway.desk.telling import answer, answer_json


def add(parser: ArgumentParser) -> None:
    """Say what can be asked."""
    parser.description = __doc__
    arguments.add(parser)


def run(chosen: Namespace) -> int:
    """Say the plan."""
    plan = plan_of(chosen)
    if chosen.json:
        answer_json(document(plan))
    else:
        for line in words(plan):
            answer(line)
    return DONE if plan.kept else NOT_DONE


SUBCOMMAND: Final = SubCommand(
    "plan",
    "say how many partitions, replicas and brokers a load needs, and what time its jobs take",
    add,
    run,
)
