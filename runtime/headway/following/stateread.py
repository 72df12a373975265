"""The state topic read to its end, partition by partition: what the index of jobs is made of.

Where the end is, is asked when a partition begins to be read. Records of transactions that were
open then are waited for: what they say is in the index, or was aborted.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from headway.base.errors import DecodeError, UnknownSchema
from headway.edges import kafka
from headway.edges.admin import ends
from headway.edges.messages import is_end_of_partition
from headway.following.seen import Seen
from headway.wire.codec import Codec
from headway.wire.records import job_id_from

logger = logging.getLogger(__name__)


class Owner(Protocol):
    """Whoever wants the index of a partition, for as long as it is not `lost`."""

    @property
    def index(self) -> int: ...
    @property
    def lost(self) -> bool: ...


_FIELDS: Final = ("attempt", "submitted_offset", "stage_index", "step", "terminal")
_BATCH_RECORDS: Final = 10_000
_POLL_SECONDS: Final = 0.05
_CONNECT_SECONDS: Final = 1.0
#: After the cluster's error about one partition.
_PAUSE_SECONDS: Final = 0.5
#: A record of a newer release is met again until this process is replaced by that release.
_UNKNOWN_PAUSE_SECONDS: Final = 5.0


class Noting:
    """What a state record means to the index of one stage; counted from 1."""

    def __init__(self, codec: Codec, record: str, stage_index: int) -> None:
        self._decode = codec.head(record, *_FIELDS)
        self._stage_index = stage_index

    def __call__(self, message: kafka.Message, seen: Seen) -> None:
        """Take one record into *seen*.

        Raises:
            UnknownSchema: a newer release wrote it; what it says must not be missed.
        """
        job_id = job_id_from(message.key())
        if job_id is None:
            return
        state = self._read(job_id, message.value())
        if state is None:
            seen.forget(job_id)
            return
        attempt = state["attempt"]
        if state["terminal"] or (state["stage_index"], state["step"]) > (self._stage_index, 0):
            seen.settle(job_id, attempt)
        elif self._stage_index == 1:
            seen.open(job_id, attempt, state["submitted_offset"])
        else:
            # The stage before hands this attempt over: what is of one below comes too late.
            seen.settle(job_id, attempt - 1)

    def _read(self, job_id: str, value: bytes | None) -> dict[str, Any] | None:
        try:
            return None if value is None else self._decode(value)
        except UnknownSchema:
            raise
        except DecodeError as error:
            logger.warning("seen.undecodable", extra={"job_id": job_id, "error": str(error)})
            return None


@dataclass(slots=True, eq=False)
class _Load:
    """One partition on its way to *end*; it is being read, or begins at *due* (monotonic s)."""

    owner: Owner
    seen: Seen = field(default_factory=Seen)
    offset: int = kafka.OFFSET_BEGINNING
    end: int | None = None
    due: float = 0.0
    trouble: str = ""


class Reading:
    """Partitions of the state topic being read by one client; for one thread, which it blocks."""

    def __init__(self, options: kafka.Options, topic: str, note: Noting) -> None:
        self._topic = topic
        self._note = note
        self._loads: dict[int, _Load] = {}
        self._admin = kafka.admin_client(options)
        # That the end is reached comes with an answer to a fetch, which an empty one delays.
        self._consumer = kafka.consumer(options, enable_partition_eof=True, fetch_wait_max_ms=10)

    def __bool__(self) -> bool:
        return bool(self._loads)

    def connect(self) -> None:
        """Connect to where the first partition lies; others do not wait for one without leader."""
        with suppress(kafka.KafkaException):
            place = kafka.TopicPartition(self._topic, 0)
            self._consumer.get_watermark_offsets(place, timeout=_CONNECT_SECONDS)

    def add(self, owner: Owner) -> None:
        """Read for *owner*, instead of an earlier owner of the same partition."""
        self._drop(owner.index)
        self._loads[owner.index] = _Load(owner)

    def owners(self) -> list[Owner]:
        return [load.owner for load in self._loads.values()]

    def trouble(self) -> dict[int, str]:
        """Why a partition is late, where something is wrong."""
        return {index: load.trouble for index, load in self._loads.items() if load.trouble}

    def completed(self) -> Iterator[tuple[Owner, Seen]]:
        """Read a little; whoever's index is complete."""
        for index in [i for i, load in self._loads.items() if load.owner.lost]:
            self._drop(index)
        self._begin_due()
        if not self._loads:
            return
        first = self._consumer.poll(_POLL_SECONDS)
        rest = self._consumer.consume(_BATCH_RECORDS, timeout=0) if first is not None else []
        for message in [first, *rest] if first is not None else []:
            load = self._loads.get(message.partition() or 0)
            if load is not None and load.end is not None and self._completes(message, load):
                self._drop(load.owner.index)
                yield load.owner, load.seen

    def close(self) -> None:
        self._consumer.close()

    def _begin_due(self) -> None:
        now = time.monotonic()
        due = [load for load in self._loads.values() if load.end is None and load.due <= now]
        if not due:
            return
        places = {load.owner.index: load for load in due}
        asked = [(self._topic, index) for index in places]
        found = ends(self._admin, asked, kafka.IsolationLevel.READ_UNCOMMITTED)
        for index, load in places.items():
            load.end = found.get((self._topic, index))
            if load.end is None:
                self._pause(load, "no answer about the end of the job states", _PAUSE_SECONDS)
        self._consumer.incremental_assign(
            [
                kafka.TopicPartition(self._topic, load.owner.index, load.offset)
                for load in due
                if load.end is not None
            ]
        )

    def _completes(self, message: kafka.Message, load: _Load) -> bool:
        """Take *message* into the index; whether it is the notice that the end is reached."""
        offset, error = message.offset(), message.error()
        if error is None:
            try:
                self._note(message, load.seen)
            except UnknownSchema as unknown:
                load.offset = kafka.OFFSET_BEGINNING if offset is None else offset
                self._pause(load, str(unknown), _UNKNOWN_PAUSE_SECONDS)
            return False
        if not is_end_of_partition(message):
            load.seen, load.offset = Seen(), kafka.OFFSET_BEGINNING
            self._pause(load, kafka.describe(kafka.KafkaException(error)), _PAUSE_SECONDS)
            return False
        # The end of what is committed may lie before the high watermark while a transaction is
        # open; the index is complete only when that transaction has ended and was read.
        return offset is not None and load.end is not None and offset >= load.end

    def _pause(self, load: _Load, trouble: str, seconds: float) -> None:
        if trouble != load.trouble:
            extra = {"partition": load.owner.index, "error": trouble}
            logger.warning("seen.waits", extra=extra)
        load.trouble = trouble
        self._unassign(load)
        load.due = time.monotonic() + seconds

    def _drop(self, index: int) -> None:
        load = self._loads.pop(index, None)
        if load is not None:
            self._unassign(load)

    def _unassign(self, load: _Load) -> None:
        if load.end is not None:
            place = kafka.TopicPartition(self._topic, load.owner.index)
            self._consumer.incremental_unassign([place])
            load.end = None
