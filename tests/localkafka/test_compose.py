"""Docker's command line is a stand-in here that writes down what it is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from localkafka import BrokerFailed, BrokerKind, Purpose, RunningBroker, running_broker
from localkafka.properties import deployment_file

Install = Callable[[str, str], None]

#: Tells its arguments after the compose file; `ps` prints the container if one is up.
DOCKER = """
echo "$@" >> "$0.calls"
case "$*" in
  *" ps "*) [ -e "$0.up" ] && echo 4f0c; exit 0 ;;
  *" up "*) [ ! -e "$0.broken" ] ;;
esac
"""

COMPOSE = f"compose -f {deployment_file('compose.yaml')}"
PS = f"{COMPOSE} ps --status running --quiet broker"
UP = f"{COMPOSE} up --detach --wait broker"
DOWN = f"{COMPOSE} down"


def compose_calls(programs: Path) -> list[str]:
    calls = (programs / "docker.calls").read_text(encoding="utf-8").splitlines()
    return [call for call in calls if call.startswith("compose -f")]


@pytest.fixture
def environ(broker: RunningBroker, programs: Path, install: Install) -> dict[str, str]:
    """An environment in which compose's broker is the one that runs already."""
    install("docker", DOCKER)
    return {"PATH": str(programs), "KAFKA_PORT": broker.bootstrap_servers.rpartition(":")[2]}


@pytest.mark.broker
def test_the_demo_brings_compose_up_and_down(environ: dict[str, str], programs: Path) -> None:
    """Up and waited for, then down: without the flag that would throw the data away."""
    # When the demo wants a broker where compose is
    with running_broker(purpose=Purpose.DEMO, environ=environ) as running:
        servers, kind = running.bootstrap_servers, running.kind

    # Then it was looked for, brought up, and taken down
    assert kind is BrokerKind.DOCKER
    assert servers == f"127.0.0.1:{environ['KAFKA_PORT']}"
    assert compose_calls(programs) == [PS, UP, DOWN]


@pytest.mark.broker
def test_a_broker_that_was_up_before_stays_up(environ: dict[str, str], programs: Path) -> None:
    """What we did not start we do not stop."""
    # Given a broker that compose has brought up already
    (programs / "docker.up").touch()

    # When the demo wants one
    with running_broker(purpose=Purpose.DEMO, environ=environ):
        pass

    # Then it was found and left alone
    assert compose_calls(programs) == [PS, UP]


def test_a_failed_start_is_taken_down(programs: Path, install: Install) -> None:
    """A container that did not become healthy is not left behind."""
    # Given a compose whose broker does not become healthy
    install("docker", DOCKER)
    (programs / "docker.broken").touch()

    # When the demo wants one, which fails
    with (
        pytest.raises(BrokerFailed, match="up --detach --wait broker` failed"),
        running_broker(purpose=Purpose.DEMO, environ={"PATH": str(programs)}),
    ):
        pytest.fail("there is no broker")

    # Then it was taken down
    assert compose_calls(programs) == [PS, UP, DOWN]
