"""What a stage's process says by its exit code."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.processes import Service

_ENVIRONMENT = {
    "KAFKA_BOOTSTRAP_SERVERS": "fake:9092",
    "OBJECT_STORE_URL": "memory://",
    "HTTP_HOST": "127.0.0.1",
    "HTTP_PORT": "0",
    "DRAIN_SECONDS": "1",
}

Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a stage over the fakes in the world that the words describe."""
    started: list[Service] = []

    def start(*world: str, **environment: str) -> Service:
        module = " ".join(("support.stages.fake_stage", *world))
        told = {**_ENVIRONMENT, **environment}
        service = Service(module, environment=told, log=tmp_path / "stage.log")
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


def test_settings_that_do_not_fit_exit_with_2(start: Start) -> None:
    """Nothing will change by starting it again: an operator has to act, and is told on what."""
    # Given a stage that is told nonsense, when it starts
    service = start("topics", BUFFER_RECORDS="many", HTTP_PORT="-1")

    # Then it says all of it at once
    assert service.wait_for_exit() == 2
    assert "cannot start" in service.tail()
    assert "BUFFER_RECORDS" in service.tail()
    assert "HTTP_PORT" in service.tail()


def test_topics_that_do_not_fit_exit_with_2(start: Start) -> None:
    """Each one is named with the command that makes it."""
    # Given a cluster without the topics, when a stage starts, then it refuses
    service = start()
    assert service.wait_for_exit() == 2
    assert "jobs.p1-done is missing" in service.tail()


def test_a_stage_that_cannot_go_on_exits_with_1(start: Start) -> None:
    """It may work when it is started again; its last line says why it did not go on."""
    # Given a stage whose producers are lost again and again, when it has enough
    service = start("topics", "job", "losing")

    # Then it says so
    assert service.wait_for_exit() == 1
    (halted,) = service.events("stage.halted")
    assert "INSTANCE_ID" in halted["error"]


def test_an_error_nobody_expected_exits_with_1_and_a_line(start: Start) -> None:
    """A bug in the loop ends the process in order, with where it was."""
    # Given a stage whose loop fails, when it does, then it is said
    service = start("topics", "broken")
    assert service.wait_for_exit() == 1
    (halted,) = service.events("stage.halted")
    assert "nobody expected this" in halted["error"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stage_that_was_told_to_end_exits_with_0(start: Start, number: signal.Signals) -> None:
    """In order: it has drained."""
    # Given a stage at work
    service = start("topics", "job")
    service.wait_for_event("stage.started")

    # When it is told to end, then it does
    service.signal(number)
    assert service.wait_for_exit() == 0
    assert service.events("stage.stopped")
