"""The states that matter read to their end, by partition: what the index of jobs is made of.

Records of transactions that are open when a partition begins to be read are waited for: what they
say is in the index, or was aborted.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from headway.base.errors import DecodeError, UnknownSchema
from headway.edges import kafka
from headway.following.follower import PAUSE_SECONDS, Follower
from headway.following.horizon import Horizon, Owner
from headway.following.jobindex import JobIndex
from headway.wire.codec import Codec
from headway.wire.records import job_id_from

logger = logging.getLogger(__name__)


_FIELDS: Final = ("attempt", "submitted_offset", "stage_index", "step", "terminal")
_BATCH_RECORDS: Final = 10_000
_POLL_SECONDS: Final = 0.05
#: That the end is reached comes with an answer to a fetch, which an empty one delays.
_READING: Final = {"fetch_wait_max_ms": 10}
#: A record of a newer release is met again until this process is replaced by that release.
_UNKNOWN_PAUSE_SECONDS: Final = 5.0


class Noting:
    """What a state record means to the index of one stage; counted from 1."""

    def __init__(self, codec: Codec, record: str, stage_index: int) -> None:
        self._decode = codec.head(record, *_FIELDS)
        self._stage_index = stage_index

    def __call__(self, message: kafka.Message, jobs: JobIndex) -> None:
        """Take one record into *jobs*.

        Raises:
            UnknownSchema: a newer release wrote it; what it says must not be missed.
        """
        job_id = job_id_from(message.key())
        if job_id is None:
            return
        state = self._read(job_id, message.value())
        if state is None:
            jobs.forget(job_id)
            return
        attempt = state["attempt"]
        if state["terminal"] or (state["stage_index"], state["step"]) > (self._stage_index, 0):
            jobs.settle(job_id, attempt)
        elif self._stage_index == 1:
            jobs.open(job_id, attempt, state["submitted_offset"])
        else:
            # The stage before hands this attempt over: what is of one below comes too late.
            jobs.settle(job_id, attempt - 1)

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
    """What is known of one partition on its way to the end."""

    owner: Owner
    jobs: JobIndex


class Reading:
    """Partitions of the state topic being read by one client; for one thread, which it blocks."""

    def __init__(
        self,
        options: kafka.Options,
        topic: str,
        note: Noting,
        horizon: Horizon,
        make: Callable[[], JobIndex],
    ) -> None:
        """*horizon* says from where states are read, *make* an index that knows nothing."""
        self._topic = topic
        self._note = note
        self._horizon = horizon
        self._make = make
        self._loads: dict[int, _Load] = {}
        self._told: dict[int, str] = {}
        self._follower = Follower(
            options,
            {topic: topic},
            horizon.spans(options),
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )

    def __bool__(self) -> bool:
        return bool(self._loads)

    def connect(self) -> None:
        """Connect, so that the first partition need not."""
        self._follower.connect(self._topic)

    def add(self, owner: Owner) -> None:
        """Read for *owner*, instead of an earlier owner of the same partition."""
        self._loads[owner.index] = _Load(owner, self._make())
        self._follower.add((self._topic, owner.index), kafka.OFFSET_BEGINNING)

    def owners(self) -> list[Owner]:
        return [load.owner for load in self._loads.values()]

    def trouble(self) -> dict[int, str]:
        """Why a partition is late, where something is wrong."""
        return {index: why for (_, index), why in self._follower.trouble.items()}

    def completed(self) -> Iterator[tuple[Owner, JobIndex]]:
        """Read a little; whoever's index is complete."""
        self._horizon.forget_lost()
        for index in [i for i, load in self._loads.items() if load.owner.lost]:
            self._drop(index)
        batch = self._follower.read(_POLL_SECONDS)
        self._take(batch.of(self._topic))
        for (_, index), fault in batch.faults.items():
            self._loads[index].jobs = self._make()
            why = kafka.describe(fault)
            self._hold(index, kafka.OFFSET_BEGINNING, why, PAUSE_SECONDS)
        self._tell()
        behind = self._follower.behind
        for index in [i for i in self._loads if (self._topic, i) not in behind]:
            load = self._drop(index)
            yield load.owner, load.jobs

    def close(self) -> None:
        self._follower.close()

    def _take(self, messages: list[kafka.Message]) -> None:
        """Take *messages* into the indexes, of each partition up to what is unknown here."""
        loads, last = dict(self._loads), dict[int, kafka.Message]()
        for message in messages:
            index = message.partition() or 0
            load = loads.get(index)
            if load is None:
                continue
            try:
                self._note(message, load.jobs)
                last[index] = message
            except UnknownSchema as unknown:
                del loads[index]
                self._hold(index, message.offset() or 0, str(unknown), _UNKNOWN_PAUSE_SECONDS)
        for index, message in last.items():
            self._loads[index].jobs.dated(message.timestamp()[1])

    def _hold(self, index: int, offset: int, why: str, seconds: float) -> None:
        self._follower.hold((self._topic, index), offset, why, seconds)

    def _tell(self) -> None:
        trouble = self.trouble()
        for index, why in trouble.items():
            if why != self._told.get(index):
                logger.warning("seen.waits", extra={"partition": index, "error": why})
        self._told = trouble

    def _drop(self, index: int) -> _Load:
        self._follower.drop((self._topic, index))
        return self._loads.pop(index)
