"""Records of days gone by, on a real broker, whose topics say when a record was appended."""

import time
from functools import partial
from typing import Self

from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.waiting import wait_until

from headway.edges import kafka
from headway.edges.admin import set_option

DAY_MS = 24 * 3600 * 1000
#: How a message says that its time is the producer's.
_CREATE_TIME = 1
_OPTION = "message.timestamp.type"
_ACKNOWLEDGED_SECONDS = 30.0


class Past:
    """Writes as if it had been days ago; then its topics are again as they are declared."""

    def __init__(self, cluster: Cluster, *topics: str) -> None:
        self._cluster = cluster
        self._topics = [cluster.catalog[topic].name for topic in topics]
        self._admin = kafka.admin_client(cluster.options)
        self._producer = sure_producer(cluster.options)
        self._now_ms = int(time.time() * 1000)

    def __enter__(self) -> Self:
        self._stamp("CreateTime")
        for topic in self._topics:
            # A broker tells a change of a topic before its partitions obey it.
            wait_until(partial(self._is_believed, topic))
        return self

    def __exit__(self, *_: object) -> None:
        self._stamp("LogAppendTime")

    def write(self, topic: str, job_id: str, value: bytes, *, days: float) -> None:
        """A record of *topic* (logical name) in partition 0."""
        name, at = self._cluster.catalog[topic].name, self._now_ms - round(days * DAY_MS)
        written = self._write(name, 0, at, key=job_id.encode(), value=value)
        assert written.timestamp() == (_CREATE_TIME, at)

    def _is_believed(self, topic: str) -> bool:
        """Whether the broker takes a producer's word for the time, by a record without a job."""
        probe = self._write(topic, 1, 1, key=b"/", value=None)
        return probe.timestamp()[0] == _CREATE_TIME

    def _write(
        self, topic: str, partition: int, at_ms: int, *, key: bytes, value: bytes | None
    ) -> kafka.Message:
        told: list[kafka.Message] = []
        self._producer.produce(
            topic,
            key=key,
            value=value,
            partition=partition,
            timestamp=at_ms,
            on_delivery=lambda _, message: told.append(message),
        )
        self._producer.flush(_ACKNOWLEDGED_SECONDS)
        (written,) = told
        return written

    def _stamp(self, by: str) -> None:
        resources = [self._resource(topic) for topic in self._topics]
        for resource in resources:
            resource.add_incremental_config(set_option(_OPTION, by))
        for done in self._admin.incremental_alter_configs(resources).values():
            done.result()
        wait_until(lambda: all(self._says(topic, by) for topic in self._topics))

    def _says(self, topic: str, by: str) -> bool:
        (answer,) = self._admin.describe_configs([self._resource(topic)]).values()
        return bool(answer.result()[_OPTION].value == by)

    def _resource(self, topic: str) -> kafka.ConfigResource:
        return kafka.ConfigResource(kafka.ResourceType.TOPIC, topic)
