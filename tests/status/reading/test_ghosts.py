"""A job that was deleted stays so for a table that is built long after."""

from pathlib import Path

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.status.records import Records
from support.status.service import StatusService
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka
from headway.edges.admin import set_option
from localkafka import RunningBroker

pytestmark = pytest.mark.broker

#: What makes a broker compact within seconds what it else would within hours.
_AT_ONCE = {"segment.ms": "200", "min.cleanable.dirty.ratio": "0.01"}
_PARTITION = 2


def test_a_deleted_job_is_no_ghost_in_a_table_built_after_compaction(
    broker: RunningBroker, tmp_path: Path, records: Records
) -> None:
    """Its submission is kept for ever; so the tombstone is what a new table has to find."""
    # Given a job that was done and then deleted, and topics that are compacted at once
    cluster = Cluster(broker.bootstrap_servers)
    _alter(cluster, "job-state", _AT_ONCE)
    _write(cluster, "jobs.submitted", "ghost", records.submission("ghost"))
    _write(cluster, "job-state", "ghost", records.state("ghost", "PROCESS_1_DONE"))
    _write(cluster, "job-state", "ghost", None)

    # When compaction has removed its states
    def compacted() -> bool:
        _write(cluster, "job-state", "other", records.state("other", "PROCESS_1_DONE"))
        left = [r for r in cluster.read("job-state") if r.key == b"ghost"]
        assert left, "the tombstone is gone before the submission"
        return len(left) == 1

    wait_until(compacted)

    # Then a table that is built only now knows the other job and not the deleted one
    service = StatusService(cluster.environment(), tmp_path).start()
    try:
        assert service.get("/jobs/other").status_code == httpx.codes.OK
        assert service.get("/jobs/ghost").status_code == httpx.codes.NOT_FOUND
    finally:
        service.process.close()


def test_topics_that_would_let_ghosts_return_refuse_the_start(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """One day of tombstones is what earlier releases declared."""
    # Given job-state as it was made before
    cluster = Cluster(broker.bootstrap_servers)
    _alter(cluster, "job-state", {"delete.retention.ms": "86400000"})

    # When status starts
    service = StatusService(cluster.environment(), tmp_path)
    code = service.process.start().wait_for_exit()

    # Then it ends, and says what would happen and what to do
    assert code == 2
    told = service.process.tail()
    assert "deleted jobs would come back" in told
    assert "python -m headway.provision --alter" in told


def _write(cluster: Cluster, topic: str, key: str, value: bytes | None) -> None:
    cluster.produce(topic, key=key.encode(), value=value, partition=_PARTITION)
    cluster.flush()


def _alter(cluster: Cluster, topic: str, options: dict[str, str]) -> None:
    resource = kafka.ConfigResource(
        kafka.ResourceType.TOPIC,
        cluster.catalog[topic].name,
        incremental_configs=[set_option(name, value) for name, value in options.items()],
    )
    admin = kafka.admin_client(cluster.options)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=DEADLINE_SECONDS)
    # A broker hears of it a moment after the controller has it.
    wait_until(lambda: options.items() <= _options(admin, resource.name).items(), lambda: options)


def _options(admin: kafka.AdminClient, topic: str) -> dict[str, str]:
    """The topic's configuration as a broker tells it."""
    asked = kafka.ConfigResource(kafka.ResourceType.TOPIC, topic)
    (told,) = admin.describe_configs([asked]).values()
    found = told.result(timeout=DEADLINE_SECONDS)
    return {name: str(entry.value) for name, entry in found.items()}
