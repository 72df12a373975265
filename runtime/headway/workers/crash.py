"""How a process ended, in words for whoever waits for the job it was at."""

import signal
from typing import Final

_MEANINGS: Final[dict[int, str]] = {
    signal.SIGKILL: "killed (SIGKILL), most often because memory ran out",
    signal.SIGSEGV: "ended by an invalid memory access (SIGSEGV)",
    signal.SIGBUS: "ended by an invalid memory access (SIGBUS)",
    signal.SIGABRT: "ended by a library that gave up (SIGABRT)",
}


def told(exit_code: int | None) -> str:
    """What became of a process with *exit_code*, negative for a signal, None if it lives on."""
    if exit_code is None:
        return "the process at work on it does not answer any more"
    if exit_code >= 0:
        return f"the process at work on it ended with exit code {exit_code}"
    number = -exit_code
    return f"the process at work on it was {_MEANINGS.get(number, f'ended by signal {number}')}"
