"""What the workers came to, gathered, and had said: from the pool to the committed frame.

A frame goes out as soon as a job has finished; while it is being said the workers go on, so under
load frames grow by themselves. A job that has only started waits `_LINGER_SECONDS` for its end:
a quick job then needs one frame, not two.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from headway.base.clock import Clock
from headway.handling.pool import WorkerPool
from headway.observing import metrics
from headway.owning.place import Place
from headway.running.losses import Losses
from headway.saying.committer import Lost
from headway.saying.sayer import Saying
from headway.taking.task import Task
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)

#: A handler that ends within this time is told of once; a longer one's start is told first.
_LINGER_SECONDS: Final = 0.01
#: Outcomes taken in one turn.
_GATHERED: Final = 5000
#: How long the last word on partitions that go may take: their next owner waits for it, and
#: what is not said is done again.
_LAST_WORD_SECONDS: Final = 1.0
#: Longest wait for a worker while the last word is being said.
_WAIT_SECONDS: Final = 0.004


class Gathering:
    """Stands between the pool and what is said; for the loop's thread."""

    def __init__(
        self,
        stage: str,
        *,
        pool: WorkerPool,
        saying: Saying,
        records: StageRecords,
        labels: Iterable[str],
        clock: Clock,
    ) -> None:
        """*labels* are all that outcomes are counted by."""
        self._pool = pool
        self._saying = saying
        self._records = records
        self._clock = clock
        self._losses = Losses(clock)
        self._lost: Lost | None = None
        self._counts = {label: metrics.RECORDS.labels(stage, label) for label in labels}

    def turn(self, timeout: float) -> None:
        """Take what has ended, waiting up to *timeout* s for it, and have it said."""
        self._gather(timeout)
        self._say()

    def last_word(self, going: frozenset[Place]) -> None:
        """Have said what is finished while it is still ours; failing means work done twice."""
        deadline = self._clock.monotonic() + _LAST_WORD_SECONDS
        handed_over = False
        while self._clock.monotonic() < deadline and self._lost is None:
            self.turn(_WAIT_SECONDS if self._saying.under_way else 0)
            if not handed_over:
                handed_over = self._saying.last_word(going)
            if handed_over and not self._saying.under_way:
                return

    def start_over(self) -> None:
        """If the producer was lost, begin to open another: everything uncommitted is done again.

        Raises:
            StageHalted: too many were lost for that to be of use.
        """
        lost, self._lost = self._lost, None
        if lost is not None:
            logger.error("producer.lost", extra={"error": str(lost.error)})
            self._losses.note(lost.error)
            self._saying.open()

    def _gather(self, timeout: float) -> None:
        if self._saying.under_way:
            # What ends meanwhile goes into the next frame: to look at it sooner only costs turns.
            self._saying.wait(timeout)
            timeout = 0
        ended = self._pool.collect(most=_GATHERED, timeout=timeout)
        self._saying.settle(ended)
        for label, count in Counter(t.outcome.label for t in ended if t.outcome).items():
            self._counts[label].inc(count)
        now = self._clock.monotonic()
        for task in self._pool.running():
            if not task.announced and now - task.started_monotonic >= _LINGER_SECONDS:
                self._announce(task)

    def _announce(self, task: Task) -> None:
        envelope = task.envelope
        if envelope is not None and not task.partition.lost:
            before = task.carried
            tries, since = (before.tries, before.since) if before else (0, 0)
            states, at = self._records.states, task.started_at
            place = task.waits_at
            state = states.running(envelope, at, tries=tries, since=since, waits_at=place)
            self._saying.announce(task, state)

    def _say(self) -> None:
        lost = self._saying.turn()
        if lost is not None:
            self._lost = lost  # mended at the end of a turn: not inside a rebalance
