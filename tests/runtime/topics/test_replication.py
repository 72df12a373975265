"""How many partitions of each topic have replicas out of sync, as operators see it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from support.fake_kafka.admin import Partition
from support.stages.stage_rig import FakeCluster

from headway.declared.catalog import Catalog
from headway.edges.admin import Questions
from headway.observing.metrics import UNDER_REPLICATED
from headway.topics.replication import tell_replication
from headway.topics.shapes import Shape
from headway.topics.topology import TopologyWatch

_CATALOG = Catalog.load()
_WELL = Partition(0, replicas=(1, 2, 3), isrs=(3, 1, 2))
_LACKING = replace(_WELL, isrs=(1, 3))
_NO_LEADER = replace(_WELL, isrs=())


@pytest.fixture(autouse=True)
def _nothing_told() -> Iterator[None]:
    """The metric is the process's."""
    UNDER_REPLICATED.clear()
    yield
    UNDER_REPLICATED.clear()


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        ((_WELL, _WELL), Shape(2, 3, 0)),
        ((_WELL, _LACKING, _NO_LEADER), Shape(3, 3, 2)),
        ((_WELL, replace(_WELL, replicas=(1,), isrs=(1,))), Shape(2, 1, 0)),
        ((), Shape(0, 0, 0)),
    ],
)
def test_a_partition_counts_while_a_replica_is_not_in_sync(
    partitions: Any, expected: Shape
) -> None:
    """Few copies are no fault of these; a missing one is."""
    # Given partitions as the cluster describes them, when they are looked at, then they are counted
    assert Shape.of(partitions) == expected


def test_topics_are_told_by_the_names_they_are_declared_under() -> None:
    """The prefix of a deployment is no business of a dashboard; 0 is told where all is well."""
    # Given what was found of two topics of a deployment, and nothing of the others
    catalog = Catalog.load("eu-")
    names = [catalog[topic].name for topic in ("job-state", "p1.dlq")]
    shapes = {names[0]: Shape(6, 3, 2), names[1]: Shape(6, 3, 0)}

    # When that is told
    tell_replication(shapes, catalog=catalog)

    # Then there are these two samples
    assert [_told(topic) for topic in ("job-state", "p1.dlq", "p2.dlq")] == [2, 0, None]


def test_nothing_is_told_while_the_cluster_does_not_answer() -> None:
    """What was so when it last did may not be so any more."""
    # Given a topic that was told of
    tell_replication({_CATALOG["job-state"].name: Shape(6, 3, 2)}, catalog=_CATALOG)

    # When the cluster does not answer, then nothing is told of it
    tell_replication(None, catalog=_CATALOG)
    assert _told("job-state") is None


def test_the_watch_over_topics_tells_what_it_has_seen(cluster: FakeCluster) -> None:
    """In the request that it makes anyway."""
    # Given a watch, and somebody who wants to know
    seen: list[Any] = []
    watch = TopologyWatch({}, cluster.catalog, seen=seen.append)

    # When it looks
    watch.look(Questions({}))

    # Then it has told of each declared topic
    ((shapes),) = seen
    assert shapes == {t.name: Shape(t.partitions, 1, 0) for t in cluster.catalog.topics.values()}


def _told(topic: str) -> float | None:
    return REGISTRY.get_sample_value("headway_under_replicated_partitions", {"topic": topic})
