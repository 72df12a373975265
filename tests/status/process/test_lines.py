"""How the stages stand while a real one comes and goes: queue depth is progress."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.kafka.cluster import Cluster
from support.processes import Service
from support.status.records import Records
from support.status.service import StatusService, Writer, Written
from support.waiting import wait_until

pytestmark = pytest.mark.broker

_WELL = [f"well-{number}" for number in range(20)]
_LATER = [f"later-{number}" for number in range(3)]
_MORE = [f"more-{number}" for number in range(5)]


@pytest.fixture
def stage(cluster: Cluster, tmp_path: Path) -> Iterator[Service]:
    """The first stage, not started; what may pass is tried again ten minutes later."""
    environment = cluster.environment(
        object_store_url=f"file://{tmp_path}/objects",
        session_timeout_ms=3000,
        transaction_timeout_ms=3000,
        retry_tries=3,
        retry_delays="600,600,600",
    )
    service = Service(
        "support.stages.scripted_stage p1", environment=environment, log=tmp_path / "p1.log"
    )
    yield service
    service.close()


def test_a_line_grows_while_its_stage_is_away_and_falls_when_it_works(
    service: StatusService,
    stage: Service,
    cluster: Cluster,
    writer: Writer,
    records: Records,
    tmp_path: Path,
) -> None:
    """As metrics and as an answer, by a replica that is made anew as well."""
    # Given jobs that nobody works at, some of which will fail at first
    cluster.submit(_WELL)
    cluster.submit(_LATER, title=f"unless:{tmp_path}/never")
    _wait_for(service, "headway_queue_depth", p1=23, p2=0)
    older = _told(service, "headway_oldest_waiting_seconds")
    wait_until(lambda: _told(service, "headway_oldest_waiting_seconds")["p1"] > older["p1"])

    # When their stage comes, then they wait for the next one, or to be tried again
    stage.start()
    _wait_for(service, "headway_queue_depth", p1=0, p2=20)
    _wait_for(service, "headway_retries_pending", p1=3, p2=0)
    _wait_for(service, "headway_oldest_waiting_seconds", p1=0)

    # And a replica that is made anew says the same
    before = _standing(service)
    _make_anew(service)
    assert _standing(service) == before
    _wait_for(service, "headway_queue_depth", p1=0, p2=20)

    # And when the stage has gone and come again, the line has grown and fallen once more
    stage.kill()
    cluster.submit(_MORE)
    _wait_for(service, "headway_queue_depth", p1=5, p2=20)
    stage.start()
    _wait_for(service, "headway_queue_depth", p1=0, p2=25)

    # And what is cancelled is no longer to be tried again
    cancels = [Written("job-commands", job, records.command(job, "cancel")) for job in _LATER]
    writer.commit(*cancels)
    _wait_for(service, "headway_retries_pending", p1=0, p2=0)
    assert service.get("/pipeline").json()["jobs"] == {"CANCELLED": 3, "PROCESS_1_DONE": 25}


def test_every_topic_of_a_cluster_that_is_well_is_told_to_be(
    service: StatusService, cluster: Cluster
) -> None:
    """So that no sample means that nobody knows."""
    # Given a replica and its cluster, when it has looked, then all topics are in sync
    _wait_for(
        service,
        "headway_under_replicated_partitions",
        **dict.fromkeys(cluster.catalog.topics, 0),
    )


def _make_anew(service: StatusService) -> None:
    service.kill()
    service.lose_file()
    service.start()


def _standing(service: StatusService) -> Any:
    """What does not move with the clock, and is no report that is told once and to who listens."""
    told = service.get("/pipeline").json()
    moving = ("oldest_waiting_seconds", "done_per_second", "dead_letters", "pauses")
    stages = [{k: v for k, v in stage.items() if k not in moving} for stage in told["stages"]]
    return stages, told["jobs"]


def _wait_for(service: StatusService, metric: str, **expected: float) -> None:
    wait_until(
        lambda: _told(service, metric).items() >= expected.items(),
        lambda: (expected, service.get("/pipeline").text, service.process.tail()),
    )


def _told(service: StatusService, metric: str) -> dict[str, float]:
    """The samples of a metric by their one label."""
    families = text_string_to_metric_families(service.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {next(iter(s.labels.values())): s.value for s in samples if s.name == metric}
