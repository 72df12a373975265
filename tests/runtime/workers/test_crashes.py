"""A worker process that ends, hangs or grows costs its job, and nothing else."""

import fcntl
import os
import signal
import struct
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.kafka.payloads import payload_of
from support.stages.handlers.scripted import REFERENCE
from support.stages.isolated import Wanted, call, gone, isolated, settings_of
from support.stages.scripted_stage import part_of
from support.waiting import wait_until

from headway.base.errors import Abandoned, TimedOut, WorkerCrashed
from headway.declared.handler import Done
from headway.workers.plan import Plan
from headway.workers.processes import InProcesses
from headway.workers.wire import Report, packed


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("exit:137", "Process 1 crashed: the process at work on it ended with exit code 137"),
        ("exit:0", "ended with exit code 0"),
        ("killself", r"killed \(SIGKILL\), most often because memory ran out"),
        ("segv", r"invalid memory access \(SIGSEGV\)"),
    ],
)
def test_a_process_that_ends_is_told_and_replaced(
    handler: InProcesses, title: str, message: str
) -> None:
    """The job fails with what became of it; the next finds a new process."""
    # Given a handler that ends its process, when it is called
    with pytest.raises(WorkerCrashed, match=message):
        call(handler, title)

    # Then the next job is done
    assert call(handler, "ok").payload


@pytest.mark.parametrize("title", ["spin", "hold:/nowhere", "sleep:1000"])
def test_a_call_over_its_time_is_ended(tmp_path: Path, title: str) -> None:
    """For real: nothing of it is left running."""
    # Given a handler that never returns, and a limit
    with isolated(tmp_path, handler_seconds=0.3) as handler:
        pid = handler._workers[0].pid

        # When it is called
        with pytest.raises(TimedOut, match=r"^Process 1 timed out after 0\.3 s$"):
            call(handler, title)

        # Then its process is gone, and the next job is done by another
        assert pid is not None
        assert gone(pid)
        assert call(handler, "ok").payload


@dataclass
class _Stopped(Wanted):
    """Its stage is stopped just as the first report is there, for longer than a call may take."""

    stop: Callable[[], None] = field(kw_only=True)

    def report(self, fraction: float, note: str = "") -> None:
        super().report(fraction, note)
        if len(self.reports) == 1:
            self.stop()


def test_a_stage_that_was_stopped_takes_what_came_in_time(tmp_path: Path) -> None:
    """A worker goes on while its stage stands still: what it has said by then counts."""
    # Given a call that reports twice, and a stage that stands still until all of it is said
    clock, settings = ManualClock(), settings_of(tmp_path, handler_seconds=60)
    part_of("p1").hand_down()
    said = packed(Report(0.5, "nn")), packed(Done(payload_of("p1")))
    with InProcesses(Plan("p1", "Process 1", REFERENCE, settings), clock=clock) as handler:
        channel = handler._workers[0]._channel.fileno()

        def stop() -> None:
            clock.advance(3600)
            wait_until(lambda: _waiting_bytes(channel) >= sum(len(told) + 4 for told in said))

        context = _Stopped(stop=stop)

        # When the stage goes on, then the call is done, however late that is seen
        assert call(handler, "bignote:2", context).payload
        assert context.reports == [(0.5, "half way"), (0.5, "nn")]


def test_a_job_that_is_not_ours_any_more_is_ended(handler: InProcesses) -> None:
    """A handler that never reports is stopped all the same."""
    # Given a handler at work that looks at nothing
    context, ended = Wanted(), threading.Event()

    def work() -> None:
        with pytest.raises(Abandoned):
            call(handler, "spin", context)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: context.reports)

    # When its partition is lost, then it ends
    context.lost = True
    thread.join()
    assert ended.is_set()
    assert call(handler, "ok").payload


def test_a_process_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    """Before the machine has none left for the others."""
    # Given a limit, when a handler takes more
    with isolated(tmp_path, handler_memory_mb=200) as handler:
        with pytest.raises(WorkerCrashed, match="took more than 200 MB of memory"):
            call(handler, "alloc:400")

        # Then the next job is done
        assert call(handler, "ok").payload


def test_a_process_that_died_between_jobs_costs_none(handler: InProcesses) -> None:
    """Whoever killed it while it waited has hurt no job."""
    # Given a process that was killed while it had nothing to do
    pid = handler._workers[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    # To be waited for means that all its threads are gone, and with them its end of the pipe.
    ended = os.WEXITED | os.WNOWAIT | os.WNOHANG
    wait_until(lambda: os.waitid(os.P_PID, pid, ended))

    # When the next job comes, then it is done
    assert call(handler, "ok").payload


def _waiting_bytes(fd: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))
    return int(count)
