"""Which differences between cluster and declaration are told, and which refuse the start."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline
from headway.topics.differences import (
    Cluster,
    Difference,
    Found,
    differences,
    wanted_config,
    wanted_copies,
)

_CATALOG = Catalog.load()
_WORK = [stage.source for stage in Pipeline.load().stages]
_FINISHED = Pipeline.load().stages[-1].sink


def test_topics_as_they_are_declared_differ_in_nothing() -> None:
    """What provisioning makes is what the start compares with."""
    # Given every topic as it is wanted, on one broker and on five
    topics = _CATALOG.topics.values()

    # When they are compared, then there is nothing to tell
    for brokers in (1, 5):
        found = {topic.name: _as_wanted(topic, brokers) for topic in topics}
        assert differences(topics, Cluster(brokers, found)) == []


def test_a_missing_topic_is_told_with_the_command_that_makes_it() -> None:
    """Services never create a topic."""
    # Given a cluster without topics, when it is compared, then every one is named
    told = differences(_CATALOG.topics.values(), Cluster(1, {}))
    assert {d.topic for d in told} == _CATALOG.topics.keys()
    assert all(d.harmful and "python -m headway.provision" in d.text for d in told)


@pytest.mark.parametrize("count", [5, 7])
def test_another_partition_count_refuses_the_start(count: int) -> None:
    """Partition i of every topic holds the same jobs, or a job is where nobody looks."""
    # Given a topic with a partition too few or too many, when it is compared
    (told,) = _told("jobs.submitted", partitions=count)

    # Then both counts are named, and no service starts
    assert told.harmful
    assert f"has {count} partitions, declared 6" in told.text


@pytest.mark.parametrize("topic", _WORK)
@pytest.mark.parametrize("option", ["retention.ms", "retention.bytes"])
def test_a_topic_of_work_that_forgets_refuses_the_start(topic: str, option: str) -> None:
    """Seven days, as releases before declared it, would delete jobs that wait."""
    # Given a limit, when it is compared, then it says what would happen and what to do
    (told,) = _told(topic, config={option: "604800000"})
    assert told.harmful
    assert "jobs that are not done yet would be deleted" in told.text
    assert "python -m headway.provision --alter" in told.text


@pytest.mark.parametrize(
    ("topic", "option", "actual"),
    [
        ("job-state", "cleanup.policy", "compact,delete"),
        ("jobs.submitted", "cleanup.policy", "compact"),
        ("job-state", "delete.retention.ms", "86400000"),
        ("p1.dlq", "max.message.bytes", "1048588"),
        ("job-state", "unclean.leader.election.enable", "true"),
    ],
)
def test_what_costs_jobs_refuses_the_start(topic: str, option: str, actual: str) -> None:
    """Each of them loses, resurrects or refuses what was promised to be kept."""
    # Given a topic with that option, when it is compared, then it is named as harmful
    (told,) = _told(topic, config={option: actual})
    assert told.harmful
    assert f"{topic} has {option}={actual}, declared" in told.text


@pytest.mark.parametrize(
    ("topic", "option", "actual"),
    [
        ("p1.dlq", "retention.ms", "86400000"),
        (_FINISHED, "retention.bytes", "1000000"),
        ("p1.dlq", "message.timestamp.type", "CreateTime"),
        ("job-state", "min.cleanable.dirty.ratio", "0.9"),
        # What an earlier release declared is nobody's choice: it is brought down.
        ("job-state", "delete.retention.ms", "3155760000000"),
    ],
)
def test_what_costs_no_job_is_told_and_no_more(topic: str, option: str, actual: str) -> None:
    """How long finished things are kept is the operator's to say."""
    # Given a topic with that option, when it is compared, then it is told and not harmful
    (told,) = _told(topic, config={option: actual})
    assert (told.harmful, told.option) == (False, option)


@pytest.mark.parametrize(
    ("topic", "option", "actual"),
    [
        ("p1.dlq", "retention.ms", "7776000000"),
        ("p1.dlq", "retention.ms", "-1"),
        ("p1.dlq", "max.message.bytes", "8388608"),
        ("jobs.submitted", "min.insync.replicas", "2"),
        ("job-state", "delete.retention.ms", "31557600000"),
    ],
)
def test_more_than_declared_is_no_difference(topic: str, option: str, actual: str) -> None:
    """So nothing that mends differences ever makes a retention shorter."""
    # Given three copies and more of something, when it is compared, then nothing is told
    wanted = _as_wanted(_CATALOG[topic], brokers=3)
    found = replace(wanted, config={**wanted.config, option: actual})
    assert differences([_CATALOG[topic]], Cluster(3, {topic: found})) == []


def test_copies_are_told_as_soon_as_there_are_brokers_for_more() -> None:
    """Told and no more, as long as the deployment says no number."""
    # Given one copy on three brokers, when it is compared
    topic = _CATALOG["jobs.submitted"]
    (told,) = differences([topic], Cluster(3, {topic.name: _as_wanted(topic, brokers=1)}))

    # Then the copies are told of
    assert not told.harmful
    assert "has 1 copies, wanted 3" in told.text


def test_a_deployment_that_says_its_copies_refuses_fewer() -> None:
    """Told three and finding one, a service does not acknowledge as if there were three."""
    # Given a deployment of three copies, two in sync, and one broker's topics
    topic = replace(_CATALOG["jobs.submitted"], replication_factor=3, min_insync_replicas=2)
    found = _as_wanted(_CATALOG["jobs.submitted"], brokers=1)

    # When they are compared
    told = differences([topic], Cluster(1, {topic.name: found}))

    # Then both are harmful and say what is there
    assert all(d.harmful for d in told)
    assert "has 1 copies, wanted 3" in told[0].text
    assert "has min.insync.replicas=1, declared 2" in told[1].text


def test_more_in_sync_than_there_are_copies_refuses_the_start() -> None:
    """Nothing could be written: every frame would abort for ever."""
    # Given one copy of which two have to be in sync, when it is compared, then it is refused
    (told,) = _told("jobs.submitted", config={"min.insync.replicas": "2"})
    assert told.harmful
    assert "nothing can be written" in told.text


@pytest.mark.parametrize(("brokers", "copies", "in_sync"), [(1, 1, 1), (2, 2, 1), (3, 3, 2)])
def test_copies_follow_the_size_of_the_cluster(brokers: int, copies: int, in_sync: int) -> None:
    """One broker must do for a laptop; three give what production expects, unasked."""
    # Given a deployment that says nothing, when its wishes are asked for
    topic = _CATALOG["jobs.submitted"]

    # Then they are what the cluster can give, and no more than three
    assert wanted_copies(topic, brokers) == copies
    assert wanted_copies(topic, brokers + 4) == 3
    assert wanted_config(topic, copies)["min.insync.replicas"] == str(in_sync)


def _as_wanted(topic: Topic, brokers: int) -> Found:
    copies = wanted_copies(topic, brokers)
    return Found(topic.partitions, copies, wanted_config(topic, copies))


def _told(
    topic: str, *, partitions: int = 6, config: Mapping[str, str] | None = None
) -> list[Difference]:
    declared = _CATALOG[topic]
    wanted = _as_wanted(declared, brokers=1)
    found = Found(partitions, wanted.copies, {**wanted.config, **(config or {})})
    return differences([declared], Cluster(1, {topic: found}))
