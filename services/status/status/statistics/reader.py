"""A thread that reads the windows, from the beginning of their topic on."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from headway.base.errors import DecodeError, TransientError
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import OffsetLost
from headway.following.follower import Follower, Span
from status.aside import Aside
from status.statistics.board import Board

logger = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 0.5
_TURN_SECONDS: Final = 0.2
_BATCH_RECORDS: Final = 1000
_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "earliest",
    "queued_max_messages_kbytes": 4096,
}


@dataclass(kw_only=True)
class StatisticsReader(Aside):
    """A context in which *board* is kept."""

    _name = "statistics"

    options: kafka.Options
    topic: str
    partitions: int
    board: Board

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except (OffsetLost, TransientError, kafka.KafkaException) as error:
                logger.warning("statistics.not_read", extra={"error": kafka.describe(error)})
            except Exception:
                logger.exception("statistics.trouble")
            self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        follower = Follower(
            self.options,
            {self.topic: self.topic},
            _whole,
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )
        with closing(follower):
            for partition in range(self.partitions):
                follower.add((self.topic, partition), 0)
            while not self._stop.is_set():
                batch = follower.read(_TURN_SECONDS)
                batch.check()
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
