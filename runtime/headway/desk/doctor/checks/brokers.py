"""Every broker answers, at the address it gives: first by a connection, then by Kafka's word."""

import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from headway.desk.doctor.finding import Check, Finding, warning, well, wrong
from headway.desk.doctor.patient import Patient
from headway.desk.doctor.troubles import LISTENER, meaning
from headway.edges import kafka

_CONNECT_SECONDS: Final = 3.0
_TELL_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.1
_NAME: Final = "brokers"
_UNREACHED: Final = "is it the right address, does a firewall stand between, does the broker run?"
_ADVERTISED: Final = (
    "the brokers give this address to every client (advertised.listeners): mend it there, or run "
    "this where the services run"
)


class _Unanswered(Exception):  # noqa: N818 - names the outcome
    """An address does not answer: what is wrong, and what to do."""


#: What a broker says of its cluster, or why it says nothing.
_Answer = kafka.ClusterMetadata | _Unanswered


def _look(patient: Patient) -> Iterator[Finding]:
    named = _answers(patient, _addresses(patient.settings.kafka_bootstrap_servers))
    silent = {one: why for one, why in named.items() if isinstance(why, _Unanswered)}
    found = [one for one in named.values() if not isinstance(one, _Unanswered)]
    for address, why in silent.items():
        yield (warning if found else wrong)(f"{address} (KAFKA_BOOTSTRAP_SERVERS)", *why.args)
    if found:
        yield from _of_each(patient, found[0], named)


def _of_each(
    patient: Patient, found: kafka.ClusterMetadata, named: Mapping[str, _Answer]
) -> Iterator[Finding]:
    """Every broker of the cluster, those left out that were asked by that address before."""
    nodes = {f"{one.host}:{one.port}": one.id for one in found.brokers.values()}
    answers = {**named, **_answers(patient, [one for one in nodes if one not in named])}
    for address, number in nodes.items():
        if isinstance(why := answers[address], _Unanswered):
            what, remedy = why.args
            todo = _ADVERTISED if remedy == _UNREACHED else remedy
            yield wrong(f"broker {number} at {address}", what, todo)
    answering = [one for one in nodes if not isinstance(answers[one], _Unanswered)]
    if answering:
        listed = ", ".join(sorted(f"{nodes[one]} at {one}" for one in answering))
        yield well("", f"{len(answering)} answer: {listed}; cluster {found.cluster_id}")


def _answers(patient: Patient, addresses: list[str]) -> dict[str, _Answer]:
    """What each says, all asked at the same time."""
    with ThreadPoolExecutor(max(1, len(addresses))) as side_by_side:
        said = side_by_side.map(lambda address: _answer(patient, address), addresses)
        return dict(zip(addresses, said, strict=True))


def _answer(patient: Patient, address: str) -> _Answer:
    try:
        return _asked(patient, address)
    except _Unanswered as error:
        return error


def _addresses(servers: str) -> list[str]:
    """host:port of each, as librdkafka takes them: with a protocol before, and without a port."""
    hosts = [one.strip().rpartition("://")[2] for one in servers.split(",") if one.strip()]
    return [host if host.rpartition(":")[2].isdigit() else f"{host}:9092" for host in hosts]


def _asked(patient: Patient, address: str) -> kafka.ClusterMetadata:
    """What the broker at *address*, and no other, says of the cluster.

    Raises:
        _Unanswered: it does not; why, and what to do.
    """
    _connected(address)
    said: list[str] = []
    options = patient.options | {
        "bootstrap.servers": address,
        "error_cb": lambda error: said.append(error.str()),
    }
    admin = kafka.admin_client(options)
    try:
        return admin.list_topics(timeout=patient.call_seconds / 2)
    except kafka.KafkaException as error:
        # The client tells of its connections only to whoever polls.
        deadline = time.monotonic() + _TELL_SECONDS
        while meaning(said) is None and time.monotonic() < deadline:
            admin.poll(_POLL_SECONDS)
        words = "it takes connections, and does not answer as Kafka does"
        remedy = f"it may hang: look at its log; else {LISTENER}"
        known = meaning([*said, kafka.describe(error)]) or (words, remedy)
        raise _Unanswered(*known) from error


def _connected(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except socket.gaierror as error:
        raise _Unanswered(f"no address is known of the name {host}", _UNREACHED) from error
    except TimeoutError as error:
        words = f"no connection within {_CONNECT_SECONDS:g} s"
        raise _Unanswered(words, _UNREACHED) from error
    except OSError as error:
        raise _Unanswered((error.strerror or str(error)).lower(), _UNREACHED) from error


CHECK: Final = Check(_NAME, _look)
