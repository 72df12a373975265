"""Kafka stopped or gone: refused at once, alive all the while, taken again by itself."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from support.gateway.problems import kind_of
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.topics.provisioning import ensure_topics
from localkafka import BrokerMissing, Node, running_brokers

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]

DOCUMENT = {"title": "a.csv", "content": "a,b"}
PREFIX = "outage."
#: So that an outcome is unknown soon.
PUBLISH_SECONDS = "2"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A broker of our own, to be stopped and killed."""
    try:
        with running_brokers(nodes=1) as brokers:
            options: kafka.Options = {"bootstrap.servers": brokers.bootstrap_servers}
            ensure_topics(options, Catalog.load(PREFIX))
            yield brokers.nodes[0]
    except BrokerMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def started(node: Node, start: Start) -> tuple[httpx.Client, Popen[bytes]]:
    return start(
        KAFKA_BOOTSTRAP_SERVERS=node.address,
        TOPIC_PREFIX=PREFIX,
        PUBLISH_TIMEOUT_SECONDS=PUBLISH_SECONDS,
    )


def _submit(client: httpx.Client, headers: dict[str, str] | None = None) -> httpx.Response:
    return client.post("/generate-file", json=DOCUMENT, headers=headers)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_while_kafka_is_away_it_refuses_lives_and_takes_again_by_itself(
    node: Node, started: tuple[httpx.Client, Popen[bytes]], how: str
) -> None:
    """Sent and not acknowledged: unknown. Once it is noticed: not taken, at once."""
    # Given a gateway that takes what it is sent
    client, _ = started
    assert _submit(client).status_code == 202

    # When its broker stops answering, or is gone, between one request and the next
    if how == "stopped":
        node.pause()
    else:
        node.kill()
    first = _submit(client)

    # Then that one's outcome is unknown, and later ones are told that they are not taken
    assert kind_of(first) == (503, "outcome-unknown")
    wait_until(lambda: client.get("/readyz").status_code == 503)
    later = _submit(client)
    assert kind_of(later) == (503, "not-taken")
    assert client.get("/livez").status_code == 200

    # And when it is back, so are the answers
    if how == "stopped":
        node.resume()
    else:
        node.start()
    wait_until(lambda: _submit(client).status_code == 202)
    assert client.get("/livez").status_code == client.get("/readyz").status_code == 200


def test_it_ends_on_time_although_kafka_is_stopped_with_a_record_under_way(
    node: Node, started: tuple[httpx.Client, Popen[bytes]], tmp_path: Path
) -> None:
    """The request is answered, nothing waits for the client, exit code 0."""
    client, process = started
    assert _submit(client).status_code == 202
    node.pause()

    try:
        with ThreadPoolExecutor(1) as threads:
            # Given a record that is sent, behind its claim, and not acknowledged
            sent = threads.submit(_submit, client, {"Idempotency-Key": "k"})
            claims = tmp_path / "store" / "idempotency"
            wait_until(lambda: claims.is_dir() and list(claims.iterdir()))

            # When it is told to end
            process.send_signal(signal.SIGTERM)

            # Then the request is answered and the process is gone
            assert kind_of(sent.result(DEADLINE_SECONDS)) == (503, "outcome-unknown")
            assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        node.resume()
