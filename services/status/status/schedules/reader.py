"""A thread that reads how rules and windows stand, from the beginning and on.

After trouble it reads anew: what it knew is told meanwhile.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from headway.base.errors import DecodeError
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch
from headway.following.follower import Span, Spans
from headway.wire.codec import Codec
from headway.wire.schedules.rule import rule_in
from headway.wire.schedules.window import window_in
from status.listening import Listening
from status.schedules.board import Board, Standing

logger = logging.getLogger(__name__)

_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "earliest",
    "queued_max_messages_kbytes": 1024,
}


@dataclass(kw_only=True)
class ScheduleReader(Listening):
    """A context; *announce* is called from the thread once all is read, and then on change."""

    _name = "schedules"
    _reading = _READING

    rules: str
    windows: str
    codec: Codec
    announce: Callable[[Standing], object]
    _board: Board = field(default_factory=Board)
    _told: bool = False

    def _topics(self) -> tuple[str, ...]:
        return (self.rules, self.windows)

    def _spans(self) -> Spans:
        return _committed

    def _begin(self) -> None:
        self._board, self._told = Board(), False

    def _take(self, batch: Batch[str], *, behind: bool) -> None:
        self.hear(batch, self._board)
        if (len(batch) or not self._told) and not behind:
            self.announce(self._board.standing())
            self._told = True

    def hear(self, batch: Batch[str], board: Board) -> None:
        """Take what *batch* says; what is none of our records is passed over."""
        for message in batch.of(self.rules):
            self._hear(message, lambda data: rule_in(self.codec, data), board.rules)
        for message in batch.of(self.windows):
            self._hear(message, lambda data: window_in(self.codec, data), board.windows)

    def _hear(self, message: kafka.Message, read: Callable[[bytes], Any], lanes: Any) -> None:
        data, name = message.value(), (message.key() or b"").decode(errors="replace")
        try:
            lanes.hear(name, message.partition() or 0, None if data is None else read(data))
        except DecodeError as error:
            logger.warning("schedule.left_out", extra={"key": name, "error": str(error)})


def _committed(
    asking: kafka.Consumer, asked: Sequence[kafka.TopicPartition]
) -> Mapping[Place, Span]:
    """From the first record that is left to the end of what is committed just now."""
    found = {(at.topic, at.partition): (at.offset, *watermarks(asking, at)) for at in asked}
    return {place: Span(max(at, low), high) for place, (at, low, high) in found.items()}
