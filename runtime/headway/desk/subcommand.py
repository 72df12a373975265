"""What a sub-command is: a name, its arguments, and what it does; and how one says it cannot."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from headway.base.errors import HeadwayError

DONE: Final = 0
NOT_DONE: Final = 1
CANNOT_RUN: Final = 2
_RUN: Final = "run"


class SubCommand(NamedTuple):
    """One of a list; *run* answers with the exit code."""

    name: str
    words: str
    add: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


class CannotRun(HeadwayError):  # noqa: N818 - names the outcome
    """Raised where a command cannot begin: arguments, settings, the cluster. Exit code 2."""


class NotDone(HeadwayError):  # noqa: N818 - names the outcome
    """Raised where what was asked for is not there, or could not be done. Exit code 1."""


def add_all(parser: ArgumentParser, commands: Sequence[SubCommand]) -> None:
    """Let *parser* take one of *commands*."""
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands:
        one = choices.add_parser(
            command.name,
            help=command.words,
            description=f"{command.words[0].upper()}{command.words[1:]}.",
            formatter_class=RawDescriptionHelpFormatter,
        )
        one.set_defaults(**{_RUN: command.run})
        command.add(one)


def run_chosen(chosen: Namespace) -> int:
    """Do the one that was chosen."""
    run: Callable[[Namespace], int] = getattr(chosen, _RUN)
    return run(chosen)
