"""A thread that reads the windows, from the beginning of their topic on."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headway.base.errors import DecodeError
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch
from headway.following.follower import Span, Spans
from status.listening import Listening
from status.statistics.board import Board

logger = logging.getLogger(__name__)

_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "earliest",
    "queued_max_messages_kbytes": 4096,
}


@dataclass(kw_only=True)
class StatisticsReader(Listening):
    """A context in which *board* is kept."""

    _name = "statistics"
    _reading = _READING

    topic: str
    board: Board

    def _topics(self) -> tuple[str, ...]:
        return (self.topic,)

    def _spans(self) -> Spans:
        return _whole

    def _take(self, batch: Batch[str], *, behind: bool) -> None:
        del behind
        for message in batch.of(self.topic):
            self.hear(message)

    def hear(self, message: kafka.Message) -> None:
        """Take one record; what is none is passed over."""
        try:
            self.board.hear(message.key(), message.value())
        except DecodeError as error:
            logger.warning("statistics.left_out", extra={"error": str(error)})


def _whole(asking: kafka.Consumer, asked: Sequence[kafka.TopicPartition]) -> Mapping[Place, Span]:
    """What is read twice, after trouble, changes nothing."""
    return {(at.topic, at.partition): Span(*watermarks(asking, at)) for at in asked}
