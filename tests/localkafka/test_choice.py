import pytest

from localkafka import BrokerFailed, BrokerKind, choose, running_broker
from localkafka import start as start_module


def must_not_be_asked() -> bool:
    pytest.fail("Docker was asked although its answer does not matter")


def test_an_address_in_the_environment_comes_first() -> None:
    """KAFKA_BOOTSTRAP_SERVERS wins, and Docker is not even asked."""
    # given
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}

    # when
    kind = choose(environ, docker_answers=must_not_be_asked)

    # then
    assert kind is BrokerKind.EXISTING


@pytest.mark.parametrize("environ", [{}, {"KAFKA_BOOTSTRAP_SERVERS": ""}])
def test_docker_comes_second(environ: dict[str, str]) -> None:
    """Without an address (an empty one is none) an engine that answers is used."""
    assert choose(environ, docker_answers=lambda: True) is BrokerKind.DOCKER


def test_a_java_process_comes_last() -> None:
    """Without an address and without an engine Kafka runs as a process."""
    assert choose({}, docker_answers=lambda: False) is BrokerKind.JAVA


def test_an_address_nobody_answers_at_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong KAFKA_BOOTSTRAP_SERVERS is told; no other broker takes its place."""
    # given: a port that is reserved and never served
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    monkeypatch.setattr(start_module, "_EXISTING_TIMEOUT_SECONDS", 0.2)

    # when, then
    with (
        pytest.raises(BrokerFailed, match=r"127\.0\.0\.1:1: no broker answered"),
        running_broker(environ=environ),
    ):
        pytest.fail("there is no broker")
