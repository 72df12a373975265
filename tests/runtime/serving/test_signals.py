"""How a process is told to end, and that it ends whatever hangs."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Final

import pytest
from support.waiting import DEADLINE_SECONDS

from headway.serving import signals

_LISTENING: Final = """
import logging, queue, sys, time
from headway.observing import log
from headway.serving import signals
ending = signals.listen()
log.configure("test")
"""
_LOOP: Final = (
    _LISTENING
    + """
ending.in_order(within_seconds=30)
waiting = queue.SimpleQueue()
print("ready", flush=True)
while not ending.told.is_set():
    try:
        waiting.get(timeout=0.001)
    except queue.Empty:
        pass
"""
)
_STARTING: Final = _LISTENING + "print('ready', flush=True); time.sleep(1000)"
_HANGING: Final = (
    _LISTENING
    + """
ending.in_order(within_seconds=0.2)
print("ready", flush=True)
time.sleep(1000)
"""
)
#: A pattern that takes for ever, in C, and never lets go of the interpreter.
_BURIED: Final = (
    _LISTENING
    + """
import re, threading
def bury():
    ending.told.wait()
    re.match("(a*)*b", "a" * 64)
threading.Thread(target=bury).start()
ending.in_order(within_seconds=0.2)
print("ready", flush=True)
"""
)

Told = Callable[[str, signal.Signals], tuple[int, str]]


@pytest.fixture
def told() -> Told:
    """Runs a script, sends it a signal when it is ready; its exit code and stderr."""

    def run(script: str, number: signal.Signals) -> tuple[int, str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            _, said = process.communicate(timeout=DEADLINE_SECONDS)
        return process.returncode, said

    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_loop_that_waits_for_its_workers(
    told: Told, number: signal.Signals
) -> None:
    """Whenever it comes, the loop's wait for a worker is not made endless by it."""
    # Given a loop that waits for a millisecond at a time
    # When it is told to end, then it does
    assert told(_LOOP, number)[0] == 0


def test_a_process_that_has_begun_nothing_ends_at_once(told: Told) -> None:
    """A start that waits for a broker does not hold up the end: there is no work in hand."""
    # Given a process that is still starting, and will be for long
    # When it is told to end, then it does, as one that did what it was told
    assert told(_STARTING, signal.SIGTERM)[0] == 0


def test_a_process_that_hangs_is_ended_and_says_where(told: Told) -> None:
    """Nothing that hangs outlives the deadline, and the log tells what it was."""
    # Given a process that does not end in time
    # When it is told to
    code, said = told(_HANGING, signal.SIGTERM)

    # Then it is ended with a code of its own, and the thread at fault is named
    assert code == signals.OVERDUE
    line = json.loads(said)
    assert (line["event"], line["level"]) == ("process.overdue", "critical")
    assert 'File "<string>"' in line["threads"]["MainThread"]


def test_a_process_whose_interpreter_is_held_for_ever_ends(told: Told) -> None:
    """Where no Python thread runs any more, the kernel ends the process."""
    # Given a thread that never lets go of the interpreter
    # When the process is told to end, then the alarm ends it
    assert told(_BURIED, signal.SIGTERM)[0] == -signal.SIGALRM
