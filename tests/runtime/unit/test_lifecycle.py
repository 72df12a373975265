"""How a process is told to end."""

import signal
import subprocess
import sys

_SCRIPT = """
import os, queue, signal, sys
from headway.lifecycle import stop_on_signals
stop = stop_on_signals()
waiting = queue.SimpleQueue()
print("ready", flush=True)
while not stop.is_set():
    try:
        waiting.get(timeout=0.001)
    except queue.Empty:
        pass
"""


def test_a_signal_ends_a_loop_that_waits_for_its_workers() -> None:
    """Whenever it comes, the loop's wait for a worker is not made endless by it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # Given a loop that waits for a millisecond at a time
        command = [sys.executable, "-c", _SCRIPT]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"

            # When it is told to end, then it does
            process.send_signal(number)
            assert process.wait(10) == 0
