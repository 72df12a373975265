"""Provisioning on a real broker: what is made, what is mended, what is refused."""

from dataclasses import dataclass, replace

import pytest
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions, set_option
from headway.topics.brokers import Least, tell_brokers
from headway.topics.differences import wanted_config
from headway.topics.provisioning import alter_topics, ensure_topics, main
from headway.topics.topology import TopologyWatch, check_topics, found
from localkafka import RunningBroker

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class _Deployment:
    topic_prefix: str
    partitions: int = 0
    replication_factor: int = 0
    min_insync_replicas: int = 0


def test_topics_are_made_as_they_are_declared(options: kafka.Options, prefix: str) -> None:
    """Partitions, copies, cleanup policy and every option are those of the declaration."""
    # Given a cluster without them
    catalog = Catalog.load(prefix)

    # When they are made
    created = ensure_topics(options, catalog)

    # Then the cluster has each as it is declared
    assert set(created) == {topic.name for topic in catalog.topics.values()}
    cluster = found(kafka.admin_client(options), catalog)
    for topic in catalog.topics.values():
        has = cluster.topics[topic.name]
        assert (has.partitions, has.copies) == (topic.partitions, 1)
        assert has.config["cleanup.policy"] == topic.cleanup_policy
        assert wanted_config(topic, 1).items() <= has.config.items()


def test_a_second_run_makes_nothing_and_changes_nothing(
    options: kafka.Options, prefix: str
) -> None:
    """It is run at every deployment."""
    # Given the topics, one of them kept longer than declared
    catalog = Catalog.load(prefix)
    ensure_topics(options, catalog)
    _set(options, catalog["p1.dlq"].name, "retention.ms", "7776000000")

    # When everything is run again, then nothing is done, and the longer retention stays
    assert ensure_topics(options, catalog) == ()
    assert alter_topics(options, catalog) == ()
    assert _option(options, catalog, "p1.dlq", "retention.ms") == "7776000000"


def test_topics_of_a_release_before_are_refused_and_mended_on_request(
    options: kafka.Options, prefix: str
) -> None:
    """Seven days of retention and one day of tombstones are what they were made with."""
    # Given topics with the configuration they had
    catalog = Catalog.load(prefix)
    ensure_topics(options, catalog)
    _set(options, catalog["jobs.submitted"].name, "retention.ms", "604800000")
    _set(options, catalog["job-state"].name, "delete.retention.ms", "86400000")

    # When a service starts
    with pytest.raises(TopologyError) as refused:
        check_topics(options, catalog)

    # Then it names both and the command, and after that command it starts
    assert "jobs.submitted has retention.ms=604800000, declared -1" in str(refused.value)
    assert "job-state has delete.retention.ms=86400000" in str(refused.value)
    assert "provision --alter" in str(refused.value)
    changed = alter_topics(options, catalog)
    assert len(changed) == 2
    wait_until(lambda: _option(options, catalog, "jobs.submitted", "retention.ms") == "-1")
    check_topics(options, catalog)


def test_more_copies_than_brokers_are_refused_by_name(options: kafka.Options, prefix: str) -> None:
    """A deployment that says three copies does not get topics with one."""
    # Given a deployment of three copies, and one broker
    catalog = Catalog.of(_Deployment(prefix, replication_factor=3, min_insync_replicas=2))

    # When its topics are to be made, then the cluster's refusal is told
    with pytest.raises(TopologyError, match="INVALID_REPLICATION_FACTOR"):
        ensure_topics(options, catalog)


def test_a_service_told_of_three_copies_that_finds_one_says_so(
    options: kafka.Options, prefix: str
) -> None:
    """Replication is part of what is promised by an acknowledgement."""
    # Given topics with one copy, when a deployment of three compares them
    ensure_topics(options, Catalog.load(prefix))
    with pytest.raises(TopologyError) as refused:
        check_topics(options, Catalog.of(_Deployment(prefix, replication_factor=3)))

    # Then every topic is named with what it has
    assert f"{prefix}jobs.submitted has 1 copies, wanted 3" in str(refused.value)


def test_the_command_tells_what_does_not_fit_and_exits_with_2(
    broker: RunningBroker,
    options: kafka.Options,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A deployment's job fails where its topics would lose jobs, and mends them if told to."""
    # Given the environment of a deployment, and topics that forget
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)
    monkeypatch.setenv("TOPIC_PREFIX", prefix)
    assert main([]) == 0
    assert "topic.created" in capsys.readouterr().err
    catalog = Catalog.load(prefix)
    _set(options, catalog["jobs.p1-done"].name, "retention.bytes", "1000000")

    # When the command is run, then it fails and says why; when told to alter, it mends
    assert main([]) == 2
    assert "jobs.p1-done has retention.bytes=1000000, declared -1" in capsys.readouterr().err
    assert main(["--alter"]) == 0


def test_brokers_that_allow_too_little_are_told_of(
    options: kafka.Options, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said where topics are made, by whoever may read the brokers' options."""
    # Given a wish that no broker grants, and one that every broker does
    wanted = {
        "num.partitions": Least(10**9, "it would be too few"),
        "log.segment.bytes": Least(1, "it would be too small"),
    }
    monkeypatch.setattr("headway.topics.brokers.WANTED", wanted)

    # When the brokers are looked at, then the one is told, with the broker
    with caplog.at_level("WARNING", logger="headway.topics.brokers"):
        tell_brokers(kafka.admin_client(options))
    (line,) = caplog.records
    assert line.getMessage() == "broker.differs"
    assert "wanted 1000000000 at least: it would be too few" in line.__dict__["difference"]


def test_a_cluster_that_is_away_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1: nothing is known of the topics."""
    # Given no cluster, when the command is run, then it says so without a traceback
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("headway.topics.topology._TIMEOUT_SECONDS", 0.2)
    assert main([]) == 1
    assert "the cluster: " in capsys.readouterr().err


def test_a_watch_keeps_what_it_knows_while_the_cluster_is_away(
    options: kafka.Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That Kafka is away is told by others; it says nothing about partitions."""
    # Given a watch that knows of a fault, when the cluster does not answer
    nobody = Questions({"bootstrap.servers": "127.0.0.1:1"})
    monkeypatch.setattr("headway.topics.topology._LOOK_SECONDS", 0.2)
    watch = TopologyWatch(options, Catalog.load(), fault="a partition too many")
    watch.look(nobody)

    # Then the fault is still told
    assert watch.fault == "a partition too many"


def _set(options: kafka.Options, topic: str, option: str, value: str) -> None:
    resource = kafka.ConfigResource(
        kafka.ResourceType.TOPIC, topic, incremental_configs=[set_option(option, value)]
    )
    admin = kafka.admin_client(options)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=DEADLINE_SECONDS)
    declared = replace(Catalog.load()["p1.dlq"], logical_name=topic, name=topic)
    catalog = Catalog({topic: declared}, "")
    wait_until(lambda: _option(options, catalog, topic, option) == value)


def _option(options: kafka.Options, catalog: Catalog, topic: str, option: str) -> str:
    cluster = found(kafka.admin_client(options), catalog)
    return cluster.topics[catalog[topic].name].config[option]
