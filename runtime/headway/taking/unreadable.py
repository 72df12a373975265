"""Batches that no client can inflate: passed over and told, where a partition would stand still.

A broker bounds what a producer sends by its compressed size, and 5 kB of zstd may hold 150 MB of
zeros. The client refuses to inflate more than its bound, says so ten times a second, and reads no
further. Finding what follows the batch takes seconds (`edges.batchend`): a thread does it.
"""

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, NamedTuple

from headway.base.errors import DecodeError, TransientError
from headway.edges import kafka
from headway.edges.messages import is_unreadable
from headway.observing import metrics
from headway.owning.flow import Flow
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.taking.task import Task, keyless

logger = logging.getLogger(__name__)

#: Why a partition is paused meanwhile.
REASON: Final = "unreadable"
_PAUSE_SECONDS: Final = 1.0


class _Batch(NamedTuple):
    """Offsets from *first* up to, not including, *end*."""

    partition: OwnedPartition
    first: int
    end: int


class Unreadable:
    """Finds the end of such batches, and hands each on as one task given up; for the loop's thread.

    A partition is paused from the first refusal until all that was begun of it is done: then the
    batch is one offset, its last, whatever number of records it has.
    """

    def __init__(
        self,
        stage: str,
        consumer: kafka.Consumer,
        flow: Flow,
        find_end: Callable[[Place, int], int],
    ) -> None:
        self._consumer = consumer
        self._reason = flow.reason(REASON)
        self._find_end = find_end
        self._looking: set[OwnedPartition] = set()
        self._found: SimpleQueue[_Batch] = SimpleQueue()
        self._waiting: list[_Batch] = []
        self._count = metrics.UNREADABLE_BATCHES.labels(stage)

    def met(self, refused: kafka.Message, partition: OwnedPartition) -> bool:
        """Whether *refused*, an error of the consumer in *partition*, is taken care of here."""
        offset = refused.offset()
        if offset is None or not is_unreadable(refused):
            return False
        if partition not in self._looking:
            self._looking.add(partition)
            self._reason.pause([partition.place])
            threading.Thread(
                target=self._look, args=(partition, offset), name=REASON, daemon=True
            ).start()
        return True

    def advance(self) -> list[Task]:
        """Tasks for batches whose ends are known; their partitions go on behind them."""
        while not self._found.empty():
            self._waiting.append(self._found.get())
        ready = [b for b in self._waiting if b.partition.lost or not b.partition.offsets.pending]
        self._waiting = [batch for batch in self._waiting if batch not in ready]
        self._looking -= {batch.partition for batch in ready}
        return [self._passed(batch) for batch in ready if not batch.partition.lost]

    def _look(self, partition: OwnedPartition, offset: int) -> None:
        while not partition.lost:
            try:
                end = self._find_end(partition.place, offset)
            except (kafka.KafkaException, TransientError) as error:
                logger.warning("batch.unanswered", extra={"error": kafka.describe(error)})
                time.sleep(_PAUSE_SECONDS)
            else:
                self._found.put(_Batch(partition, offset, end))
                return

    def _passed(self, batch: _Batch) -> Task:
        partition, first, end = batch
        topic, index = partition.place
        self._consumer.seek(kafka.TopicPartition(topic, index, end))
        self._reason.resume([partition.place])
        self._count.inc()
        told = {"topic": topic, "partition": index, "first": first, "last": end - 1}
        logger.error("batch.unreadable", extra=told)
        error = DecodeError(
            f"the records {first} to {end - 1} of {topic}[{index}] came in one batch "
            "that a client cannot inflate (its bound is receive.message.max.bytes); they were "
            "passed over, and stay where they are as long as the topic keeps them"
        )
        message = kafka.Message(topic=topic, partition=index, offset=first)
        key = keyless(partition, end - 1)
        return Task(partition, end - 1, message, key, 0, given_up=error)
