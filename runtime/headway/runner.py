"""The one loop of a stage: poll, hand to the workers, gather what they did, commit a frame.

A frame goes out as soon as a job has finished; while it is being committed the workers go on,
so under load frames grow by themselves. A job that has only started waits `_LINGER_SECONDS` for
its end: a quick job then needs one frame, not two.
"""

import logging
from collections import Counter, deque
from typing import Final

from headway import metrics
from headway.assembly import Assembly
from headway.errors import StageHalted
from headway.frame import Frame
from headway.kafka import generation
from headway.tasks import Dropped, Duplicate, Failed, Finished, Task
from headway.transaction import Commit, FrameAborted, ProducerLost

logger = logging.getLogger(__name__)

#: Longest wait for a record when nothing is at work; bounds how late a signal is noticed.
_IDLE_SECONDS: Final = 0.1
#: Longest wait for a worker before the next poll: what a record may wait while jobs run.
_TURN_SECONDS: Final = 0.004
#: A handler that ends within this time is told of once; a longer one's start is told first.
_LINGER_SECONDS: Final = 0.01
_FRAME_RECORDS: Final = 5000
#: Pauses after aborted frames double from the first to the last.
_BACKOFF_SECONDS: Final = 0.05
_LONGEST_BACKOFF_SECONDS: Final = 2.0
#: More producers lost than this within the time, and the process gives up: two instances of one
#: id bar each other for ever, with commits between.
_MOST_LOST: Final = 5
_LOST_WITHIN_SECONDS: Final = 60.0

_OUTCOMES: Final = {
    Finished: "done",
    Failed: "failed",
    Duplicate: "duplicate",
    Dropped: "abandoned",
}


class StageRunner:
    """Runs one stage; every method is for one thread, which they block."""

    def __init__(self, assembly: Assembly) -> None:
        self._parts = assembly
        self._frame = Frame()
        self._aborted = 0
        self._lost_at: deque[float] = deque(maxlen=_MOST_LOST)
        self._retry_at = 0.0
        self._broken: ProducerLost | None = None
        assembly.assignment.before_revoke = self._last_word
        self._counts = {
            kind: metrics.RECORDS.labels(assembly.name, outcome)
            for kind, outcome in _OUTCOMES.items()
        }

    def start(self) -> None:
        """Open the producer, then join the group.

        Raises:
            ProducerLost: the cluster did not answer.
        """
        self._parts.sink.open()
        self._parts.assignment.subscribe()

    def turn(self) -> None:
        """One turn of the loop; at most about a tenth of a second when there is nothing to do.

        Raises:
            StageHalted: the stage cannot go on; the process must end.
        """
        parts = self._parts
        busy = len(parts.pool) > 0 or bool(self._frame)
        parts.intake.take(0 if busy else _IDLE_SECONDS)
        parts.intake.begin(parts.assignment.resume_loaded())
        self._gather(_TURN_SECONDS if len(parts.pool) else 0)
        self._commit_if_due()
        if self._broken:
            self._start_over(self._broken)
        parts.assignment.hold_full()
        parts.progress.sample(parts.pool.running())
        self._tell_health()

    def drain(self, deadline: float) -> None:
        """Finish what runs until *deadline* (monotonic s), commit it and leave the group.

        Records that wait for a worker are dropped; their next owner reads them again.
        """
        parts = self._parts
        parts.execution.stopping.set()
        parts.health.set_ready(ready=False, reason="draining")
        while len(parts.pool) and parts.clock.monotonic() < deadline:
            parts.intake.serve_group()
            self._gather(_TURN_SECONDS)
            self._commit_if_due()
            parts.progress.sample(parts.pool.running())
            parts.health.turned()
        logger.info("stage.drained", extra={"left": len(parts.pool)})
        self._last_word()
        parts.close()

    def _gather(self, timeout: float) -> None:
        ended = self._parts.pool.collect(most=_FRAME_RECORDS, timeout=timeout)
        for task in ended:
            self._frame.settle(task)
        for kind, count in Counter(type(task.outcome) for task in ended).items():
            self._counts[kind].inc(count)
        now = self._parts.clock.monotonic()
        for task in self._parts.pool.running():
            if not task.announced and now - task.started_monotonic >= _LINGER_SECONDS:
                self._announce(task)

    def _announce(self, task: Task) -> None:
        envelope = task.envelope
        if envelope is not None and not task.partition.lost:
            state = self._parts.records.running(envelope, task.started_at)
            self._frame.announce(task, state)

    def _commit_if_due(self) -> None:
        if self._frame and self._parts.clock.monotonic() >= self._retry_at:
            self._commit()

    def _commit(self) -> None:
        if self._broken:
            return
        self._frame.drop_lost()
        metadata = self._parts.consumer.consumer_group_metadata()
        if generation(metadata) < 0:
            return  # not a member just now: the next polls tell what was lost
        commit = Commit(self._parts.assignment.offsets(), metadata)
        if not self._frame or not commit.offsets:
            return
        began = self._parts.clock.monotonic()
        try:
            self._parts.sink.write(self._frame, commit)
        except FrameAborted as error:
            self._back_off(error)
        except ProducerLost as error:
            self._broken = error  # mended by the next turn: not inside a rebalance
        else:
            self._frame = Frame()
            self._aborted = 0
            self._parts.frame_ended("committed", self._parts.clock.monotonic() - began)

    def _last_word(self) -> None:
        """Commit what is finished while it is still ours; failing only means work done twice."""
        self._gather(0)
        if self._frame:
            self._commit()

    def _back_off(self, error: FrameAborted) -> None:
        self._aborted += 1
        pause = min(_BACKOFF_SECONDS * 2.0 ** (self._aborted - 1), _LONGEST_BACKOFF_SECONDS)
        self._retry_at = self._parts.clock.monotonic() + pause
        self._parts.frame_ended("aborted")
        logger.warning("frame.aborted", extra={"error": str(error), "in_a_row": self._aborted})

    def _start_over(self, error: ProducerLost) -> None:
        """A new producer, and everything uncommitted read and done again."""
        self._parts.frame_ended("fatal")
        self._frame = Frame()
        while self._broken:
            self._note_loss(error)
            try:
                self._parts.sink.open()
            except ProducerLost as again:
                error = again
            else:
                self._broken = None
        self._parts.assignment.read_anew()

    def _note_loss(self, error: ProducerLost) -> None:
        now, earlier = self._parts.clock.monotonic(), self._lost_at
        logger.error("producer.lost", extra={"error": str(error)})
        if len(earlier) == _MOST_LOST and now - earlier[0] < _LOST_WITHIN_SECONDS:
            raise StageHalted(
                f"{_MOST_LOST + 1} producers were lost in {now - earlier[0]:.0f} s, the last: "
                f"{error}. If another instance runs under the same INSTANCE_ID, give each its own"
            ) from error
        earlier.append(now)

    def _tell_health(self) -> None:
        parts = self._parts
        parts.health.turned()
        if self._aborted:
            parts.health.set_ready(ready=False, reason=f"{self._aborted} frames aborted in a row")
        elif parts.assignment.loading:
            parts.health.set_ready(ready=False, reason="loading the index of jobs")
        else:
            owned = len(parts.assignment.owned)
            parts.health.set_ready(ready=True, reason=f"{owned} partitions")
        parts.tell_gauges()
