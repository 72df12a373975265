"""What the client gives, taken to the lanes: the newest state of each job, and every order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from headway.base.clock import Clock
from headway.base.errors import DecodeError, UnknownSchema
from headway.edges import kafka
from headway.edges.messages import is_out_of_range, is_unreadable
from headway.owning.place import Place, named, told
from headway.wire.records import job_id_from
from scheduler.lane.words import Words
from scheduler.working.lane import Lane

logger = logging.getLogger(__name__)

#: A record of a newer release is met again until this process is replaced by that release.
_UNKNOWN_PAUSE_SECONDS: Final = 5.0

#: Where a batch ends that no client inflates: `headway.edges.batchend`.
EndOfBatch = Callable[[Place, int], int]


class Hearing:
    """For the loop's thread; blocks only while a batch is passed over that nobody can read."""

    def __init__(
        self, consumer: kafka.Consumer, words: Words, *, end_of_batch: EndOfBatch, clock: Clock
    ) -> None:
        self._consumer = consumer
        self._words = words
        self._end_of_batch = end_of_batch
        self._clock = clock
        #: Places that wait for a newer release: until when (monotonic s), from where, and why.
        self._unknown: dict[Place, tuple[float, int, str]] = {}

    @property
    def trouble(self) -> str | None:
        """Why a place is not read on; None if all are."""
        waits = [f"{named(place)}: {why}" for place, (_, _, why) in self._unknown.items()]
        return "; ".join(waits) or None

    def take(self, lanes: Mapping[int, Lane], messages: Sequence[kafka.Message]) -> None:
        """Take *messages* to their lanes; those of lanes that are not ours are dropped."""
        self._go_on(lanes)
        states: dict[int, list[kafka.Message]] = {}
        for message in messages:
            index = message.partition() or 0
            lane = lanes.get(index)
            if lane is None or (message.topic(), index) in self._unknown:
                continue
            if message.error() is not None:
                self._note(lane, message)
            elif message.topic() == self._words.topics.states:
                states.setdefault(index, []).append(message)
            else:
                self._order(lane, message)
        for index, batch in states.items():
            self._states(lanes[index], batch)

    def _states(self, lane: Lane, batch: Sequence[kafka.Message]) -> None:
        """Of each job the last one is the truth, as it is after compaction."""
        newest: dict[bytes, kafka.Message] = {}
        for message in batch:
            key = message.key() or b""
            newest.pop(key, None)
            newest[key] = message
        for message in newest.values():
            if not self._state(lane, message):
                return
        lane.passed((batch[-1].offset() or 0) + 1)

    def _state(self, lane: Lane, message: kafka.Message) -> bool:
        """Whether whatever comes behind it may be read."""
        offset = message.offset() or 0
        job_id = job_id_from(message.key())
        if job_id is None:
            return True
        if message.value() is None:
            lane.hear_gone(job_id, offset)
            return True
        try:
            lane.hear(self._words.job(message))
        except UnknownSchema as unknown:
            self._wait(message, unknown)
            return False
        except DecodeError as error:
            place = (message.topic() or "", message.partition() or 0)
            extra = {**told(place), "offset": offset, "error": str(error)}
            logger.warning("state.unreadable", extra=extra)
        return True

    def _order(self, lane: Lane, message: kafka.Message) -> None:
        order = None
        try:
            order = self._words.order(message)
        except DecodeError as error:
            logger.warning("order.unreadable", extra={"error": str(error)})
        lane.obey(order, message.offset() or 0)

    def _note(self, lane: Lane, message: kafka.Message) -> None:
        topic, index = message.topic() or "", message.partition() or 0
        if is_out_of_range(message):
            # The log is another one than was committed: what was heard of it is heard again.
            logger.error("offsets.reset", extra=told((topic, index)))
            self._seek((topic, index), kafka.OFFSET_BEGINNING)
            if topic == self._words.topics.states:
                lane.desk.read_to = 0
        elif is_unreadable(message):
            end = self._end_of_batch((topic, index), message.offset() or 0)
            logger.error("batch.unreadable", extra={**told((topic, index)), "end": end})
            self._seek((topic, index), end)
        else:
            error = message.error()
            logger.warning("client.notice", extra={"error": error.str() if error else ""})

    def _wait(self, message: kafka.Message, unknown: UnknownSchema) -> None:
        place, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
        if place not in self._unknown:
            logger.warning("state.waits", extra={**told(place), "error": str(unknown)})
        due = self._clock.monotonic() + _UNKNOWN_PAUSE_SECONDS
        self._unknown[place] = due, offset, str(unknown)
        self._consumer.pause([kafka.TopicPartition(*place)])

    def _go_on(self, lanes: Mapping[int, Lane]) -> None:
        """Look again at what was not known."""
        now = self._clock.monotonic()
        for place, (due, offset, _) in list(self._unknown.items()):
            if place[1] not in lanes:
                del self._unknown[place]
            elif due <= now:
                del self._unknown[place]
                self._seek(place, offset)
                self._consumer.resume([kafka.TopicPartition(*place)])

    def _seek(self, place: Place, offset: int) -> None:
        self._consumer.incremental_unassign([kafka.TopicPartition(*place)])
        self._consumer.incremental_assign([kafka.TopicPartition(*place, offset)])
