"""What each service needs to be allowed is allowed to the user of these settings.

Asked as authorized operations (KIP-430); of transactional ids nobody can ask, so a transaction is
opened under one of each stage, commits an offset of its group, and is aborted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline
from headway.desk.doctor.described import described
from headway.desk.doctor.finding import Check, Finding, listing, unknown, well, wrong
from headway.desk.doctor.opened import opened
from headway.desk.doctor.patient import Patient
from headway.edges import kafka

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


def needs_again(pipeline: Pipeline, catalog: Catalog) -> Iterator[Need]:
    """What each stage has to be allowed, to have what it ended done again from one before it."""
    for stage in pipeline.stages:
        before = pipeline.stages[: stage.index - 1]
        sources = tuple(catalog[each.source].name for each in before)
        tiers = tuple(catalog[topic].name for each in before for topic in each.retry_topics[:1])
        if before:
            yield Need(stage.name, _ACL.READ, sources)
            yield Need(stage.name, _ACL.WRITE, tiers)


def lacking(need: Need, allowed: Mapping[str, frozenset[Any]]) -> list[str]:
    """The topics of *need* on which it is not allowed; those nobody knows of are left out."""
    return [name for name in need.topics if need.operation not in allowed.get(name, _ANY)]


class _Any(frozenset[Any]):
    """Allows everything: of what is not there, nothing can be said."""

    def __contains__(self, _: object) -> bool:
        return True


_ANY: Final = _Any()


def _look(patient: Patient) -> Iterator[Finding]:
    allowed = _allowed(patient)
    topics = patient.catalog.topics.values()
    stages = [stage.name for stage in patient.pipeline.stages]
    every = [need for service in patient.services for need in needs(service, topics)]
    again = needs_again(patient.pipeline, patient.catalog)
    every += [need for need in again if need.service in patient.services]
    lack = {need: names for need in every if (names := lacking(need, allowed))}
    yield from _of_topics(lack)
    for service in patient.services:
        told = []
        if service in stages:
            told = list(_of_stage(patient, service, there=_source(patient, service) in allowed))
        if not told and service not in {need.service for need in lack}:
            yield well(service, "may do all that it needs")
        yield from told


def _allowed(patient: Patient) -> dict[str, frozenset[Any]]:
    """What may be done to each topic that is there."""
    names = [topic.name for topic in patient.catalog.topics.values()]
    found: dict[str, frozenset[Any]] = {}
    answers = patient.admin.describe_topics(
        kafka.TopicCollection(names),
        include_authorized_operations=True,
        request_timeout=patient.call_seconds,
    )
    for name, answer in answers.items():
        try:
            # Without a word of it the broker does not tell (before 2.3): who may ask, may describe.
            found[name] = frozenset(answer.result().authorized_operations or ()) or _ANY
        except kafka.KafkaException as error:
            if error.args[0].code() == kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
                found[name] = frozenset()
    return found


def _of_topics(lack: Mapping[Need, list[str]]) -> Iterator[Finding]:
    """What several services lack alike is told once."""
    services: dict[tuple[Any, tuple[str, ...]], list[str]] = {}
    for need, topics in lack.items():
        services.setdefault((need.operation, tuple(topics)), []).append(need.service)
    for (operation, names), lacked in services.items():
        listed = " ".join(f"--topic {topic}" for topic in names)
        words = f"may not {_WORDS[operation]} {listing(names)}"
        given = operation.name.title().replace("_", "")
        yield wrong(", ".join(lacked), words, f"{_ADD} --operation {given} {listed}")


def _of_stage(patient: Patient, stage: str, *, there: bool) -> Iterator[Finding]:
    group = patient.group(stage)
    try:
        told = described(patient, group)
    except kafka.KafkaException as error:
        if error.args[0].code() != kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise
        yield _group_lacks(stage, group)
        return
    if told is None:
        yield unknown(f"group {group}", "no answer of its coordinator")
        return
    if _ACL.READ not in (told.authorized_operations or _ANY):
        yield _group_lacks(stage, group)
        return
    if there:
        yield from _of_transaction(patient, stage, group)


def _source(patient: Patient, stage: str) -> str:
    return patient.catalog[patient.pipeline.stage(stage).source].name


def _of_transaction(patient: Patient, stage: str, group: str) -> Iterator[Finding]:
    name = f"{group}-doctor"
    try:
        with opened(patient, name) as producer:
            outside = kafka.consumer(patient.options, group_id=group)
            metadata = outside.consumer_group_metadata()
            outside.close()
            place = kafka.TopicPartition(_source(patient, stage), 0, 0)
            producer.send_offsets_to_transaction([place], metadata, patient.call_seconds)
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
