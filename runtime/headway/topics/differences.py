"""How topics differ from their declarations, and whether that costs jobs. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from headway.declared.catalog import Topic

PROVISION: Final = "python -m headway.provision"

#: More of these copies protects from no more than what one broker's loss can do.
_MOST_COPIES: Final = 3
_ENDLESS: Final = "-1"
_MIN_INSYNC: Final = "min.insync.replicas"
#: More than declared is an operator's choice; less is a difference.
_AT_LEAST: Final = frozenset(
    {"retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes", _MIN_INSYNC}
)
#: What earlier releases declared and is too much now: nobody's choice, so it is brought down.
_SUPERSEDED: Final = {"delete.retention.ms": frozenset({"3155760000000"})}
#: What less than declared does, or another value than it.
_HARM: Final = {
    "cleanup.policy": "records would be kept or deleted otherwise than the readers need",
    "delete.retention.ms": "deleted jobs would come back where a table is rebuilt",
    "max.message.bytes": "records that were taken elsewhere would be refused here",
    "unclean.leader.election.enable": "acknowledged records can be lost",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One topic as the cluster has it; `copies` are those of its least copied partition."""

    partitions: int
    copies: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cluster:
    """What was found; a topic that is not in `topics` does not exist."""

    brokers: int
    topics: Mapping[str, Found]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in a sentence with what to do; `option` is set if it is a configuration.

    `harmful` means that jobs would be lost, or done where nobody looks: no service starts.
    """

    topic: str
    text: str
    harmful: bool = True
    option: str | None = None

    @staticmethod
    def of_partitions(topic: Topic, found: int | None) -> "Difference | None":
        """What is wrong with a partition count, None if the topic does not exist."""
        if found is None:
            return Difference(topic.name, f"{topic.name} is missing: run `{PROVISION}` once")
        if found == topic.partitions:
            return None
        return Difference(
            topic.name,
            f"{topic.name} has {found} partitions, declared {topic.partitions}: jobs would lie "
            "where nobody looks for them; see docs/runbooks/growing.md",
        )


def differences(topics: Iterable[Topic], cluster: Cluster) -> list[Difference]:
    """Every difference of every topic."""
    return [difference for topic in topics for difference in _of(topic, cluster)]


def wanted_copies(topic: Topic, brokers: int) -> int:
    """How many copies a topic is to have on a cluster of that size."""
    return topic.replication_factor or min(_MOST_COPIES, brokers)


def wanted_config(topic: Topic, copies: int) -> dict[str, str]:
    """The whole declared configuration of a topic that has so many copies."""
    in_sync = topic.min_insync_replicas or max(1, copies - 1)
    return {
        "cleanup.policy": topic.cleanup_policy,
        _MIN_INSYNC: str(in_sync),
        **topic.config,
    }


def _of(topic: Topic, cluster: Cluster) -> Iterator[Difference]:
    found = cluster.topics.get(topic.name)
    counted = Difference.of_partitions(topic, found.partitions if found else None)
    if counted:
        yield counted
    if found is None:
        return
    yield from _of_copies(topic, found, cluster.brokers)
    for option, declared in wanted_config(topic, found.copies).items():
        actual = found.config.get(option, "")
        if _differs(option, declared, actual):
            yield _of_option(topic, option, declared, actual)


def _of_copies(topic: Topic, found: Found, brokers: int) -> Iterator[Difference]:
    wanted = wanted_copies(topic, brokers)
    if found.copies < wanted:
        yield Difference(
            topic.name,
            f"{topic.name} has {found.copies} copies, wanted {wanted}: what is acknowledged can "
            "be lost with a broker; add copies by kafka-reassign-partitions.sh, or say "
            "REPLICATION_FACTOR",
            harmful=topic.replication_factor > 0,
        )
    in_sync = int(found.config.get(_MIN_INSYNC, "1"))
    if in_sync > found.copies:
        yield Difference(
            topic.name,
            f"{topic.name} has {found.copies} copies and {_MIN_INSYNC}={in_sync}: nothing can "
            "be written to it",
        )


def _of_option(topic: Topic, option: str, declared: str, actual: str) -> Difference:
    harm = None if _is_superseded(option, declared, actual) else _HARM.get(option)
    if option.startswith("retention.") and topic.config.get("retention.ms") == _ENDLESS:
        harm = "jobs that are not done yet would be deleted"
    if option == _MIN_INSYNC and topic.min_insync_replicas:
        harm = "what is acknowledged can be lost with a broker"
    reason = f": {harm}" if harm else ""
    return Difference(
        topic.name,
        f"{topic.name} has {option}={actual}, declared {declared}{reason}; "
        f"run `{PROVISION} --alter`",
        harmful=harm is not None,
        option=option,
    )


def _differs(option: str, declared: str, actual: str) -> bool:
    if option in _AT_LEAST:
        short = _number(actual) < _number(declared)
        return short or _is_superseded(option, declared, actual)
    return actual != declared


def _is_superseded(option: str, declared: str, actual: str) -> bool:
    return actual in _SUPERSEDED.get(option, ()) and actual != declared


def _number(text: str) -> float:
    """-1 is Kafka's word for no limit; an option the cluster does not know is below any."""
    if text == _ENDLESS:
        return float("inf")
    return float(text) if text else float("-inf")
