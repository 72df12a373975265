"""More partitions, on a real broker: when topics grow, and who notices."""

from dataclasses import dataclass
from functools import partial

import pytest
from support.waiting import wait_until

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.topics.provisioning import ensure_topics, grow_topics
from headway.topics.topology import TopologyWatch, check_topics

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class _Deployment:
    topic_prefix: str
    partitions: int
    replication_factor: int = 0
    min_insync_replicas: int = 0


def test_topics_grow_only_while_no_stage_runs(options: kafka.Options, prefix: str) -> None:
    """A stage or a scheduler that runs would meet some topics grown and others not."""
    # Given the topics, and a deployment that wants nine partitions
    ensure_topics(options, Catalog.load(prefix))
    grown, pipeline = Catalog.of(_Deployment(prefix, partitions=9)), Pipeline.load()
    for service in ("p2", "scheduler"):
        # When they are to grow with a member in a group, then it is refused with the group's name
        member = kafka.consumer(options, group_id=f"{prefix}{service}")
        member.subscribe([grown[pipeline.groups[service]].name])
        wait_until(partial(_joined, member))
        try:
            with pytest.raises(TopologyError, match=rf"group {prefix}{service} has 1 members"):
                grow_topics(options, grown, pipeline)
        finally:
            member.close()

    # And once nobody runs, every topic grows, and fits the new declaration alone
    assert len(grow_topics(options, grown, pipeline)) == len(grown.topics)
    check_topics(options, grown)
    with pytest.raises(TopologyError, match="has 9 partitions, declared 6"):
        check_topics(options, Catalog.load(prefix))


def _joined(member: kafka.Consumer) -> list[kafka.TopicPartition]:
    """What *member* was given of its group's partitions by now."""
    member.poll(0.1)
    return member.assignment()


def test_a_partition_that_was_added_is_noticed_while_running(
    options: kafka.Options, prefix: str
) -> None:
    """Nobody goes on saying "ready" while jobs lie where no stage looks."""
    # Given a watch over topics that fit
    catalog = Catalog.load(prefix)
    ensure_topics(options, catalog)
    admin = kafka.admin_client(options)
    with TopologyWatch(options, catalog, every_seconds=0.1) as watch:
        watch.look(Questions(options))
        assert watch.fault is None

        # When one topic gets a partition more
        name = catalog["jobs.submitted"].name
        admin.create_partitions([kafka.NewPartitions(name, 7)])[name].result()

        # Then it says so by itself
        fault = str(wait_until(lambda: watch.fault))
    assert f"{name} has 7 partitions, declared 6" in fault
    assert "growing.md" in fault
