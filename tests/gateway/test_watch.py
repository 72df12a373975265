"""How the gateway learns that Kafka went and came back."""

import threading
from dataclasses import dataclass, field
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from gateway.watch import Watch
from headway import kafka
from headway.catalog import Catalog
from headway.health import Health


@dataclass
class FakeCluster:
    """Answers requests for metadata unless it is away; keeps what it was asked for."""

    away: bool = False
    asked: list[str | None] = field(default_factory=list)

    def list_topics(self, topic: str | None = None, *, timeout: float) -> None:
        assert timeout > 0
        self.asked.append(topic)
        if self.away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "no route"))


@pytest.mark.broker
def test_it_is_ready_once_the_topics_are_found_as_declared(
    cluster_options: kafka.Options, prefix: str
) -> None:
    """The first look compares all topics, and needs no waiting for a second."""
    ready = threading.Event()

    class SignallingHealth(Health):
        def set_ready(self, *, ready: bool, reason: str) -> None:
            super().set_ready(ready=ready, reason=reason)
            signals[ready].set()

    signals = {True: ready, False: threading.Event()}
    catalog = Catalog.load(prefix)
    health = SignallingHealth()

    with Watch(cluster_options, catalog, catalog["jobs.submitted"].name, health, _never):
        assert ready.wait(10)

    assert not signals[False].is_set()


@pytest.mark.broker
def test_topics_that_do_not_fit_are_told_once_and_for_all(cluster_options: kafka.Options) -> None:
    """It cannot heal by itself, so the process is asked to stop with the reason at hand."""
    stopped = threading.Event()
    catalog = Catalog.load("never-provisioned.")
    health = Health()

    with Watch(cluster_options, catalog, "t", health, on_misfit=stopped.set) as watch:
        assert stopped.wait(10)

    assert watch.misfit is not None
    assert "never-provisioned.jobs.submitted is missing" in health.reason
    assert not health.ready


def test_readiness_follows_the_cluster() -> None:
    """Away is told with its reason; back is told without comparing all topics again."""
    cluster, health = FakeCluster(), Health()
    watch = Watch({}, Catalog.load(), "jobs.submitted", health, _never, _compared=True)
    told: list[tuple[bool, str]] = []

    for away in (False, True, False):
        cluster.away = away
        watch._look(cast("AdminClient", cluster))
        told.append((health.ready, health.reason))

    assert [ready for ready, _ in told] == [True, False, True]
    assert "no route" in told[1][1]
    assert cluster.asked == ["jobs.submitted"] * 3


def test_topics_are_not_asked_for_by_name_before_they_are_known_to_exist() -> None:
    """A broker that creates topics on request must not be given the occasion."""
    cluster = FakeCluster(away=True)
    watch = Watch({}, Catalog.load(), "jobs.submitted", Health(), _never)

    watch._look(cast("AdminClient", cluster))

    assert cluster.asked == [None]


def _never() -> None:
    raise AssertionError("the topics fit")
