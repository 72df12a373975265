"""What each service needs to be allowed is allowed to the user of these settings.

Asked as authorized operations (KIP-430); of transactional ids nobody can ask, so a transaction is
opened under one of each service that has some, commits an offset of its group, and is aborted.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from headway.desk.doctor.described import described
from headway.desk.doctor.finding import Check, Finding, listing, unknown, warning, well, wrong
from headway.desk.doctor.needs import ANY, TRIMS, Need, lacking, needs, removing
from headway.desk.doctor.opened import opened
from headway.desk.doctor.patient import Patient
from headway.edges import kafka

_ADD: Final = "kafka-acls.sh --bootstrap-server … --add --allow-principal User:<its name>"
#: Has a group, and says nothing in transactions.
_WITHOUT_TRANSACTIONS: Final = "statistics"


def _look(patient: Patient) -> Iterator[Finding]:
    allowed = _allowed(patient)
    topics = patient.catalog.topics.values()
    every = [need for service in patient.services for need in needs(service, topics)]
    if TRIMS in patient.services:
        every.append(removing(patient.pipeline, patient.catalog))
    lack = {need: names for need in every if (names := lacking(need, allowed))}
    yield from _of_topics(lack)
    for service in patient.services:
        told = []
        if service in patient.pipeline.groups:
            told = list(_of_group(patient, service, there=_source(patient, service) in allowed))
        if service == TRIMS:
            told += _of_others(patient)
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
            found[name] = frozenset(answer.result().authorized_operations or ()) or ANY
        except kafka.KafkaException as error:
            if error.args[0].code() == kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
                found[name] = frozenset()
    return found


def _of_topics(lack: Mapping[Need, list[str]]) -> Iterator[Finding]:
    """What several services lack alike is told once."""
    services: dict[tuple[Any, tuple[str, ...]], list[Need]] = {}
    for need, topics in lack.items():
        services.setdefault((need.operation, tuple(topics)), []).append(need)
    for (operation, names), lacked in services.items():
        listed = " ".join(f"--topic {topic}" for topic in names)
        who = ", ".join(need.service for need in lacked)
        words = f"may not {lacked[0].words} {listing(names)}"
        given = operation.name.title().replace("_", "")
        found = wrong if any(need.vital for need in lacked) else warning
        yield found(who, words, f"{_ADD} --operation {given} {listed}")


def _of_group(patient: Patient, service: str, *, there: bool) -> Iterator[Finding]:
    group = patient.group(service)
    try:
        told = described(patient, group)
    except kafka.KafkaException as error:
        if error.args[0].code() != kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise
        yield _group_lacks(service, group)
        return
    if told is None:
        yield unknown(f"group {group}", "no answer of its coordinator")
        return
    if kafka.AclOperation.READ not in (told.authorized_operations or ANY):
        yield _group_lacks(service, group)
        return
    if there and service != _WITHOUT_TRANSACTIONS:
        yield from _of_transaction(patient, service, group)


def _of_others(patient: Patient) -> Iterator[Finding]:
    """What is trimmed is what the groups of the stages are done with."""
    for stage in patient.pipeline.stages:
        group = patient.group(stage.name)
        try:
            told = described(patient, group)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
                raise
            words = f"may not see what the group {group} has done, so it trims nothing of it"
            yield warning(TRIMS, words, f"{_ADD} --operation Describe --group {group}")
            continue
        if told is None:
            yield unknown(f"group {group}", "no answer of its coordinator")


def _source(patient: Patient, service: str) -> str:
    return patient.catalog[patient.pipeline.groups[service]].name


def _of_transaction(patient: Patient, service: str, group: str) -> Iterator[Finding]:
    name = f"{group}-doctor"
    try:
        with opened(patient, name) as producer:
            outside = kafka.consumer(patient.options, group_id=group)
            metadata = outside.consumer_group_metadata()
            outside.close()
            place = kafka.TopicPartition(_source(patient, service), 0, 0)
            producer.send_offsets_to_transaction([place], metadata, patient.call_seconds)
    except kafka.KafkaException as error:
        words = kafka.describe(error)
        if "AUTHORIZATION" not in words:
            raise
        if "TRANSACTIONAL_ID" not in words:
            yield wrong(service, f"may not commit offsets in a transaction: {words}")
            return
        more = "--operation Write --operation Describe --resource-pattern-type prefixed"
        yield wrong(
            service,
            f"may not use the transactional id {name}",
            f"{_ADD} {more} --transactional-id {group}-",
        )


def _group_lacks(service: str, group: str) -> Finding:
    todo = f"{_ADD} --operation Read --operation Describe --group {group}"
    return wrong(service, f"may not be a member of the group {group}", todo)


CHECK: Final = Check("rights", _look)
