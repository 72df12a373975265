"""What services have to be allowed to do with topics, by what the topics declare."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline
from headway.edges import kafka

_ACL: Final = kafka.AclOperation
#: Who removes what is done from topics that no time limits.
TRIMS: Final = "scheduler"


@dataclass(frozen=True, slots=True)
class Need:
    """An operation on topics that a service needs, in words; without a vital one it cannot work."""

    service: str
    operation: kafka.AclOperation
    words: str
    topics: tuple[str, ...]
    vital: bool = True


def needs(service: str, topics: Iterable[Topic]) -> Iterator[Need]:
    """What *service* has to be allowed, by what the topics declare."""
    declared = list(topics)
    every = tuple(topic.name for topic in declared)
    written = tuple(topic.name for topic in declared if service in topic.producers)
    read = tuple(topic.name for topic in declared if service in topic.consumers)
    yield Need(service, _ACL.DESCRIBE, "describe", every)
    yield Need(service, _ACL.DESCRIBE_CONFIGS, "describe the configuration of", every)
    yield Need(service, _ACL.WRITE, "write", written)
    yield Need(service, _ACL.READ, "read", read)


def lacking(need: Need, allowed: Mapping[str, frozenset[Any]]) -> list[str]:
    """The topics of *need* on which it is not allowed; those nobody knows of are left out."""
    return [name for name in need.topics if need.operation not in allowed.get(name, ANY)]


def removing(pipeline: Pipeline, catalog: Catalog) -> Need:
    """What the scheduler has to be allowed where a rule trims topics."""
    trimmed = [
        topic
        for stage in pipeline.stages
        for topic in (stage.source, *stage.retry_topics, stage.held, stage.dead_letters)
    ]
    names = tuple(catalog[topic].name for topic in trimmed)
    return Need(TRIMS, _ACL.DELETE, "remove what is done from", names, vital=False)


class _Any(frozenset[Any]):
    """Allows everything: of what is not there, nothing can be said."""

    def __contains__(self, _: object) -> bool:
        return True


ANY: Final = _Any()
