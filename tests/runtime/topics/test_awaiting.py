"""Waiting for topics that somebody else makes: nothing is created, and what is missing is told."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.topics.awaiting import await_topics
from headway.topics.provisioning import ensure_topics, main
from headway.topics.topology import found
from localkafka import RunningBroker


@dataclass(frozen=True)
class _OfThree:
    topic_prefix: str
    partitions: int = 0
    replication_factor: int = 3
    min_insync_replicas: int = 2


@pytest.mark.broker
def test_whoever_waits_goes_on_once_somebody_has_made_the_topics(
    options: kafka.Options, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It says what it waits for, once, and goes on by itself."""
    # Given a cluster without the topics, and somebody who waits for them
    caplog.set_level("INFO")
    catalog = Catalog.load(prefix)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(await_topics, options, catalog, seconds=DEADLINE_SECONDS)
        wait_until(lambda: _awaited(caplog), waiting.exception)
        assert f"{prefix}jobs.submitted is missing" in _awaited(caplog)[0]

        # When they are made, then it goes on
        ensure_topics(options, catalog)
        waiting.result(DEADLINE_SECONDS)


@pytest.mark.broker
def test_waiting_makes_nothing_and_its_end_says_what_is_missing(
    options: kafka.Options, prefix: str
) -> None:
    """Who makes topics is somebody else, who may make them otherwise."""
    # Given a cluster without the topics, when somebody has waited for them long enough
    catalog = Catalog.load(prefix)
    with pytest.raises(TopologyError, match=f"{prefix}jobs.submitted is missing"):
        await_topics(options, catalog, seconds=0)

    # Then there still are none
    assert found(kafka.admin_client(options), catalog).topics == {}


@pytest.mark.broker
def test_topics_that_differ_so_that_jobs_are_lost_are_waited_for(
    options: kafka.Options, prefix: str
) -> None:
    """Whoever makes them may be at it: a service would refuse to start."""
    # Given topics with one copy, when a deployment of three waits for its own
    ensure_topics(options, Catalog.load(prefix))
    catalog = Catalog.of(_OfThree(prefix))

    # Then they are not what it waits for
    with pytest.raises(TopologyError, match="has 1 copies, wanted 3"):
        await_topics(options, catalog, seconds=0)


@pytest.mark.broker
def test_the_command_tells_by_its_exit_code_whether_topics_fit(
    broker: RunningBroker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 they do, 2 they do not: as for whoever makes them."""
    # Given an environment that names a cluster without the topics
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)
    monkeypatch.setenv("TOPIC_PREFIX", prefix)

    # When they are waited for, made, and waited for again, then the codes say so
    assert main(["--wait", "0"]) == 2
    assert main([]) == 0
    assert main(["--wait", "0"]) == 0


@pytest.mark.parametrize(
    "arguments", [["--wait"], ["--wait", "-1"], ["--wait", "nan"], ["--wait", "9", "--alter"]]
)
def test_waiting_that_cannot_be_is_refused(arguments: list[str]) -> None:
    """A time that is none, or a change beside it: nobody would know what was meant."""
    # Given such a command line, when it is read, then it is refused
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2


def test_whoever_waits_for_brokers_ends_at_once_when_told_to(tmp_path: Path) -> None:
    """As the first process of a pod's container, which SIGTERM does not end by itself."""
    # Given somebody who waits for brokers that are not there, and says so
    environment = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
    waiting = Service(
        "headway.provision --wait 9000", environment=environment, log=tmp_path / "log"
    )
    with closing(waiting.start()):
        waiting.wait_for_event("topics.awaited")

        # When it is told to end, then it does, and not as if it had done what it was asked for
        assert waiting.stop() == 128 + signal.SIGTERM


def _awaited(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was waited for, each reason once."""
    records = (record for record in caplog.records if record.msg == "topics.awaited")
    return [str(vars(record)["reason"]) for record in records]
