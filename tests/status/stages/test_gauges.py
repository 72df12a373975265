"""What a scrape of status says of the stages, and when it says nothing."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from support.status.letters import Postbox
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import Log

from headway.observing.health import Health
from headway.wire.codec import Codec
from status.stages.gauges import Gauges

_OF_STAGES = (
    "headway_queue_depth",
    "headway_oldest_waiting_seconds",
    "headway_running_jobs",
    "headway_retries_pending",
    "headway_retry_overdue_seconds",
)


@pytest.fixture
def gauges(building: Rig) -> Iterator[Gauges]:
    """Those of a replica that is ready; none of them is left behind."""
    health = building.health
    health.set_ready(ready=True, reason="")
    made = Gauges(
        table=building.table,
        desk=building.desk,
        pipeline=building.pipeline,
        health=health,
        clock=building.clock,
    )
    yield made
    made.health = Health()
    made.look()
    assert _told() == {}


def test_a_scrape_says_how_each_stage_stands(
    gauges: Gauges, rig: Rig, log: Log, codec: Codec
) -> None:
    """Every status is there, with 0 where it has no job."""
    # Given jobs that wait, run, are to be tried again and are dead letters
    log.submission("a")
    log.state("b", "PROCESS_1_DONE", updated_at=START_MS)
    log.state("c", "PROCESS_2_RUNNING")
    log.state("d", "RETRY_SCHEDULED", due_at=START_MS + 1000)
    post = Postbox(rig, log, codec)
    post.failed("e")
    post.letter("f", topic="p2.dlq")
    rig.clock.wall_ms = START_MS + 4000

    # When the gauges are looked up
    gauges.look()

    # Then they say so
    assert [_told(name) for name in _OF_STAGES] == [
        {"p1": 1, "p2": 1},
        {"p1": (START_MS + 4000 - rig.row("a").submitted_at) / 1000, "p2": 4},
        {"p1": 0, "p2": 1},
        {"p1": 1, "p2": 0},
        {"p1": 3, "p2": 0},
    ]
    assert _told("headway_dead_letters") == {"p1": 1, "p2": 1}
    jobs = _told("headway_jobs")
    assert jobs.keys() == set(rig.pipeline.statuses)
    assert (jobs["QUEUED"], jobs["FAILED"], jobs["COMPLETED"]) == (1, 1, 0)


def test_a_table_that_is_being_built_says_nothing(gauges: Gauges, building: Rig, log: Log) -> None:
    """Half of the jobs would be half of the truth."""
    # Given a table in which there is something already
    log.submission("a")
    building.apply()

    # When the gauges are looked up, then there is no sample
    gauges.look()
    assert _told() == {}


def test_a_replica_that_is_not_ready_says_nothing_any_more(
    gauges: Gauges, rig: Rig, log: Log, codec: Codec
) -> None:
    """It would say for ever what was so when it lost its cluster."""
    # Given a replica that has told of a job and of letters
    Postbox(rig, log, codec).letter("a")
    log.submission("a")
    rig.apply()
    gauges.look()
    assert _told("headway_queue_depth") == {"p1": 1, "p2": 0}
    assert _told("headway_dead_letters") == {"p1": 1, "p2": 0}

    # When its cluster is away, then the samples go, and come back with it
    rig.health.set_ready(ready=False, reason="Kafka does not answer")
    gauges.look()
    assert _told() == {}
    rig.health.set_ready(ready=True, reason="")
    gauges.look()
    assert _told("headway_queue_depth") == {"p1": 1, "p2": 0}


def test_dead_letters_are_not_told_before_all_were_read(gauges: Gauges, rig: Rig) -> None:
    """The list has a reader of its own, which may be behind the table's."""
    # Given a list that is being read
    rig.shelf.bind("epoch")

    # When the gauges are looked up, then the others are there
    gauges.look()
    assert _told("headway_dead_letters") == {}
    assert _told("headway_queue_depth") == {"p1": 0, "p2": 0}


def _told(metric: str | None = None) -> dict[str, float]:
    """The samples of a metric by their one label; of all that are of the table if none is named."""
    names = {metric} if metric else {*_OF_STAGES, "headway_jobs", "headway_dead_letters"}
    return {
        next(iter(sample.labels.values())): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name in names
    }
