"""How the gateway learns that Kafka went and came back."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from support.waiting import DEADLINE_SECONDS

from gateway.watch import Watch
from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.observing.health import Health

T = TypeVar("T")


@dataclass
class FakeCluster:
    """Tells of the topics' partitions unless it is away."""

    away: bool = False
    partitions: dict[str, int] = field(default_factory=dict)

    def describe_topics(
        self, names: kafka.TopicCollection, *, request_timeout: float
    ) -> dict[str, Future[Any]]:
        assert request_timeout > 0
        return {name: self._described(name) for name in names.topic_names}

    def _described(self, name: str) -> Future[Any]:
        answer: Future[Any] = Future()
        if self.away:
            answer.set_exception(KafkaException(KafkaError(KafkaError._TRANSPORT, "no route")))
        else:
            one = SimpleNamespace(replicas=[1], isr=[1])
            answer.set_result(SimpleNamespace(partitions=[one] * self.partitions.get(name, 6)))
        return answer


@pytest.mark.broker
def test_it_is_ready_once_the_topics_are_found_as_declared(
    cluster_options: kafka.Options, prefix: str
) -> None:
    """Whenever the cluster answers: nothing has to be done."""
    # Given topics as they are declared
    found = threading.Event()

    class SignallingHealth(Health):
        def set_ready(self, *, ready: bool, reason: str) -> None:
            super().set_ready(ready=ready, reason=reason)
            if self.ready:
                found.set()

    catalog = Catalog.load(prefix)
    health = SignallingHealth()

    # When the watch looks at them, then it is ready by itself
    with Watch(cluster_options, catalog, health, _never):
        assert found.wait(DEADLINE_SECONDS)


@pytest.mark.broker
def test_topics_that_do_not_fit_are_told_once_and_for_all(cluster_options: kafka.Options) -> None:
    """It cannot heal by itself, so the process is asked to stop with the reason at hand."""
    # Given a cluster without the declared topics
    stopped = threading.Event()
    catalog = Catalog.load("never-provisioned.")
    health = Health()

    # When the watch looks, then the process is asked to stop
    with Watch(cluster_options, catalog, health, on_misfit=lambda _: stopped.set()) as watch:
        assert stopped.wait(DEADLINE_SECONDS)

    # And the reason names what is missing
    assert watch.misfit is not None
    assert "never-provisioned.jobs.submitted is missing" in health.reason
    assert not health.ready


def test_readiness_follows_the_cluster() -> None:
    """Away is told with its reason once it is sure; back is told at once."""
    # Given a watch that has found the topics as declared
    cluster, health = FakeCluster(), Health()
    watch = Watch({}, Catalog.load(), health, _never, _compared=True)
    told: list[tuple[bool, str]] = []

    # When the cluster is away for four looks, back for one, and away again
    for away in (False, True, True, True, True, False, True):
        cluster.away = away
        watch._look(_asking(cluster))
        told.append((health.ready, health.reason))

    # Then it is told from the third missed one on, with the reason, and taken back at once
    # One look that is missed says little: a broker of several may be away.
    assert [ready for ready, _ in told] == [True, True, True, False, False, True, True]
    assert "no route" in told[3][1]


def test_a_gateway_that_never_met_its_cluster_is_not_ready() -> None:
    """It knows nothing of the topics yet, so the first look that is missed is told."""
    # Given a watch that knows nothing yet, and a cluster that is away
    cluster, health = FakeCluster(away=True), Health()
    watch = Watch({}, Catalog.load(), health, _never)

    # When it looks for the first time
    watch._look(_asking(cluster))

    # Then that is told at once
    assert not health.ready
    assert "no route" in health.reason


def test_a_partition_more_or_less_is_told_until_it_is_mended() -> None:
    """Jobs sent now would lie where no stage looks for them: none is taken meanwhile."""
    # Given a watch that has found the topics as declared
    cluster, health = FakeCluster(), Health()
    watch = Watch({}, Catalog.load(), health, _never, _compared=True)
    told: list[tuple[bool, str]] = []

    # When a topic has a partition more, one less, and then as many as declared
    for count in (6, 7, 5, 6):
        cluster.partitions["jobs.submitted"] = count
        watch._look(_asking(cluster))
        told.append((health.ready, health.reason))

    # Then it is not ready until that, and says why
    assert [ready for ready, _ in told] == [True, False, False, True]
    assert "jobs.submitted has 7 partitions, declared 6" in told[1][1]
    assert "jobs.submitted has 5 partitions, declared 6" in told[2][1]


def _asking(cluster: FakeCluster) -> Questions:
    class Asking(Questions):
        def ask(self, question: Callable[[AdminClient], T]) -> T:
            return question(cast("AdminClient", cluster))

    return Asking({})


def _never(_: TopologyError) -> None:
    raise AssertionError("the topics fit")
