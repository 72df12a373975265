"""The one door: a running broker for as long as the context is open.

The cluster that is named, Docker's, or Kafka as a Java process of this machine.
"""

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
    new_cluster_id,
    tail,
    wait_until_answers,
)
from localkafka.docker import compose_broker, container_broker, docker_answers
from localkafka.home import Home, home_at
from localkafka.jvm import Jvm, find_java, kafka_jars
from localkafka.ports import Ports, pick
from localkafka.process import GRACE_SECONDS, SupervisedProcess, locked
from localkafka.properties import JVM_HEAP, local_properties

_EXISTING_TIMEOUT_SECONDS: Final = 15.0
#: It takes about 5 s on two idle cores; a busy CI machine gets much longer.
_START_TIMEOUT_SECONDS: Final = 90.0
#: Ports are free when picked and may be taken when bound.
_PORT_ATTEMPTS: Final = 3
_PORT_TAKEN: Final = "Address already in use"


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


@contextmanager
def java_broker(
    *,
    data_dir: Path | None,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[RunningBroker]:
    """Run Kafka on free ports; in *data_dir* it finds its data and, if free, its ports again.

    Raises:
        BrokerMissing: no Java, or no jars and no way to fetch them.
        BrokerFailed: it did not start, or another runs in *data_dir*.
    """
    jvm = Jvm(find_java(environ), kafka_jars(environ, tell))
    with (
        home_at(data_dir) as home,
        # A predecessor whose parent was killed needs its grace to go.
        locked(home.lock_file, timeout_seconds=GRACE_SECONDS) as lock,
    ):
        tell("starting ...")
        process, ports = _start(jvm, home, scratch=data_dir is None, lock=lock)
        try:
            yield RunningBroker(_address(ports), BrokerKind.JAVA, home.path)
        finally:
            process.stop()


def _start(jvm: Jvm, home: Home, *, scratch: bool, lock: int) -> tuple[SupervisedProcess, Ports]:
    ports = pick(home.kept_ports())
    for attempts_left in reversed(range(_PORT_ATTEMPTS)):
        home.write_properties(
            local_properties(port=ports.clients, controller_port=ports.controller)
        )
        home.format(jvm, new_cluster_id())
        said_before_bytes = len(home.said())
        process = SupervisedProcess(
            jvm.command("kafka.Kafka", str(home.properties_file), options=JVM_HEAP),
            log_file=home.log_file,
            working_dir=home.path,
            scratch=home.path if scratch else None,
            held_descriptor=lock,
        )
        if _answers(process, ports):
            return process, ports
        said = home.said(said_before_bytes)
        if _PORT_TAKEN not in said or not attempts_left:
            raise BrokerFailed(f"Kafka did not start; the end of {home.log_file}:{tail(said)}")
        ports = pick()
    raise AssertionError("the last attempt returns or raises")


def _answers(process: SupervisedProcess, ports: Ports) -> bool:
    """Whether it came to answer; if not, it is stopped."""
    answers = False
    try:
        answers = wait_until_answers(
            _address(ports),
            timeout_seconds=_START_TIMEOUT_SECONDS,
            hopeless=lambda: process.exit_code is not None,
        )
    finally:
        if not answers:
            process.stop()
    return answers


def _address(ports: Ports) -> str:
    return f"127.0.0.1:{ports.clients}"
