"""Every partition has a leader and all its copies; the cluster's own topics have enough."""

from collections.abc import Iterator
from typing import Any, Final

from headway.desk.doctor.finding import Check, Finding, listing, warning, well, wrong
from headway.desk.doctor.patient import Patient
from headway.edges import kafka

#: What the cluster keeps for us: what is committed, and which transactions are open.
_OWN: Final = ("__consumer_offsets", "__transaction_state")
_MOST_COPIES: Final = 3


def _look(patient: Patient) -> Iterator[Finding]:
    names = [topic.name for topic in patient.catalog.topics.values()]
    shapes = _partitions(patient, [*names, *_OWN])
    copies = [len(one.replicas) for name in names for one in shapes.get(name, [])]
    told = [*of_topics(shapes), *of_own(shapes, min(_brokers(patient), _MOST_COPIES))]
    yield from told
    if not copies or told:
        return
    if min(copies) == 1:
        words = "one copy of each: what is acknowledged is lost with its broker"
        yield warning("", words, "for a try that is well; else three brokers, REPLICATION_FACTOR=3")
    else:
        yield well("", f"every partition has a leader and all its {min(copies)} copies in sync")


def _brokers(patient: Patient) -> int:
    return len(patient.admin.describe_cluster(request_timeout=patient.call_seconds).result().nodes)


def _partitions(patient: Patient, names: list[str]) -> dict[str, list[Any]]:
    """The partitions of each topic that is there and may be seen."""
    found = {}
    topics = kafka.TopicCollection(names)
    for name, answer in patient.admin.describe_topics(
        topics, request_timeout=patient.call_seconds
    ).items():
        try:
            found[name] = list(answer.result().partitions)
        except kafka.KafkaException:
            # Whether topics are there is another check's business.
            continue
    return found


def of_topics(shapes: dict[str, list[Any]]) -> Iterator[Finding]:
    """Partitions that nobody leads, or not all copies of which are in sync; what is alike, once."""
    found: dict[Finding, list[str]] = {}
    for name, partitions in shapes.items():
        for finding in _of_topic(partitions):
            found.setdefault(finding, []).append(name)
    for finding, names in found.items():
        yield finding._replace(where=listing(names))


def _of_topic(partitions: list[Any]) -> Iterator[Finding]:
    headless = [one.id for one in partitions if one.leader is None or one.leader.id < 0]
    short = [one.id for one in partitions if len(one.isr) < len(one.replicas)]
    if headless:
        words = f"partitions {_listed(headless)} have no leader: nobody reads or writes them"
        yield wrong("", words, "bring the brokers back that have their copies")
    elif short:
        words = f"copies of partitions {_listed(short)} are not in sync"
        yield warning("", words, "a broker is away or too slow: look at its log")


def of_own(shapes: dict[str, list[Any]], wanted: int) -> Iterator[Finding]:
    """Topics of the cluster itself with fewer copies than our own have."""
    for name in _OWN:
        copies = min((len(one.replicas) for one in shapes.get(name, [])), default=wanted)
        if copies < wanted:
            words = f"{copies} copies, {wanted} wanted: stages stop when a broker is lost"
            yield warning(name, words, "add copies by kafka-reassign-partitions.sh")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


CHECK: Final = Check("copies", _look)
