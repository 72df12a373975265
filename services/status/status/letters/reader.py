"""The list's own thread: from the dead-letter topics into its file, whatever the table does.

Trouble ends a session (one client, from assignment to error) and begins another after a moment; the
list goes on answering meanwhile.
"""

import functools
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from headway.base.clock import Clock, SystemClock
from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch, OffsetLost
from headway.following.follower import Follower, Span
from status.aside import Aside
from status.letters.forgetting import Forgetting
from status.letters.letter import Letters
from status.letters.shelf import Shelf
from status.table.damage import is_damage

logger = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.1
_RETRY_SECONDS: Final = 1.0
#: For the batch that is being stored; what is not comes again.
_JOIN_SECONDS: Final = 1.0
#: How often it is looked for letters that Kafka keeps no longer.
_EXPIRE_SECONDS: Final = 60.0
_BATCH_RECORDS: Final = 1000
_READING: Final[Mapping[str, Any]] = {
    "auto_offset_reset": "error",
    # Letters are up to 2 MB each, and of most only the headers are looked at.
    "queued_max_messages_kbytes": 8 * 1024,
}


class LettersAhead(Exception):  # noqa: N818 - names the condition
    """Raised when the list was made of records that Kafka no longer has."""


@dataclass(kw_only=True)
class LetterReader(Aside):
    """A context in which a thread keeps the list; *epoch* names this incarnation of the topics.

    *kept_ms* is for how long each topic keeps its letters, by its name on the cluster; -1 is for
    ever. *tell* is called from the thread with what keeps it from reading, None when it reads.
    """

    _name = "letters"

    options: kafka.Options
    kept_ms: Mapping[str, int]
    partitions: int
    letters: Letters
    shelf: Shelf
    forgetting: Forgetting
    epoch: Callable[[], str]
    tell: Callable[[str | None], object]
    clock: Clock = field(default_factory=SystemClock)

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except LettersAhead as ahead:
                logger.warning("letters.forgotten", extra={"reason": str(ahead)})
                self.shelf.rebuild()
            except (OffsetLost, TransientError, kafka.KafkaException) as error:
                self._wait_out(kafka.describe(error))
            except sqlite3.Error as error:
                self._mend(error)
            except Exception as error:
                logger.exception("letters.trouble")
                self._wait_out(str(error))

    def _mend(self, error: sqlite3.Error) -> None:
        if is_damage(error):
            logger.warning("letters.dropped", extra={"reason": str(error)})
            self.shelf.rebuild()
        else:
            self._wait_out(str(error))

    def _wait_out(self, trouble: str) -> None:
        logger.warning("letters.not_read", extra={"error": trouble})
        self.tell(trouble)
        self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        known = self.shelf.bind(self.epoch())
        spans = functools.partial(_spans, shelf=self.shelf)
        sources = {topic: topic for topic in self.kept_ms}
        follower = Follower(
            self.options, sources, spans, reading=_READING, most_records=_BATCH_RECORDS
        )
        with closing(follower):
            for topic in sources:
                for partition in range(self.partitions):
                    follower.add((topic, partition), known.get((topic, partition), 0))
            self._turn_until_stopped(follower)

    def _turn_until_stopped(self, follower: Follower[str]) -> None:
        expire_at, complete = self.clock.monotonic(), False
        while not self._stop.is_set():
            batch = follower.read(_POLL_SECONDS)
            batch.check()
            self._keep(batch)
            if not complete and not follower.behind:
                self.forgetting.drop()
                self.shelf.complete()
                self.tell(None)
                complete = True
            self.forgetting.look()
            if self.clock.monotonic() >= expire_at:
                self.shelf.expire(self._kept_since())
                self.forgetting.came()
                expire_at = self.clock.monotonic() + _EXPIRE_SECONDS

    def _keep(self, batch: Batch[str]) -> None:
        if batch.offsets:
            messages = [message for topic in self.kept_ms for message in batch.of(topic)]
            self.shelf.keep(map(self.letters.of, messages), batch.offsets)
            if messages:
                self.forgetting.came()

    def _kept_since(self) -> dict[str, int]:
        now_ms = self.clock.now_ms()
        return {topic: now_ms - kept for topic, kept in self.kept_ms.items() if kept >= 0}


def _spans(
    asking: kafka.Consumer, asked: Sequence[kafka.TopicPartition], shelf: Shelf
) -> Mapping[Place, Span]:
    """From each offset, or the first one that is left, to the end of what is committed just now."""
    found = {(at.topic, at.partition): (at.offset, *watermarks(asking, at)) for at in asked}
    for (topic, partition), (offset, _, high) in found.items():
        if offset > high:
            raise LettersAhead(f"{topic}[{partition}] ends at {high}, the list at {offset}")
    shelf.trim({place: low for place, (_, low, _) in found.items()})
    return {place: Span(max(low, offset), high) for place, (offset, low, high) in found.items()}
