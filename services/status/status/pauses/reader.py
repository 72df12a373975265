"""A thread that listens to the reports of stages, from now on, and tells what has changed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from headway.base.clock import Clock, SystemClock
from headway.base.errors import DecodeError
from headway.base.words import bounded
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch
from headway.following.follower import Span, Spans
from headway.wire.codec import Codec
from status.listening import Listening
from status.pauses.board import Board, Pause

logger = logging.getLogger(__name__)

_MOST_NAME_CHARACTERS: Final = 200
#: Of one report; a stage has a handful of reasons.
_MOST_PAUSES: Final = 50
_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "latest",
    "queued_max_messages_kbytes": 1024,
}


@dataclass(kw_only=True)
class PauseReader(Listening):
    """A context; *announce* is called from the thread, first when it listens and then on change."""

    _name = "pauses"
    _reading = _READING

    topic: str
    codec: Codec
    announce: Callable[[tuple[Pause, ...]], object]
    clock: Clock = field(default_factory=SystemClock)
    board: Board = field(default_factory=Board)
    _told: tuple[Pause, ...] | None = None

    def _topics(self) -> tuple[str, ...]:
        return (self.topic,)

    def _spans(self) -> Spans:
        return _from_now_on

    def _take(self, batch: Batch[str], *, behind: bool) -> None:
        del behind
        for message in batch.of(self.topic):
            self.hear(message)
        self.tell()

    def _troubled(self) -> None:
        """What is believed wears off also while nobody is heard."""
        if self._told is not None:
            self.tell()

    def hear(self, message: kafka.Message) -> None:
        """Take one report; what is none is passed over."""
        try:
            value = self.codec.decode(message.value(), "stage-report")
        except DecodeError as error:
            logger.warning("report.left_out", extra={"error": str(error)})
            return
        stage, instance = _name(value["stage"]), _name(value["instance"])
        pauses = tuple(
            Pause(stage, instance, _name(p["reason"]), p["since"], p["partitions"])
            for p in value["pauses"][:_MOST_PAUSES]
        )
        self.board.hear(stage, instance, pauses, self.clock.monotonic())

    def tell(self) -> None:
        """Announce what stands, if it is not what was announced last."""
        standing = self.board.standing(self.clock.monotonic())
        if standing != self._told:
            self._told = standing
            self.announce(standing)


def _name(text: str) -> str:
    return bounded(text, _MOST_NAME_CHARACTERS)


def _from_now_on(
    asking: kafka.Consumer, asked: Sequence[kafka.TopicPartition]
) -> Mapping[Place, Span]:
    """What was reported before is reported again within a second, if it is still so."""
    ends = {(at.topic, at.partition): watermarks(asking, at)[1] for at in asked}
    return {place: Span(end, end) for place, end in ends.items()}
