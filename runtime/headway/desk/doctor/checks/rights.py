"""What each service needs to be allowed is allowed to the user of these settings.

Asked as authorized operations (KIP-430); of transactional ids nobody can ask, so a transaction is
opened under one of each stage, commits an offset of its group, and is aborted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.declared.catalog import Topic
from headway.desk.doctor.checks.opened import opened
from headway.desk.doctor.finding import Check, Finding, unknown, well, wrong
from headway.desk.doctor.patient import Patient
from headway.edges import kafka
from headway.edges.admin import UNTIL_CLOSED_SECONDS

_SECONDS: Final = 10.0
_ADD: Final = "kafka-acls.sh --bootstrap-server … --add --allow-principal User:<its name>"
_ACL: Final = kafka.AclOperation
_WORDS: Final = {
    _ACL.READ: "read",
    _ACL.WRITE: "write",
    _ACL.DESCRIBE: "describe",
    _ACL.DESCRIBE_CONFIGS: "describe the configuration of",
}


@dataclass(frozen=True, slots=True)
class Need:
    """An operation on topics that a service cannot work without."""

    service: str
    operation: kafka.AclOperation
    topics: tuple[str, ...]


def needs(service: str, topics: Iterable[Topic]) -> Iterator[Need]:
    """What *service* has to be allowed, by what the topics declare."""
    declared = list(topics)
    every = tuple(topic.name for topic in declared)
    written = tuple(topic.name for topic in declared if service in topic.producers)
    read = tuple(topic.name for topic in declared if service in topic.consumers)
    yield Need(service, _ACL.DESCRIBE, every)
    yield Need(service, _ACL.DESCRIBE_CONFIGS, every)
    yield Need(service, _ACL.WRITE, written)
    yield Need(service, _ACL.READ, read)


def lacking(need: Need, allowed: Mapping[str, frozenset[Any] | None]) -> list[str]:
    """The topics of *need* on which it is not allowed; those nobody knows of are left out."""
    return [name for name in need.topics if need.operation not in (allowed.get(name) or _ANY)]


class _Any(frozenset[Any]):
    """Allows everything: of what is not there, nothing can be said."""

    def __contains__(self, _: object) -> bool:
        return True


_ANY: Final = _Any()


def _look(patient: Patient) -> Iterator[Finding]:
    allowed = _allowed(patient)
    topics = patient.catalog.topics.values()
    stages = [stage.name for stage in patient.pipeline.stages]
    for service in patient.services:
        told = list(_of_topics(service, topics, allowed))
        if service in stages:
            told += _of_stage(patient, service)
        yield from told or [well(service, "may do all that it needs")]


def _allowed(patient: Patient) -> dict[str, frozenset[Any] | None]:
    """What may be done to each topic; None: it is not there."""
    names = [topic.name for topic in patient.catalog.topics.values()]
    found: dict[str, frozenset[Any] | None] = {}
    answers = patient.admin.describe_topics(
        kafka.TopicCollection(names),
        include_authorized_operations=True,
        request_timeout=_SECONDS,
    )
    for name, answer in answers.items():
        try:
            found[name] = frozenset(answer.result().authorized_operations or ())
        except kafka.KafkaException as error:
            if error.args[0].code() == kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
                found[name] = frozenset()
    # Nothing at all of a topic that may be described: the broker does not tell (before 2.3).
    return found


def _of_topics(
    service: str, topics: Iterable[Topic], allowed: Mapping[str, frozenset[Any] | None]
) -> Iterator[Finding]:
    for need in needs(service, topics):
        if names := lacking(need, allowed):
            operation = need.operation.name.title().replace("_", "")
            listed = " ".join(f"--topic {name}" for name in names)
            words = f"may not {_WORDS[need.operation]} {', '.join(names)}"
            yield wrong(service, words, f"{_ADD} --operation {operation} {listed}")


def _of_stage(patient: Patient, stage: str) -> Iterator[Finding]:
    group = patient.group(stage)
    try:
        (answer,) = patient.admin.describe_consumer_groups(
            [group], include_authorized_operations=True, request_timeout=UNTIL_CLOSED_SECONDS
        ).values()
        told = answer.result(_SECONDS)
    except TimeoutError:
        yield unknown(f"group {group}", f"no answer within {_SECONDS:g} s")
        return
    except kafka.KafkaException as error:
        if error.args[0].code() != kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise
        yield _group_lacks(stage, group)
        return
    if _ACL.READ not in (told.authorized_operations or _ANY):
        yield _group_lacks(stage, group)
        return
    yield from _of_transaction(patient, stage, group)


def _of_transaction(patient: Patient, stage: str, group: str) -> Iterator[Finding]:
    name = f"{group}-doctor"
    try:
        with opened(patient, name) as producer:
            source = patient.catalog[patient.pipeline.stage(stage).source].name
            outside = kafka.consumer(patient.options, group_id=group)
            metadata = outside.consumer_group_metadata()
            outside.close()
            place = kafka.TopicPartition(source, 0, 0)
            producer.send_offsets_to_transaction([place], metadata, _SECONDS)
    except kafka.KafkaException as error:
        words = kafka.describe(error)
        if "AUTHORIZATION" not in words:
            raise
        if "TRANSACTIONAL_ID" not in words:
            yield wrong(stage, f"may not commit offsets in a transaction: {words}")
            return
        more = "--operation Write --operation Describe --resource-pattern-type prefixed"
        yield wrong(
            stage,
            f"may not use the transactional id {name}",
            f"{_ADD} {more} --transactional-id {group}-",
        )


def _group_lacks(stage: str, group: str) -> Finding:
    todo = f"{_ADD} --operation Read --operation Describe --group {group}"
    return wrong(stage, f"may not be a member of the group {group}", todo)


CHECK: Final = Check("rights", _look)
