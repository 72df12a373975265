"""`headway dead-letters`: its own sub-commands."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from headway.desk.letters import export, ls, redrive, show
from headway.desk.replaying import replay
from headway.desk.subcommand import SubCommand, add_all, run_chosen

_SUBCOMMANDS: Final[Sequence[SubCommand]] = (
    ls.SUBCOMMAND,
    show.SUBCOMMAND,
    redrive.SUBCOMMAND,
    export.SUBCOMMAND,
    replay.SUBCOMMAND,
)


def add(parser: ArgumentParser) -> None:
    """One of its own."""
    add_all(parser, _SUBCOMMANDS)


SUBCOMMAND: Final = SubCommand(
    "dead-letters", "find, look at, redrive, export and replay dead letters", add, run_chosen
)
