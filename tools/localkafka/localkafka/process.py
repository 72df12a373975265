"""A process that ends with us, by request or because we are gone, and the lock it holds."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localkafka import supervisor
from localkafka.broker import BrokerFailed

#: Kafka closes its logs within a second when idle; within this it should under load.
GRACE_SECONDS: Final = 10.0
#: What the supervisor needs beyond it to notice, clean up and go.
_STOP_MARGIN_SECONDS: Final = 5.0


class SupervisedProcess:
    """A command under `supervisor.py`; it cannot outlive this process.

    It has a session of its own, so a Ctrl-C on the terminal does not reach it before those who
    use it are done. *held_descriptor* stays open until the supervisor ends. A process forked
    from this one without exec holds the pipe too, and with it the command.
    """

    def __init__(
        self,
        command: list[str],
        *,
        log_file: Path,
        working_dir: Path,
        scratch: Path | None,
        held_descriptor: int,
    ) -> None:
        script = [sys.executable, "-I", "-S", supervisor.__file__]
        with log_file.open("ab") as log:
            self._popen = subprocess.Popen(
                [*script, str(GRACE_SECONDS), str(scratch or "-"), *command],
                cwd=working_dir,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(held_descriptor,),
            )

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send *number* to the command itself, past its supervisor.

        Raises:
            CalledProcessError: it has ended, or has not begun yet.
        """
        listed = ["pgrep", "-P", str(self._popen.pid)]
        (pid,) = subprocess.run(listed, capture_output=True, check=True).stdout.split()
        os.kill(int(pid), number)

    def wait(self) -> None:
        """Block until the command and its supervisor have ended by themselves."""
        self._popen.wait()
        self._popen.communicate()  # only now: the end of the pipe would tell it that we are gone

    def stop(self) -> None:
        """End it: SIGTERM, after a grace SIGKILL. Blocks until nothing of it is left."""
        if self._popen.poll() is not None:
            self._popen.communicate()
            return
        try:
            self._popen.communicate(b"stop", GRACE_SECONDS + _STOP_MARGIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.communicate()


_POLL_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path, *, timeout_seconds: float) -> Iterator[int]:
    """Hold the file's lock; yields its descriptor. Blocks.

    A child that inherits the descriptor shares the lock and may outlive its holder with it.

    Raises:
        BrokerFailed: another holds it all the time, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise BrokerFailed(f"{path} cannot be written: {error.strerror}") from error
    with file:
        _acquire(file.fileno(), path, time.monotonic() + timeout_seconds)
        yield file.fileno()


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise BrokerFailed(f"another process holds {path}: let it end first") from error
            time.sleep(_POLL_SECONDS)
        else:
            return
