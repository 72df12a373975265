"""Keeps a child no longer than its parent wants it, whatever happens to the parent.

A script of the standard library alone: `supervisor.py GRACE_SECONDS SCRATCH COMMAND...`. Its
stdin is a pipe whose other end only the parent holds. A byte from there means: stop. The end of
the pipe without one means that the parent is gone, by SIGKILL perhaps: stop, and remove the
folder SCRATCH (`-` for none), as nobody else will. Stopping is SIGTERM and, after the grace,
SIGKILL. The child's exit code is passed on.

Chosen over a parent-death signal, which is tied to the parent's thread and to Linux.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading


def main(grace_seconds: float, scratch: str, command: list[str]) -> int:
    told = threading.Event()
    # Before the command runs: a signal that comes between would end this process and not that.
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    if told.is_set():
        child.terminate()
    orphaned = threading.Event()
    threading.Thread(target=_obey, args=(child, grace_seconds, orphaned), daemon=True).start()
    code = child.wait()
    if orphaned.is_set() and scratch != "-":
        shutil.rmtree(scratch, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _obey(
    child: subprocess.Popen[bytes],
    grace_seconds: float,
    orphaned: threading.Event,
) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        orphaned.set()
    child.terminate()
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
