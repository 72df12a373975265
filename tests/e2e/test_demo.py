"""`make demo` as a user runs it: a real process, its services, the report at the end."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.waiting import DEADLINE_SECONDS

from headway.declared.pipeline import Pipeline
from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_RUN = Path(__file__).parents[2] / "demo/run.py"
_STATUSES = list(Pipeline.load().steps)


class Demo:
    """`demo/run.py` in a folder of its own; its output is kept in a file."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.output = state.with_suffix(".out")
        self.environment = environment
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, _RUN, "--state", self.state, "--free-ports", *arguments],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> int:
        """Run it to its end; the exit code."""
        return self.start(*arguments).wait(DEADLINE_SECONDS)

    def said(self) -> str:
        return self.output.read_text()

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def processes(self) -> list[int]:
        """The services that run for this folder, and the supervisor of each."""
        return list(_processes_told(self.state))

    def service(self, name: str) -> int | None:
        """The process of one service, if it runs."""
        wanted = f"{sys.executable} -m {name} "
        return next((pid for pid in self.processes() if _command(pid) == wanted), None)

    def close(self) -> None:
        """End everything, whatever its state is."""
        for process in self._started:
            process.kill()
            process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def demo(broker: RunningBroker, tmp_path: Path) -> Iterator[Demo]:
    own = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PREFIX": f"t{uuid.uuid4().hex[:8]}.",
    }
    demo = Demo(tmp_path / "state", os.environ | own)
    yield demo
    demo.close()


def test_it_shows_a_real_file_through_the_pipeline_and_leaves_the_report(demo: Demo) -> None:
    """Every status is told in order, both files are those of the data, no process is left."""
    # Given a demo that is asked to end after the job, when it has ended
    code = demo.run("--once", "--jobs", "3")

    # Then the way of the job was told
    said = demo.said()
    assert code == 0, said
    assert re.findall(r"\d+\.\d\d s  ([A-Z0-9_]+)", said) == _STATUSES
    assert "3 of 3 small files accepted" in said

    # And the report lies where it says
    html, xlsx = sorted((demo.state / "reports").iterdir(), key=lambda path: path.suffix)
    assert str(html) in said
    assert str(xlsx) in said
    page = html.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "penguins.csv" in page
    assert "Culmen Length (mm)" in page
    cells = {cell.value for sheet in load_workbook(xlsx) for row in sheet.rows for cell in row}
    assert {"Culmen Length (mm)", "Body Mass (g)"} <= cells

    # And nothing goes on
    assert demo.processes() == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_service_outlives_it(demo: Demo, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM stop the services in order; after SIGKILL they stop by themselves."""
    # Given that it stays open
    process = demo.start("--idle")
    demo.wait_until(lambda: "Ctrl-C stops everything" in demo.said())
    assert len(demo.processes()) > 0

    # When it is told to end
    process.send_signal(number)

    # Then it and all its services end
    assert process.wait(DEADLINE_SECONDS) == code, demo.said()
    demo.wait_until(lambda: demo.processes() == [])


def test_a_service_that_dies_is_told_and_started_again(demo: Demo) -> None:
    """Kill a stage while you watch: the demo says so, with the end of its log, and goes on."""
    # Given a running demo
    process = demo.start("--idle")
    demo.wait_until(lambda: "Ctrl-C stops everything" in demo.said())

    # When a stage is killed
    before = demo.service("p1")
    assert before is not None
    os.kill(before, signal.SIGKILL)

    # Then it is told, and another runs
    demo.wait_until(lambda: "starting it again" in demo.said())
    assert "p1 ended (exit code 137); its log ends:" in demo.said()
    assert "stage.started" in demo.said()
    demo.wait_until(lambda: demo.service("p1") not in {None, before})
    process.terminate()
    assert process.wait(DEADLINE_SECONDS) == 0


def test_a_second_one_in_the_same_folder_names_the_first(demo: Demo, tmp_path: Path) -> None:
    """It does not start anything and says where the dashboard of the running one is."""
    # Given a running demo
    process = demo.start("--idle")
    demo.wait_until(lambda: "Ctrl-C stops everything" in demo.said())
    address = (demo.state / "running").read_text()
    first = demo.output

    # When another is started beside it
    demo.output = tmp_path / "second.out"
    code = demo.run("--once")

    # Then it refuses, and the first goes on
    assert code == 1
    assert address in demo.said()
    assert process.poll() is None
    demo.output = first
    process.terminate()
    assert process.wait(DEADLINE_SECONDS) == 0


def test_a_setting_that_does_not_fit_is_told(demo: Demo) -> None:
    """A service that refuses to start ends the demo with what the service said."""
    # Given a setting that no service takes
    demo.environment["LOG_LEVEL"] = "LOUD"

    # When the demo is started
    code = demo.run("--once")

    # Then the reason is in the terminal
    assert code == 1
    assert "LOG_LEVEL: 'LOUD' is none of" in demo.said()
    assert demo.processes() == []


def _processes_told(folder: Path) -> Iterator[int]:
    """Processes with *folder* in their environment or command line, but for the demo itself."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue  # gone, or another user's
        if str(folder).encode() in told and b"run.py" not in told:
            yield int(entry.name)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
