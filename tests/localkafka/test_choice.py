"""Which way to a broker is taken, and how it is found out that Docker is one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from localkafka import BrokerFailed, BrokerKind, Purpose, choose, running_broker
from localkafka import start as start_module
from localkafka.docker import docker_answers

Install = Callable[[str, str], None]


def must_not_be_asked() -> bool:
    pytest.fail("Docker was asked although its answer does not matter")


def test_an_address_in_the_environment_comes_first() -> None:
    """KAFKA_BOOTSTRAP_SERVERS wins, and Docker is not even asked."""
    # Given the address of a broker
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}

    # When a way to one is chosen
    kind = choose(environ, docker_answers=must_not_be_asked)

    # Then it is that broker
    assert kind is BrokerKind.EXISTING


@pytest.mark.parametrize("environ", [{}, {"KAFKA_BOOTSTRAP_SERVERS": ""}])
def test_docker_comes_second(environ: dict[str, str]) -> None:
    """Without an address (an empty one is none) an engine that answers is used."""
    # Given no address, when Docker answers, then Docker is chosen
    assert choose(environ, docker_answers=lambda: True) is BrokerKind.DOCKER


def test_a_java_process_comes_last() -> None:
    """Without an address and without an engine Kafka runs as a process."""
    # Given no address, when Docker does not answer, then a Java process is chosen
    assert choose({}, docker_answers=lambda: False) is BrokerKind.JAVA


def test_an_address_nobody_answers_at_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong KAFKA_BOOTSTRAP_SERVERS is told; no other broker takes its place."""
    # Given a port that is reserved and never served
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    monkeypatch.setattr(start_module, "_EXISTING_TIMEOUT_SECONDS", 0.2)

    # When its broker is wanted, then nobody gets another one
    with (
        pytest.raises(BrokerFailed, match=r"127\.0\.0\.1:1: no broker answered"),
        running_broker(environ=environ),
    ):
        pytest.fail("there is no broker")


@pytest.mark.parametrize(
    ("docker", "tests", "demo"),
    [
        pytest.param("exit 0", True, True, id="engine-and-compose"),
        pytest.param('[ "$1" = version ]', True, False, id="no-compose"),
        pytest.param("exit 1", False, False, id="no-engine"),
    ],
)
def test_docker_answers_when_its_engine_does(
    docker: str,
    tests: bool,  # noqa: FBT001 - a parameter of the table above
    demo: bool,  # noqa: FBT001 - likewise
    programs: Path,
    install: Install,
) -> None:
    """The engine must answer; the demo needs `docker compose` on top."""
    # Given a docker program whose engine answers or not, with compose or without
    install("docker", docker)
    environ = {"PATH": str(programs)}

    # When it is asked for tests or for the demo, then it will do for what it can
    assert docker_answers(Purpose.TESTS, environ) is tests
    assert docker_answers(Purpose.DEMO, environ) is demo


def test_without_a_docker_program_there_is_no_engine(programs: Path) -> None:
    """A machine without Docker is no error."""
    # Given a PATH without docker, when it is asked, then there is no engine
    assert docker_answers(Purpose.TESTS, {"PATH": str(programs)}) is False


def test_an_engine_that_hangs_holds_nobody_up(programs: Path, install: Install) -> None:
    """A docker program that never returns counts as no engine."""
    # Given a docker program that never returns
    install("docker", "exec /bin/sleep 100000")

    # When it is asked
    answers = docker_answers(Purpose.DEMO, {"PATH": str(programs)})

    # Then it was not waited for, and there is no engine
    assert answers is False
