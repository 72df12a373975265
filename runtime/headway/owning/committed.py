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
from headway.owning.place import Place, told

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
    """Committed offsets of one group; for the loop's thread only."""

    def __init__(self, readers: Readers, *, clock: Clock) -> None:
        self._readers = readers
        self._clock = clock
        self._asked: dict[Place, _Asked] = {}
        self._again: dict[Place, tuple[float, int]] = {}
        #: Why an answer is late, by partition; empty while nothing is wrong.
        self.trouble: dict[Place, str] = {}

    def close(self) -> None:
        """Ask no more."""
        self._readers.close()

    def ask(self, places: Iterable[Place]) -> None:
        """Ask for *places*; answers to an earlier question about them do not count any more."""
        self._send(dict.fromkeys(places, 0))

    def forget(self, places: Iterable[Place]) -> None:
        """Nobody wants the answers for *places* any more."""
        for place in places:
            self._asked.pop(place, None)
            self._again.pop(place, None)
            self.trouble.pop(place, None)

    def answers(self) -> list[kafka.TopicPartition]:
        """What has been answered since the last call; an offset below 0: nothing is committed."""
        self._readers.look()
        done = {place: asked for place, asked in self._asked.items() if asked.answer.done()}
        found = [self._read(place, asked) for place, asked in done.items()]
        now = self._clock.monotonic()
        due = {place: waits for place, (at, waits) in self._again.items() if at <= now}
        if due:
            self._send(due)
        return [each for each in found if each is not None]

    def _send(self, waits: dict[Place, int]) -> None:
        self.forget(waits.keys() - self._again.keys())
        for place, count in waits.items():
            self._again.pop(place, None)
            self._asked[place] = asked = _Asked(Future(), count)
            self._readers.ask(_question(kafka.TopicPartition(*place), asked))

    def _read(self, place: Place, asked: _Asked) -> kafka.TopicPartition | None:
        try:
            found = asked.answer.result()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
            self._wait(place, asked.waits, kafka.describe(error))
            return None
        if found.error is not None:
            reason = kafka.describe(kafka.KafkaException(found.error))
            self._wait(place, asked.waits, reason)
            return None
        self.forget([place])
        return found

    def _wait(self, place: Place, waits: int, reason: str) -> None:
        if self.trouble.get(place) != reason:
            logger.info("committed.waits", extra={**told(place), "error": reason})
        self.trouble[place] = reason
        self._asked.pop(place, None)
        pause = _doubled(_PAUSE_SECONDS, waits, _LONGEST_PAUSE_SECONDS)
        self._again[place] = (self._clock.monotonic() + pause, waits + 1)


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
