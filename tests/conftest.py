"""Fixtures of every suite."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.kafka.cluster import Cluster
from support.kafka.writing import shared_producer

from localkafka import BrokerMissing, RunningBroker, running_broker


@pytest.fixture(scope="session")
def broker() -> Iterator[RunningBroker]:
    """One Kafka for the whole run: each test uses names of its own in it.

    Where nothing can run one, tests are skipped; in CI that is a failure.
    """
    with ExitStack() as stack:
        try:
            running = stack.enter_context(running_broker())
        except BrokerMissing as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        yield running
        # A client without its broker goes on looking for it, and says so, until the run ends.
        shared_producer.cache_clear()


def pytest_fixture_post_finalizer(fixturedef: pytest.FixtureDef[object]) -> None:
    """Take the topics of a test off the broker of the whole run when all that used them has ended.

    A node of the test's own is gone by then or about to go, and its topics with it.
    """
    made = fixturedef.cached_result
    if made is not None and isinstance(made[0], Cluster) and "broker" in fixturedef.argnames:
        made[0].remove()
