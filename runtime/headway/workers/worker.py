"""One place for a worker process: starts it, hands it jobs, ends it and clears up behind it."""

import os
import pickle
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from headway.base.clock import Clock
from headway.base.errors import HeadwayError, TimedOut, WorkerCrashed
from headway.declared.handler import Context, Done, Job
from headway.workers import crash, memory
from headway.workers.plan import Plan
from headway.workers.wire import MOST_RESULT_BYTES, Answer, Raised, Report, unpacked

#: Interpreter and imports take half a second on an idle machine.
START_SECONDS: Final = 120.0
#: How often a running call is looked at: is it still wanted, and how large has it grown?
_LOOK_SECONDS: Final = 0.5
#: A process that takes longer to send or take a message, or to die, has stopped.
_STOPPED_SECONDS: Final = 30


class StartFailed(HeadwayError):  # noqa: N818 - names the condition, as the field does
    """Raised when no worker process comes up; `raised` is what its handler's making raised."""

    def __init__(self, message: str, raised: BaseException | None = None) -> None:
        super().__init__(message)
        self.raised = raised


class Worker:
    """Used by one thread at a time."""

    def __init__(self, plan: Plan, folder: Path, *, clock: Clock) -> None:
        self._plan = plan
        self._folder = folder
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start a process in the place of an earlier one, and wait until its handler is made.

        Raises:
            StartFailed: none came up.
        """
        self.end()
        try:
            self._spawn()
            self._shake_hands()
        except OSError as error:
            raise StartFailed(f"no worker process of {self._plan.stage}: {error}") from error
        except StartFailed:
            self.end()
            raise

    def run(self, job: Job, context: Context, seconds: float) -> Done | BaseException:
        """The handler's result, or what it raised. Blocks.

        Raises:
            TimedOut, WorkerCrashed, or what *context* raises: the process has to be ended.
        """
        began = self._clock.monotonic()
        deadline, look_at = began + seconds, began + _LOOK_SECONDS
        self._send((tuple(job), context.idempotency_key))
        while True:
            now = self._clock.monotonic()
            answer = self._receive(max(0.0, min(look_at, deadline) - now))
            if isinstance(answer, Done):
                return answer
            if isinstance(answer, Raised):
                return answer.error()
            if isinstance(answer, Report):
                context.report(answer.fraction, answer.note)
            # What it said in time may be read late: this process, too, can be stopped.
            if now >= deadline and answer is None:
                raise TimedOut(f"{self._plan.label} timed out after {seconds:g} s")
            if now >= look_at:
                look_at = now + _LOOK_SECONDS
                context.check()
                self._check_memory()

    def kill(self) -> None:
        """End the process and all it started; for any thread."""
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def end(self) -> int | None:
        """End the process, and clear up behind it; its exit code."""
        self.kill()
        process, self._process = self._process, None
        if process is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOPPED_SECONDS)
        self._channel.close()
        os.close(self._lifeline)
        shutil.rmtree(self._folder, ignore_errors=True)
        return process.returncode

    def _spawn(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        lifeline, kept = os.pipe()
        try:
            process = _spawned(theirs.fileno(), lifeline, self._folder)
        except BaseException:
            ours.close()
            os.close(kept)
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        _bound_waits(ours)
        self._lifeline = kept
        self._channel: Connection[bytes, bytes] = Connection(ours.detach())
        self._poll = select.poll()
        self._poll.register(self._channel.fileno(), select.POLLIN)
        self._process = process

    def _shake_hands(self) -> None:
        try:
            self._send(sys.path)
            self._send(self._plan)
            answer = self._receive(START_SECONDS)
        except WorkerCrashed as error:
            raise StartFailed(f"a worker process of {self._plan.stage}: {error}") from error
        if isinstance(answer, Raised):
            raised = answer.error()
            raise StartFailed(f"{self._plan.reference} raised {answer.name}: {raised}", raised)
        if answer is None:
            raise StartFailed(f"{self._plan.reference} was not made in {START_SECONDS:g} s")

    def _send(self, message: object) -> None:
        try:
            self._channel.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise self._crashed() from error

    def _receive(self, seconds: float) -> Answer | None:
        """The next message; None if there is none within *seconds*."""
        if not self._poll.poll(seconds * 1000):
            return None
        try:
            return unpacked(self._channel.recv_bytes(MOST_RESULT_BYTES))
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._crashed() from error

    def _crashed(self) -> WorkerCrashed:
        """What to raise for a process that broke off; one that still lives is left to `end`."""
        process = self._process
        code = None
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(1.0)
        return WorkerCrashed(f"{self._plan.label} crashed: {crash.told(code)}")

    def _check_memory(self) -> None:
        most_mb = self._plan.settings.handler_memory_mb
        if most_mb and self.pid is not None and memory.resident_mb(self.pid) > most_mb:
            raise WorkerCrashed(f"{self._plan.label} took more than {most_mb:,} MB of memory")


def _spawned(channel_fd: int, lifeline_fd: int, folder: Path) -> subprocess.Popen[bytes]:
    """A process of its own group: what it starts ends with it, a terminal's signals miss it."""
    return subprocess.Popen(
        [sys.executable, "-m", "headway.workers", str(channel_fd), str(lifeline_fd)],
        stdin=subprocess.DEVNULL,
        pass_fds=(channel_fd, lifeline_fd),
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )


def _bound_waits(channel: socket.socket) -> None:
    """A process that is stopped in the middle of a message must not hold a thread for ever."""
    timeout = struct.pack("@ll", _STOPPED_SECONDS, 0)
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
