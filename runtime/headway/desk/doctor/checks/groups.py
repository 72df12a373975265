"""Who shares partitions out has a group: who is in it, and how far behind it is."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Final

from headway.declared.catalog import Topic
from headway.desk.doctor.described import described
from headway.desk.doctor.finding import Check, Finding, unknown, warning, well, wrong
from headway.desk.doctor.patient import Patient
from headway.desk.doctor.troubles import finding_of
from headway.edges import kafka
from headway.edges.admin import ends
from headway.edges.groupreaders import group_reader


def _look(patient: Patient) -> Iterator[Finding]:
    for service, topic in patient.pipeline.groups.items():
        group, source = patient.group(service), patient.catalog[topic]
        try:
            told = described(patient, group)
        except kafka.KafkaException as error:
            yield finding_of(error, group)
            continue
        if told is None:
            yield unknown(group, "no answer of its coordinator")
            continue
        clients = [member.client_id for member in told.members]
        yield from of_members(group, clients, source.partitions)
        if source.name in patient.admin.list_topics(timeout=patient.call_seconds).topics:
            yield _behind(patient, group, source)


def of_members(group: str, clients: list[str], partitions: int) -> Iterator[Finding]:
    """Who is in it, by what each calls itself: its `INSTANCE_ID` and the name of its life."""
    instances = Counter(client.rpartition("/")[0] or client for client in clients)
    if not instances:
        yield warning(group, "no instance is in it", "start the service, if it is to work now")
        return
    for name, times in instances.items():
        if times > 1:
            words = f"{times} of its members have INSTANCE_ID {name}: they bar each other"
            yield wrong(group, words, "give each instance an INSTANCE_ID of its own")
    if len(clients) > partitions:
        idle = len(clients) - partitions
        words = f"{idle} of its {len(clients)} instances have nothing to do"
        yield warning(group, words, f"fewer instances, or more than {partitions} partitions")
    else:
        yield well(group, f"{len(clients)} instances share {partitions} partitions")


def _behind(patient: Patient, group: str, source: Topic) -> Finding:
    places = [kafka.TopicPartition(source.name, p) for p in range(source.partitions)]
    with closing(group_reader(patient.options, group)) as reader:
        committed = {
            one.partition: one.offset for one in reader.committed(places, patient.call_seconds)
        }
    found = ends(patient.admin, _named(source), kafka.IsolationLevel.READ_COMMITTED)
    if len(found) < source.partitions:
        return unknown(group, f"not every partition of {source.name} tells where it ends")
    return behind(group, source.name, committed, found)


def _named(source: Topic) -> list[tuple[str, int]]:
    return [(source.name, partition) for partition in range(source.partitions)]


def behind(
    group: str, topic: str, committed: Mapping[int, int], found: Mapping[Any, int]
) -> Finding:
    """How far it is: records and markers that it has not committed."""
    waiting = {p: found.get((topic, p), 0) - max(at, 0) for p, at in committed.items()}
    total = sum(waiting.values())
    if not any(at >= 0 for at in committed.values()):
        return well(group, f"has committed nothing yet; {total:,} records of {topic} wait")
    # The marker of the last transaction is never committed: one a partition is none.
    if total <= len(waiting):
        return well(group, f"is at the end of {topic}")
    most = max(waiting, key=lambda partition: waiting[partition])
    words = f"{total:,} records of {topic} wait, most of them ({waiting[most]:,}) in {most}"
    return well(group, words)


CHECK: Final = Check("groups", _look)
