"""The one door: a running broker for as long as the context is open."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from localkafka.broker import (
    BOOTSTRAP_VARIABLE,
    BrokerFailed,
    BrokerKind,
    Purpose,
    RunningBroker,
    choose,
    wait_until_answers,
)
from localkafka.docker import compose_broker, container_broker, docker_answers
from localkafka.java import java_broker

_EXISTING_TIMEOUT_SECONDS: Final = 15.0


def _say_nothing(_: str) -> None: ...


@contextmanager
def running_broker(
    *,
    purpose: Purpose = Purpose.TESTS,
    data_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = _say_nothing,
) -> Iterator[RunningBroker]:
    """Provide a broker that answers; what was started is stopped at the end. Blocks.

    *data_dir* keeps the data of a local Java process between runs; without it they are thrown
    away. *tell* gets a line for people at every step that takes time.

    Raises:
        BrokerMissing: nothing on this machine can run Kafka.
        BrokerFailed: the broker named or started does not answer.
    """
    environ = os.environ if environ is None else environ
    kind = choose(environ, docker_answers=partial(docker_answers, purpose, environ))
    with _open(kind, purpose, data_dir=data_dir, environ=environ, tell=tell) as broker:
        yield broker


def _open(
    kind: BrokerKind,
    purpose: Purpose,
    *,
    data_dir: Path | None,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> AbstractContextManager[RunningBroker]:
    if kind is BrokerKind.EXISTING:
        return _existing_broker(environ)
    if kind is BrokerKind.JAVA:
        return java_broker(data_dir=data_dir, environ=environ, tell=tell)
    if purpose is Purpose.DEMO:
        return compose_broker(environ=environ, tell=tell)
    return container_broker(tell=tell)


@contextmanager
def _existing_broker(environ: Mapping[str, str]) -> Iterator[RunningBroker]:
    servers = environ[BOOTSTRAP_VARIABLE]
    if not wait_until_answers(servers, environ, timeout_seconds=_EXISTING_TIMEOUT_SECONDS):
        raise BrokerFailed(
            f"{BOOTSTRAP_VARIABLE}={servers}: no broker answered within "
            f"{_EXISTING_TIMEOUT_SECONDS:g} s; start it, correct the address, or unset the "
            "variable to have a broker started",
        )
    yield RunningBroker(servers, BrokerKind.EXISTING, data_dir=None)
