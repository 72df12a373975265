"""Partitions that are added: refused while topics differ, and worked on once all have grown."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

_SERVICES = (
    "gateway",
    *(f"support.stages.scripted_stage {stage.name}" for stage in Pipeline.load().stages),
    "status",
)


@dataclass(frozen=True)
class _Running:
    """The services, each at an address of its own."""

    services: Mapping[str, Service]
    urls: Mapping[str, str]

    @staticmethod
    def start(start: Callable[..., Service], **settings: object) -> "_Running":
        ports = {name: free_port() for name in _SERVICES}
        services = {name: start(name, http_port=ports[name], **settings) for name in _SERVICES}
        running = _Running(services, {n: f"http://127.0.0.1:{p}" for n, p in ports.items()})
        for name in _SERVICES:
            running.wait(name, ready=True)
        return running

    def wait(self, name: str, *, ready: bool, words: str = "") -> None:
        """Wait until it says so, and why."""

        def says() -> bool:
            is_ready, reason = self.readiness(name)
            return is_ready is ready and words in reason

        wait_until(says, lambda: (name, self.readiness(name), self.services[name].tail()))

    def readiness(self, name: str) -> tuple[bool, str]:
        """Whether it says that it is ready, and why not."""
        try:
            body: dict[str, Any] = httpx.get(
                f"{self.urls[name]}/readyz", timeout=DEADLINE_SECONDS
            ).json()
        except httpx.TransportError as error:
            return False, repr(error)
        return body["ok"], body["reason"]

    def stop(self) -> None:
        for service in self.services.values():
            assert service.stop() == 0, service.tail()


def test_a_partition_of_one_topic_is_refused_by_all_until_all_topics_have_grown(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Every service says what does not fit; the way of the runbook loses and repeats nothing."""
    # Given the product at work, and a job it has done
    running = _Running.start(start)
    _submit(cluster, "before", partition=1)
    _wait_for_end(cluster, "before")

    # When one topic gets a seventh partition
    _grow_one(cluster, "jobs.submitted", 7)

    # Then every service says so instead of ready, and the gateway takes nothing
    for service in _SERVICES:
        running.wait(service, ready=False, words="jobs.submitted has 7 partitions, declared 6")
    refused = httpx.post(
        f"{running.urls['gateway']}/generate-file",
        files={"file": ("a.csv", b"a\n1\n")},
        timeout=DEADLINE_SECONDS,
    )
    assert refused.status_code == 503
    assert "has 7 partitions" in refused.json()["detail"]

    # And jobs of the partitions that fit are done meanwhile, while one waits in the seventh
    _submit(cluster, "meanwhile", partition=2)
    _submit(cluster, "seventh", partition=6)
    _wait_for_end(cluster, "meanwhile")

    # When all is stopped, the topics are grown as the runbook says, and all is started again
    running.stop()
    _grow(cluster, 7)
    grown = _Running.start(start, partitions=7)

    # Then the one that waited is done, and every job has one output
    wait_until(lambda: _status(grown, "seventh") == "COMPLETED", lambda: _status(grown, "seventh"))
    assert [_status(grown, job_id) for job_id in ("before", "meanwhile")] == ["COMPLETED"] * 2
    outputs = _outputs(cluster, partitions=7)
    assert sorted(outputs) == ["before", "meanwhile", "seventh"]
    grown.stop()


def _submit(cluster: Cluster, job_id: str, *, partition: int) -> None:
    # A producer of its own: one that has run for a while knows of a new partition only after
    # its next look at the topic, minutes later.
    producer = kafka.producer(cluster.options)
    topic, value = cluster.catalog["jobs.submitted"].name, cluster.submission(job_id)
    producer.produce(topic, value, job_id.encode(), partition=partition)
    assert producer.flush(DEADLINE_SECONDS) == 0


def _wait_for_end(cluster: Cluster, job_id: str) -> None:
    cluster.wait_for_states([job_id], "COMPLETED", seconds=DEADLINE_SECONDS)


def _grow_one(cluster: Cluster, topic: str, partitions: int) -> None:
    """As an operator might, with Kafka's own tool: the other topics stay as they are."""
    name = cluster.catalog[topic].name
    admin = kafka.admin_client(cluster.options)
    admin.create_partitions([kafka.NewPartitions(name, partitions)])[name].result()


def _grow(cluster: Cluster, partitions: int) -> None:
    environment = {**os.environ, **cluster.environment(partitions=partitions)}
    command = [sys.executable, "-m", "headway.provision", "--grow"]
    subprocess.run(command, env=environment, check=True, timeout=DEADLINE_SECONDS)


def _status(running: _Running, job_id: str) -> str:
    answer = httpx.get(f"{running.urls['status']}/jobs/{job_id}", timeout=DEADLINE_SECONDS)
    return str(answer.json()["status"])


def _outputs(cluster: Cluster, *, partitions: int) -> list[str]:
    """The keys of all outputs of the pipeline, as read_committed readers see them."""
    topic = cluster.catalog[cluster.pipeline.stages[-1].sink].name
    consumer = kafka.consumer(cluster.options, enable_partition_eof=True)
    consumer.assign([kafka.TopicPartition(topic, p, 0) for p in range(partitions)])
    keys: list[str] = []
    ended: set[int | None] = set()
    while len(ended) < partitions:
        for message in consumer.consume(100, timeout=0.5):
            if is_end_of_partition(message):
                ended.add(message.partition())
            else:
                keys.append(bytes(message.key() or b"").decode())
    consumer.close()
    return keys
