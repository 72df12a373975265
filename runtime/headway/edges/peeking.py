"""Whether there is any record from an offset on, or only what ended transactions."""

import time
from collections.abc import Mapping
from typing import Final

from headway.edges import kafka
from headway.edges.admin import Place
from headway.edges.messages import is_end_of_partition

_ANSWER_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.1
#: One record is enough; a broker gives a whole batch at the least.
_FETCH: Final = {"fetch_wait_max_ms": 10, "max_partition_fetch_bytes": 1024}


def without_records(options: kafka.Options, firsts: Mapping[Place, int]) -> set[Place]:
    """Those of the places in which no record lies at the offset given, or behind it.

    Behind the last record of a transaction is its marker, which no consumer is ever given, so an
    offset below the end does not tell. Blocks for a few seconds at most; a place of which there
    is no answer is not among them.
    """
    consumer = kafka.consumer(
        options,
        isolation_level="read_uncommitted",
        auto_offset_reset="error",
        enable_partition_eof=True,
        **_FETCH,
    )
    try:
        consumer.assign([kafka.TopicPartition(*place, at) for place, at in firsts.items()])
        return _ended(consumer, set(firsts))
    finally:
        consumer.close()


def _ended(consumer: kafka.Consumer, left: set[Place]) -> set[Place]:
    ended, deadline = set[Place](), time.monotonic() + _ANSWER_SECONDS
    while left and time.monotonic() < deadline:
        message = consumer.poll(_POLL_SECONDS)
        if message is None:
            continue
        place = message.topic() or "", message.partition() or 0
        if place in left:
            left.discard(place)
            consumer.incremental_unassign([kafka.TopicPartition(*place)])
            if is_end_of_partition(message):
                ended.add(place)
    return ended
