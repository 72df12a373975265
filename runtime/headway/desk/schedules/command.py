"""`headway schedules`: its own sub-commands."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from headway.desk.schedules import ask, ls
from headway.desk.subcommand import SubCommand, add_all, run_chosen

_SUBCOMMANDS: Final[Sequence[SubCommand]] = (ls.SUBCOMMAND, *ask.SUBCOMMANDS)


def add(parser: ArgumentParser) -> None:
    """One of its own."""
    add_all(parser, _SUBCOMMANDS)


SUBCOMMAND: Final = SubCommand(
    "schedules", "see what is done by itself and when; pause, run and count it", add, run_chosen
)
