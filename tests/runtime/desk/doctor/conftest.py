"""The doctor before a deployment of its own, and before a broker that asks who one is."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.desk.deployment import Said
from support.desk.doctoring import Found, Gate, found
from support.kafka.guarded import ADMIN, guarded_broker
from support.waiting import DEADLINE_SECONDS

from headway.declared.catalog import Catalog
from headway.topics.provisioning import ensure_topics
from localkafka import BrokerMissing

Run = Callable[..., Said]
#: A machine at load 50 is no check that hangs.
PATIENCE = str(DEADLINE_SECONDS)


@pytest.fixture
def doctor(desk: Run, tmp_path: Path) -> Callable[..., Found]:
    """`headway doctor` for the deployment, with an object store."""

    def run(*arguments: str, **environment: str) -> Found:
        given = {"OBJECT_STORE_URL": f"file://{tmp_path}/objects", **environment}
        return found(desk("doctor", "--json", "--patience", PATIENCE, *arguments, **given))

    return run


@pytest.fixture(scope="module")
def guarded() -> Iterator[Gate]:
    """One such broker, with all topics, for a module."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        pytest.skip("the broker that is named asks nobody who one is")
    try:
        with guarded_broker() as broker:
            gate = Gate(broker)
            ensure_topics(broker.options(ADMIN), Catalog.load())
            yield gate
    except BrokerMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def guest(headway: Run, guarded: Gate, tmp_path: Path) -> Callable[..., Found]:
    """`headway doctor` as a user of that broker."""

    def run(user: str, *arguments: str, password: str = "") -> Found:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": guarded.broker.bootstrap_servers,
            "KAFKA_CLIENT_OPTIONS": guarded.broker.client_options(user, password),
            "OBJECT_STORE_URL": f"file://{tmp_path}/objects",
        }
        more = ("--json", "--patience", PATIENCE, *arguments)
        return found(headway("doctor", *more, **environment))

    return run


@pytest.fixture
def gate(guarded: Gate) -> Iterator[Gate]:
    """The same with nothing granted."""
    yield guarded
    guarded.take_back()
