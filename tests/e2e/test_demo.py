"""`make demo` as a user runs it: a real process, its services, the report at the end."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.demo.process import Demo, demo_on
from support.waiting import DEADLINE_SECONDS

from headway.declared.pipeline import Pipeline
from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_STATUSES = list(Pipeline.load().steps)


@pytest.fixture
def demo(broker: RunningBroker, tmp_path: Path) -> Iterator[Demo]:
    with demo_on(broker.bootstrap_servers, tmp_path / "state") as demo:
        yield demo


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
    demo.wait_until_open()
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
    demo.wait_until_open()

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
    demo.wait_until_open()
    address = (demo.state / "running").read_text(encoding="utf-8")
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
