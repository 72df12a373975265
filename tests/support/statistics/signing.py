"""A worker of the statistics at a broker that asks who one is, and what it sums there."""

from pathlib import Path

from support.kafka.guarded import Guarded
from support.processes import Service
from support.statistics.instances import NOTHING
from support.statistics.workers import python
from support.waiting import DEADLINE_SECONDS

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import watermarks
from headway.wire.codec import Codec

_WRITTEN = ("stage-statistics", "statistics-lives")


def signed_in(broker: Guarded, user: str, folder: Path) -> Service:
    """One of them as *user*, not started."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "KAFKA_CLIENT_OPTIONS": broker.client_options(user),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": "0",
    }
    log = folder / "statistics.log"
    return Service("stagestatistics", environment=environment, log=log, python=python())


def report(broker: Guarded, user: str) -> None:
    """Say, as *user*, that an instance has done something."""
    names = {"stage": "p1", "instance": "a", "life": "a", "number": 1}
    value = {**NOTHING, **names, "outcomes": {"done": 3}, "stage_times": [3]}
    producer = kafka.producer(broker.options(user), acks="all")
    data = Codec().encode("stage-report", value)
    producer.produce("stage-reports", key=b"p1", value=data, partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0


def is_said(broker: Guarded, user: str) -> bool:
    """Whether there is something in each topic that they write, as *user* sees it."""
    asking = kafka.consumer(broker.options(user))
    try:
        return all(any(_ends(asking, topic)) for topic in _WRITTEN)
    finally:
        asking.close()


def _ends(asking: kafka.Consumer, topic: str) -> list[int]:
    partitions = range(Catalog.load()[topic].partitions)
    return [watermarks(asking, kafka.TopicPartition(topic, i))[1] for i in partitions]
