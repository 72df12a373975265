"""The script that ties a process to its parent, here with processes that cost nothing."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.waiting import DEADLINE_SECONDS

from localkafka import supervisor

#: Tells that it has begun, then obeys SIGTERM.
OBEDIENT = ("sh", "-c", "echo begun; exec sleep 60")
#: Tells that it has begun, then ignores SIGTERM; each sleep ends soon after its shell.
STUBBORN = ("sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done")

Supervise = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder with something in it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "data").touch()
    return folder


@pytest.fixture
def supervise(scratch: Path) -> Iterator[Supervise]:
    """Run a command under the script; returns once the command has begun."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, grace_seconds: float = DEADLINE_SECONDS) -> subprocess.Popen[bytes]:
        script = [sys.executable, supervisor.__file__, str(grace_seconds), str(scratch)]
        process = subprocess.Popen(
            [*script, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        return process

    yield start
    for process in started:
        process.communicate(timeout=DEADLINE_SECONDS)


def test_a_command_without_a_parent_is_ended(supervise: Supervise, scratch: Path) -> None:
    """The end of the pipe ends the command, and nobody else removes its folder."""
    # Given a command under the script
    process = supervise(*OBEDIENT)

    # When the parent's end of the pipe is closed
    process.communicate(timeout=DEADLINE_SECONDS)

    # Then the command is ended, and its folder removed
    assert process.returncode == 128 + signal.SIGTERM
    assert not scratch.exists()


def test_a_command_told_to_stop_keeps_its_folder(supervise: Supervise, scratch: Path) -> None:
    """A parent that is still there may want to read the log."""
    # Given a command under the script
    process = supervise(*OBEDIENT)

    # When the parent says stop
    process.communicate(b"stop", timeout=DEADLINE_SECONDS)

    # Then the command is ended, and its folder is there
    assert process.returncode == 128 + signal.SIGTERM
    assert scratch.exists()


def test_a_command_that_does_not_obey_is_killed(supervise: Supervise) -> None:
    """SIGKILL follows when the grace is over."""
    # Given a command that ignores SIGTERM, and little patience
    process = supervise(*STUBBORN, grace_seconds=0.2)

    # When the parent says stop
    process.communicate(b"stop", timeout=DEADLINE_SECONDS)

    # Then the command is killed
    assert process.returncode == 128 + signal.SIGKILL


def test_a_terminated_supervisor_takes_its_command_along(supervise: Supervise) -> None:
    """SIGTERM to the supervisor itself leaves nothing behind either."""
    # Given a command under the script
    process = supervise(*OBEDIENT)

    # When the script is terminated
    process.terminate()

    # Then it ends as its command, which was ended too
    assert process.wait(DEADLINE_SECONDS) == 128 + signal.SIGTERM


def test_the_exit_code_of_the_command_is_passed_on(supervise: Supervise, scratch: Path) -> None:
    """A command that ends by itself tells why, and its folder stays."""
    # When a command ends by itself
    process = supervise("sh", "-c", "echo begun; exit 3")

    # Then the script has its exit code, and the folder is there
    assert process.wait(DEADLINE_SECONDS) == 3
    assert scratch.exists()
