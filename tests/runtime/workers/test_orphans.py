"""Worker processes leave nothing behind: no process, no file descriptor, no zombie."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from support.stages.isolated import call, gone, isolated
from support.waiting import wait_until

from headway.base.errors import SettingsError, TimedOut, WorkerCrashed
from headway.workers.processes import InProcesses

_TESTS: Final = Path(__file__).parents[2]
_STAGE: Final = """
import sys, threading, time
from pathlib import Path
from support.stages.isolated import Wanted, call, isolated

context = Wanted()
with isolated(Path(sys.argv[1])) as handler:
    print(handler._workers[0].pid, flush=True)
    threading.Thread(target=call, args=(handler, sys.argv[2], context), daemon=True).start()
    while sys.argv[2] != "none" and not context.reports:
        time.sleep(0.01)
    print("at work", flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process with a worker at the job of that title, and the worker's id."""
    with subprocess.Popen(
        [sys.executable, "-c", _STAGE, str(tmp_path), request.param],
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        assert process.stdout.readline() == "at work\n"
        yield process, worker
        process.kill()


@pytest.mark.parametrize("stage", ["none", "spin", "sleep:1000", "bury"], indirect=True)
def test_workers_end_with_their_stage_whatever_ends_it(
    stage: tuple[subprocess.Popen[str], int],
) -> None:
    """Even at SIGKILL, and even where no thread of the worker runs any more."""
    # Given a worker that waits, or is at work and will be for ever
    process, worker = stage
    assert not gone(worker)

    # When its stage is killed, then it ends, too
    process.kill()
    wait_until(lambda: gone(worker))


@pytest.mark.parametrize("stage", ["sleep:1000"], indirect=True)
def test_workers_are_not_ended_by_what_a_terminal_sends_to_all(
    stage: tuple[subprocess.Popen[str], int],
) -> None:
    """Ctrl-C is for the stage, which lets its workers finish."""
    # Given a worker at work, in a group of its own
    process, worker = stage
    assert os.getpgid(worker) != os.getpgid(process.pid)

    # When it gets the signals all the same
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker, number)

    # Then it works on
    status = Path(f"/proc/{worker}/status").read_text(encoding="utf-8")
    wait_until(lambda: _pending(worker) == 0)
    assert not gone(worker), status


def test_processes_that_came_and_went_leave_nothing_open(tmp_path: Path) -> None:
    """A stage may lose thousands of them in its life."""
    # Given a stage that has lost some processes, among others that are not its own
    others = set(_children())
    with isolated(tmp_path, handler_seconds=0.3) as handler:
        _lose_some(handler)
        before = _descriptors()

        # When it loses more
        for _ in range(3):
            _lose_some(handler)

        # Then it has as many files open as before, and one child
        assert _descriptors() == before
        assert len(set(_children()) - others) == 1

    # And none when it has ended
    assert set(_children()) <= others


def test_more_workers_than_open_files_allow_refuse_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start, not at the job that finds no descriptor."""
    # Given a limit that nobody can raise
    monkeypatch.setattr("headway.workers.processes.raise_file_limit", lambda: 1024)

    # When a stage wants more workers than fit, then it refuses to start and says why
    with (
        pytest.raises(SettingsError, match="1000 worker processes need 2128 open files"),
        isolated(tmp_path, concurrency=1000),
    ):
        pass


def _lose_some(handler: InProcesses) -> None:
    with pytest.raises(WorkerCrashed):
        call(handler, "exit:1")
    with pytest.raises(TimedOut):
        call(handler, "spin")
    call(handler, "ok")


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _children() -> list[str]:
    """Processes whose parent is this one, dead ones that nobody asked after included."""
    lines = (path / "stat" for path in Path("/proc").iterdir() if path.name.isdigit())
    return [str(line.parent) for line in lines if _parent(line) == os.getpid()]


def _parent(stat: Path) -> int | None:
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _pending(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd")))
