"""Which jobs a partition has opened before: how the first stage drops a duplicate submission.

Every state of a job carries the offset of the submission that opened it, so the state topic is
the index: a record of a known job at another offset is a duplicate; at the same offset it is that
very record come again after a crash, unless the state says that this stage is through with it.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue

from headway import kafka
from headway.codec import Codec
from headway.errors import DecodeError, StageHalted
from headway.owned import OwnedPartition
from headway.records import job_id_from

logger = logging.getLogger(__name__)

Seen = dict[str, int]
#: Stands for the opening offset of a job that the first stage is through with: no record of it
#: is to be handled again, not even the one that opened it, wherever the group's offsets are moved.
SETTLED = -2
_BATCH_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The index of a partition as it was when *owner* took it over; of no use to any other."""

    owner: OwnedPartition
    seen: Seen


class SeenLoader:
    """Reads partitions of the state topic in a thread of its own, so the loop goes on polling."""

    def __init__(self, options: kafka.Options, topic: str, codec: Codec, *, record: str) -> None:
        self._options = options
        self._topic = topic
        self._decode = codec.head(record, "submitted_offset", "stage_index", "step")
        self._loaded: SimpleQueue[Loaded | StageHalted] = SimpleQueue()
        self._stop = threading.Event()

    def start(self, owners: Iterable[OwnedPartition]) -> None:
        """Begin to load for *owners*; each comes out of `loaded` when it is complete."""
        by_index = {owner.index: owner for owner in owners}
        threading.Thread(target=self._load, args=(by_index,), name="seen", daemon=True).start()

    def loaded(self) -> list[Loaded]:
        """Partitions completed since the last call; never blocks.

        Raises:
            StageHalted: loading failed for a reason that will not pass.
        """
        done: list[Loaded] = []
        while not self._loaded.empty():
            item = self._loaded.get_nowait()
            if isinstance(item, StageHalted):
                raise item
            done.append(item)
        return done

    def close(self) -> None:
        self._stop.set()

    def _load(self, owners: dict[int, OwnedPartition]) -> None:
        while not self._stop.is_set():
            try:
                for index, seen in self._read(owners):
                    self._loaded.put(Loaded(owners[index], seen))
            except kafka.KafkaException as error:
                logger.warning("seen.retry", extra={"error": kafka.describe(error)})
                self._stop.wait(1.0)
            except Exception as error:  # noqa: BLE001 - a dead thread must not go unnoticed
                self._loaded.put(StageHalted(f"the index of jobs cannot be loaded: {error!r}"))
                return
            else:
                return

    def _read(self, partitions: Iterable[int]) -> Iterator[tuple[int, Seen]]:
        """The index of each partition, as soon as it is complete."""
        ends = kafka.end_offsets(self._options, self._topic, partitions)
        found: dict[int, Seen] = {partition: {} for partition in partitions}
        consumer = kafka.consumer(self._options, enable_partition_eof=True)
        try:
            wanted = {partition for partition, end in ends.items() if end > 0}
            yield from ((partition, {}) for partition in ends.keys() - wanted)
            consumer.assign(
                [
                    kafka.TopicPartition(self._topic, partition, kafka.OFFSET_BEGINNING)
                    for partition in wanted
                ]
            )
            while wanted and not self._stop.is_set():
                for message in consumer.consume(_BATCH_RECORDS, timeout=0.1):
                    index = message.partition()
                    # What was handed over is no longer this thread's to write to.
                    if index in wanted and self._completes(message, ends[index], found[index]):
                        wanted.discard(index)
                        yield index, found[index]
        finally:
            consumer.close()

    def _completes(self, message: kafka.Message, end: int, seen: Seen) -> bool:
        """Take *message* into *seen*; whether it is the notice that *end* is reached."""
        if message.error() is None:
            self._note(message, seen)
            return False
        if not kafka.is_end_of_partition(message):
            raise kafka.KafkaException(message.error())
        # The end of what is committed may lie before the high watermark while a transaction is
        # open; the index is complete only when that transaction has ended and was read.
        offset = message.offset()
        return offset is not None and offset >= end

    def _note(self, message: kafka.Message, seen: Seen) -> None:
        job_id = job_id_from(message.key())
        if job_id is None:
            return
        value = message.value()
        if value is None:
            seen.pop(job_id, None)
            return
        try:
            state = self._decode(value)
        except DecodeError as error:
            logger.warning("seen.undecodable", extra={"job_id": job_id, "error": str(error)})
        else:
            over = state["stage_index"] > 1 or state["step"] > 0
            seen[job_id] = SETTLED if over else state["submitted_offset"]
