"""Kafka as a Java process of this machine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localkafka.broker import (
    BrokerFailed,
    BrokerKind,
    RunningBroker,
    new_cluster_id,
    tail,
    wait_until_answers,
)
from localkafka.home import Home, home_at
from localkafka.jars import kafka_jars, locked
from localkafka.jvm import GRACE_SECONDS, Jvm, SupervisedProcess, find_java
from localkafka.properties import JVM_HEAP, Ports, local_properties, pick

#: It takes about 5 s on two idle cores; a busy CI machine gets much longer.
_START_TIMEOUT_SECONDS: Final = 90.0
#: Ports are free when picked and may be taken when bound.
_PORT_ATTEMPTS: Final = 3
_PORT_TAKEN: Final = "Address already in use"


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
