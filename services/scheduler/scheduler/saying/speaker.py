"""What lanes have to say, until it is said: gathered, handed over, said again if it was aborted.

Never more than one transaction is under way. Where it is not known what became of one, nothing in
memory can be trusted: everything is dropped, and built anew from what is committed.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.saying.committer import Aborted, Committed, Committer, Lost, Opened
from headway.saying.transaction import Commit
from scheduler.lane.words import Topics
from scheduler.saying.turn import Turn
from scheduler.working.changes import Changes
from scheduler.working.lane import Lane

logger = logging.getLogger(__name__)

#: What nobody waits for is gathered for so long: what is to wait, how far was read.
_ITEMS_SECONDS: Final = 0.2
_OFFSETS_SECONDS: Final = 1.0
#: Pauses after aborted transactions double from the first to the last.
_BACKOFF_SECONDS: Final = 0.05
_LONGEST_BACKOFF_SECONDS: Final = 2.0

#: How a transaction ended, and after how many seconds.
Told = Callable[[str, float | None], None]


class Speaker:
    """For the loop's thread, which never waits here."""

    def __init__(
        self,
        committer: Committer[Turn],
        consumer: kafka.Consumer,
        topics: Topics,
        *,
        told: Told,
        clock: Clock,
    ) -> None:
        self._committer = committer
        self._consumer = consumer
        self._topics = topics
        self._told = told
        self._clock = clock
        self._out: Turn | None = None
        self._again: Turn | None = None
        self._retry_at = 0.0
        self._aborted = 0
        #: Whether a producer was lost, and what is committed has not been asked for since.
        self._anew = True

    def open(self) -> None:
        """Begin to open a producer."""
        self._committer.open()

    def close(self) -> None:
        """Say nothing more; waits for nothing."""
        self._committer.close()

    @property
    def trouble(self) -> str | None:
        """Why nothing gets through; None if all does."""
        if self._anew:
            return "no producer: the cluster does not answer or refuses it"
        return f"{self._aborted} transactions aborted in a row" if self._aborted else None

    @property
    def under_way(self) -> bool:
        """Whether something is being said, or was not said yet."""
        return self._out is not None or self._again is not None

    @property
    def reopened(self) -> bool:
        """Whether a producer is there whose predecessor can commit nothing any more."""
        return self._anew and self._committer.ready

    def go_on(self) -> None:
        """All lanes are taken over anew: what they come to is said."""
        self._anew = False

    def turn(self, lanes: Mapping[int, Lane], *, last: bool = False) -> bool:
        """Take note of what was said, hand over what is ripe; whether everything is lost.

        Whatever is gathered is ripe if it is the *last* time.
        """
        if self._note():
            self._out = self._again = None
            self._anew = True
            self._committer.open()
            return True
        if self._committer.ready and not self._anew and self._clock.monotonic() >= self._retry_at:
            turn, self._again = self._again or self._ripe(lanes, last=last), None
            self._say(turn.of(lanes))
        return False

    def _say(self, turn: Turn) -> None:
        if not turn:
            return
        metadata = self._consumer.consumer_group_metadata()
        if kafka.generation(metadata) < 0:
            self._again = turn  # no member just now: the next polls tell what is lost
            return
        self._out = turn
        self._committer.say(turn, Commit(turn.offsets(self._topics), metadata))

    def _note(self) -> bool:
        match self._committer.result():
            case Committed(_, seconds):
                self._out, self._aborted = None, 0
                self._told("committed", seconds)
            case Aborted(turn, error):
                self._out, self._again = None, turn
                self._aborted += 1
                pause = _BACKOFF_SECONDS * 2.0 ** (self._aborted - 1)
                self._retry_at = self._clock.monotonic() + min(pause, _LONGEST_BACKOFF_SECONDS)
                extra = {"error": str(error), "in_a_row": self._aborted}
                logger.warning("transaction.aborted", extra=extra)
                self._told("aborted", None)
            case Lost(error):
                logger.warning("producer.lost", extra={"error": str(error)})
                self._told("fatal", None)
                return True
            case Opened() | None:
                pass
        return False

    def _ripe(self, lanes: Mapping[int, Lane], *, last: bool) -> Turn:
        now = self._clock.monotonic()
        return Turn(
            [
                (lane, lane.cut())
                for lane in lanes.values()
                if (last and lane.desk.changes)
                or _is_ripe(lane.desk.changes, now)
                or lane.desk.to_tell()
            ]
        )


def _is_ripe(changes: Changes, now: float) -> bool:
    if changes.since is None:
        return False
    waits = _ITEMS_SECONDS if len(changes) else _OFFSETS_SECONDS
    return changes.urgent or now - changes.since >= waits
