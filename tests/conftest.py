"""Fixtures of every suite."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

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
