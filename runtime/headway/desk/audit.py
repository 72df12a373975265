"""`headway audit`: whether every job has what it was promised (`headway.auditing.command`)."""

from typing import Final

from headway.auditing import command
from headway.desk.subcommand import SubCommand

SUBCOMMAND: Final = SubCommand(
    "audit",
    "say whether every job has one output a stage and a state that fits it, or which has not",
    command.add,
    command.run,
)
