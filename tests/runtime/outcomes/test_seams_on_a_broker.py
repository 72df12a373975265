"""An outcome and an inlet that only the tests have, on a real Kafka: one stage has both."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.kafka.clients import Clients, take
from support.kafka.cluster import Cluster
from support.kafka.payloads import payload_of
from support.stages.parked import ParkError, Parking
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.handler import Context, Done, Job
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.observing.health import Health
from headway.owning.inlet import Inlet
from headway.running.assembly import assemble
from headway.running.runner import StageRunner
from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.slow]

_PARTITIONS = 6


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    """The declared topics on a real broker."""
    return Cluster(broker.bootstrap_servers)


def test_a_kind_of_outcome_and_an_inlet_of_the_tests_own_go_through_a_real_broker(
    cluster: Cluster,
) -> None:
    """What is put aside is read again by the same group, from a topic it never heard of before."""
    # Given a stage that parks a job in a topic, which it reads beside its source
    clients, calls = Clients(cluster.options), list[str]()
    parked = clients.topic(partitions=_PARTITIONS)

    def handle(job: Job, _: Context) -> Done:
        calls.append(job.job_id)
        if calls == ["aside"]:
            raise ParkError("no paper")
        return Done(payload_of("p1"))

    # When two jobs come, of which the first is put aside once
    with _running(cluster, handle, parked) as runner:
        cluster.give("p1", ["aside"], partition=2)
        _turn_until(runner, lambda: cluster.outputs("p1")["aside"])
        cluster.give("p1", ["done"], partition=2)
        _turn_until(runner, lambda: cluster.outputs("p1")["done"])

        # Then each has one output, and the one was begun twice, once from each topic
        assert cluster.outputs("p1") == Counter(["aside", "done"])
        assert calls == ["aside", "aside", "done"]
        (message,) = take(clients.reader((parked, 2)), 1)
        assert (message.key(), message.headers()) == (b"aside", [("parked.reason", b"no paper")])

        # And the group has committed both topics
        _turn_until(runner, lambda: _committed(cluster, parked) == [2, 1])
    clients.close()


@contextmanager
def _running(
    cluster: Cluster, handle: Callable[[Job, Context], Done], beside: str
) -> Iterator[StageRunner]:
    """A stage in this process that knows how to park, and reads what it has parked."""
    settings = StageSettings(
        kafka_bootstrap_servers=cluster.bootstrap_servers,
        topic_prefix=cluster.prefix,
        object_store_url="memory://",
        http_port=0,
        instance_id="a",
    )
    runner = assemble(
        Stage("p1", handle, retry=RetryPolicy(calls=1, first_seconds=0, longest_seconds=0)),
        settings,
        Health(),
        rules=[Parking(beside)],
        inlets=[Inlet(beside, _PARTITIONS)],
    )
    runner.start()
    try:
        yield runner
    finally:
        runner.drain(runner.clock.monotonic() + DEADLINE_SECONDS)


def _turn_until(runner: StageRunner, condition: Callable[[], object]) -> None:
    def turned() -> bool:
        runner.turn()
        return bool(condition())

    wait_until(turned, pause_seconds=0)


def _committed(cluster: Cluster, beside: str) -> list[int]:
    """Of the partition in both topics: the source's, and that of the one beside it."""
    asking = kafka.consumer(cluster.options, group_id=f"{cluster.prefix}p1")
    topics = (cluster.catalog["jobs.submitted"].name, beside)
    places = [kafka.TopicPartition(topic, 2) for topic in topics]
    try:
        return [place.offset for place in asking.committed(places, timeout=DEADLINE_SECONDS)]
    finally:
        asking.close()
