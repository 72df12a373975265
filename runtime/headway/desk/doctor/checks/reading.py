"""Records can be read without a group, as status, the index of jobs and the audit do."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from headway.desk.doctor.finding import Check, Finding, well, wrong
from headway.desk.doctor.patient import Patient
from headway.desk.doctor.troubles import finding_of
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

_POLL_SECONDS: Final = 0.2
_READING: Final = {"enable_partition_eof": True, "fetch_wait_max_ms": 10}


def _look(patient: Patient) -> Iterator[Finding]:
    topic = patient.catalog[patient.pipeline.state].name
    found = patient.admin.list_topics(topic, timeout=patient.call_seconds).topics[topic]
    if found.error is not None:
        yield finding_of(kafka.KafkaException(found.error), topic)
        return
    with closing(kafka.consumer(patient.options, **_READING)) as reader:
        places = [kafka.TopicPartition(topic, p, kafka.OFFSET_BEGINNING) for p in found.partitions]
        reader.assign(places)
        yield _read(reader, topic, len(places), time.monotonic() + patient.call_seconds)


def _read(reader: kafka.Consumer, topic: str, partitions: int, deadline: float) -> Finding:
    """Until a record comes, or all partitions have ended."""
    ended = set[int | None]()
    while len(ended) < partitions:
        message = reader.poll(_POLL_SECONDS)
        if message is None:
            if time.monotonic() > deadline:
                return wrong(topic, "nothing comes of it, not even its end", "look at the brokers")
        elif is_end_of_partition(message):
            ended.add(message.partition())
        elif (error := message.error()) is not None:
            return finding_of(kafka.KafkaException(error), topic)
        else:
            return well(topic, "records are read without a group")
    return well(topic, "read to its end without a group; it is empty")


CHECK: Final = Check("reading", _look)
