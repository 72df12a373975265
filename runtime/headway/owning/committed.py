"""What the group has committed, asked for beside the loop: no call here waits for an answer.

An answer is asked for as "stable": while a transaction of the last owner is open, nobody knows
yet whether its offsets count. Each partition is asked about by itself, so one that has to wait
holds up no other. An error is never an answer: it is asked again until there is one.
"""

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

from headway.base.clock import Clock
from headway.edges import kafka
from headway.edges.groupreaders import GroupReader, Question

logger = logging.getLogger(__name__)

#: How long the first call about a partition may take, and any. An open transaction of an owner
#: that lives ends within milliseconds, one of a dead owner after its timeout.
_FIRST_CALL_SECONDS: Final = 0.25
_LONGEST_CALL_SECONDS: Final = 2.0
#: After an error there is a pause, doubled from the first to the last.
_PAUSE_SECONDS: Final = 0.01
_LONGEST_PAUSE_SECONDS: Final = 0.25
_MOST_DOUBLED: Final = 10


class Readers(Protocol):
    """Those who ask: `headway.edges.groupreaders`."""

    def ask(self, question: Question) -> None: ...
    def look(self) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class _Asked:
    """What one partition is asked; *waits* says since how many questions it waits."""

    answer: Future[kafka.TopicPartition]
    waits: int


class CommittedOffsets:
    """Committed offsets of one group and topic; for the loop's thread only."""

    def __init__(self, readers: Readers, topic: str, *, clock: Clock) -> None:
        self._readers = readers
        self._topic = topic
        self._clock = clock
        self._asked: dict[int, _Asked] = {}
        self._again: dict[int, tuple[float, int]] = {}
        #: Why an answer is late, by partition; empty while nothing is wrong.
        self.trouble: dict[int, str] = {}

    def close(self) -> None:
        """Ask no more."""
        self._readers.close()

    def ask(self, indexes: Iterable[int]) -> None:
        """Ask for *indexes*; answers to an earlier question about them do not count any more."""
        self._send(dict.fromkeys(indexes, 0))

    def forget(self, indexes: Iterable[int]) -> None:
        """Nobody wants the answers for *indexes* any more."""
        for index in indexes:
            self._asked.pop(index, None)
            self._again.pop(index, None)
            self.trouble.pop(index, None)

    def answers(self) -> list[kafka.TopicPartition]:
        """What has been answered since the last call; an offset below 0: nothing is committed."""
        self._readers.look()
        done = {index: asked for index, asked in self._asked.items() if asked.answer.done()}
        found = [self._read(index, asked) for index, asked in done.items()]
        now = self._clock.monotonic()
        due = {index: waits for index, (at, waits) in self._again.items() if at <= now}
        if due:
            self._send(due)
        return [place for place in found if place is not None]

    def _send(self, waits: dict[int, int]) -> None:
        self.forget(waits.keys() - self._again.keys())
        for index, count in waits.items():
            self._again.pop(index, None)
            self._asked[index] = asked = _Asked(Future(), count)
            self._readers.ask(_question(kafka.TopicPartition(self._topic, index), asked))

    def _read(self, index: int, asked: _Asked) -> kafka.TopicPartition | None:
        try:
            place = asked.answer.result()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
            self._wait(index, asked.waits, kafka.describe(error))
            return None
        if place.error is not None:
            reason = kafka.describe(kafka.KafkaException(place.error))
            self._wait(index, asked.waits, reason)
            return None
        self.forget([index])
        return place

    def _wait(self, index: int, waits: int, reason: str) -> None:
        if self.trouble.get(index) != reason:
            logger.info("committed.waits", extra={"partition": index, "error": reason})
        self.trouble[index] = reason
        self._asked.pop(index, None)
        pause = _doubled(_PAUSE_SECONDS, waits, _LONGEST_PAUSE_SECONDS)
        self._again[index] = (self._clock.monotonic() + pause, waits + 1)


def _question(place: kafka.TopicPartition, asked: _Asked) -> Question:
    timeout = _doubled(_FIRST_CALL_SECONDS, asked.waits, _LONGEST_CALL_SECONDS)

    def ask(reader: GroupReader) -> bool:
        try:
            (found,) = reader.committed([place], timeout=timeout)
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            asked.answer.set_exception(error)
            return False
        asked.answer.set_result(found)
        return True

    return ask


def _doubled(first: float, times: int, most: float) -> float:
    return min(first * 2.0 ** min(times, _MOST_DOUBLED), most)
