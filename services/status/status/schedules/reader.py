"""A thread that reads how rules and windows stand, from the beginning and on.

After trouble it reads anew: what it knew is told meanwhile.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from headway.base.errors import DecodeError, TransientError
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch, OffsetLost
from headway.following.follower import Follower, Span
from headway.wire.codec import Codec
from headway.wire.schedules.rule import rule_in
from headway.wire.schedules.window import window_in
from status.aside import Aside
from status.schedules.board import Board, Standing

logger = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 0.5
#: People read it: what is told at once is gathered.
_TURN_SECONDS: Final = 0.2
_BATCH_RECORDS: Final = 1000
_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "earliest",
    "queued_max_messages_kbytes": 1024,
}


@dataclass(kw_only=True)
class ScheduleReader(Aside):
    """A context; *announce* is called from the thread once all is read, and then on change."""

    _name = "schedules"

    options: kafka.Options
    rules: str
    windows: str
    partitions: int
    codec: Codec
    announce: Callable[[Standing], object]

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except (OffsetLost, TransientError, kafka.KafkaException) as error:
                logger.warning("schedules.not_read", extra={"error": kafka.describe(error)})
            except Exception:
                logger.exception("schedules.trouble")
            self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        topics = {name: name for name in (self.rules, self.windows)}
        follower = Follower(
            self.options, topics, _committed, reading=_READING, most_records=_BATCH_RECORDS
        )
        board, told = Board(), False
        with closing(follower):
            for topic in topics:
                for partition in range(self.partitions):
                    follower.add((topic, partition), 0)
            while not self._stop.is_set():
                batch = follower.read(_TURN_SECONDS)
                batch.check()
                self.hear(batch, board)
                if (len(batch) or not told) and not follower.behind:
                    self.announce(board.standing())
                    told = True

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
