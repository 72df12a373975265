"""The one loop of a stage: poll, hand to the workers, gather what they did, have it said.

No step of it waits for a cluster: committed offsets, the index of jobs and transactions are
under way beside it, and each turn only asks how far they are. A frame goes out as soon as a job
has finished; while it is being said the workers go on, so under load frames grow by themselves. A
job that has only started waits `_LINGER_SECONDS` for its end: a quick job then needs one frame,
not two.
"""

import logging
from collections import Counter, deque
from typing import Final

from headway.base.errors import StageHalted
from headway.observing import metrics
from headway.owning.flow import Place
from headway.running.assembly import Assembly
from headway.saying.committer import Lost
from headway.taking.task import Task

logger = logging.getLogger(__name__)

#: Longest wait for a record when nothing is at work; bounds how late a signal is noticed.
_IDLE_SECONDS: Final = 0.1
#: Longest wait for a worker before the next poll: what a record may wait while jobs run.
_TURN_SECONDS: Final = 0.004
#: A handler that ends within this time is told of once; a longer one's start is told first.
_LINGER_SECONDS: Final = 0.01
#: Outcomes taken in one turn.
_GATHERED: Final = 5000
#: How long the last word on partitions that go may take: their next owner waits for it, and
#: what is not said is done again.
_LAST_WORD_SECONDS: Final = 1.0
#: More producers refused than this within the time, and the process gives up: two instances of
#: one id bar each other for ever, with commits between.
_MOST_LOST: Final = 5
_LOST_WITHIN_SECONDS: Final = 60.0


class StageRunner:
    """Runs one stage; every method is for one thread."""

    def __init__(self, assembly: Assembly) -> None:
        self._parts = assembly
        self._lost_at: deque[float] = deque(maxlen=_MOST_LOST)
        self._lost: Lost | None = None
        assembly.assignment.before_revoke = self._last_word
        assembly.saying.on_commit = assembly.deliveries.committed
        self._counts = {
            label: metrics.RECORDS.labels(assembly.name, label)
            for label in assembly.handling.labels
        }

    def start(self) -> None:
        """Begin to open the producer and to join the group; waits for neither."""
        self._parts.saying.open()
        self._parts.assignment.subscribe()
        if self._parts.topology:
            self._parts.topology.start()

    def turn(self) -> None:
        """One turn of the loop; at most about a tenth of a second when there is nothing to do.

        Raises:
            StageHalted: the stage cannot go on; the process must end.
        """
        parts = self._parts
        parts.assignment.advance(begun=parts.saying.begun, ended=parts.saying.ended)
        parts.intake.take(0 if self._busy else _IDLE_SECONDS)
        parts.deliveries.turn()
        self._gather(_TURN_SECONDS if self._busy else 0)
        self._say()
        if self._lost:
            self._start_over(self._lost)
        if parts.saying.reopened:
            parts.assignment.read_anew()
            parts.saying.go_on()
        parts.flow.apply()
        parts.progress.sample(parts.pool.running())
        self._tell_health()

    def drain(self, deadline: float) -> None:
        """Finish what runs until *deadline* (monotonic s), have it said and leave the group.

        Records that wait for a worker are dropped; their next owner reads them again.
        """
        parts = self._parts
        parts.handling.stopping.set()
        parts.health.set_ready(ready=False, reason="draining")
        while len(parts.pool) and parts.clock.monotonic() < deadline:
            parts.intake.serve_group()
            self._gather(_TURN_SECONDS)
            self._say()
            parts.progress.sample(parts.pool.running())
            parts.health.turned()
        logger.info("stage.drained", extra={"left": len(parts.pool)})
        self._last_word(frozenset(parts.assignment.owned))
        parts.assignment.before_revoke = _all_is_said
        parts.close()

    @property
    def _busy(self) -> bool:
        """Whether something is on its way that the loop must not sleep on."""
        parts = self._parts
        return bool(len(parts.pool) or parts.saying.waits or len(parts.deliveries))

    def _gather(self, timeout: float) -> None:
        parts = self._parts
        if parts.saying.under_way:
            # What ends meanwhile goes into the next frame: to look at it sooner only costs turns.
            parts.saying.wait(timeout)
            timeout = 0
        ended = parts.pool.collect(most=_GATHERED, timeout=timeout)
        parts.saying.settle(ended)
        for label, count in Counter(t.outcome.label for t in ended if t.outcome).items():
            self._counts[label].inc(count)
        now = parts.clock.monotonic()
        for task in parts.pool.running():
            if not task.announced and now - task.started_monotonic >= _LINGER_SECONDS:
                self._announce(task)

    def _announce(self, task: Task) -> None:
        envelope = task.envelope
        if envelope is not None and not task.partition.lost:
            state = self._parts.records.running(envelope, task.started_at)
            self._parts.saying.announce(task, state)

    def _say(self) -> None:
        lost = self._parts.saying.turn()
        if lost is not None:
            self._lost = lost  # mended at the end of a turn: not inside a rebalance

    def _last_word(self, going: frozenset[Place]) -> None:
        """Have said what is finished while it is still ours; failing means work done twice."""
        parts = self._parts
        deadline = parts.clock.monotonic() + _LAST_WORD_SECONDS
        handed_over = False
        while parts.clock.monotonic() < deadline and self._lost is None:
            self._gather(_TURN_SECONDS if parts.saying.under_way else 0)
            self._say()
            if not handed_over:
                handed_over = parts.saying.last_word(going)
            if handed_over and not parts.saying.under_way:
                return

    def _start_over(self, lost: Lost) -> None:
        """A new producer; when it is there, everything uncommitted is read and done again."""
        logger.error("producer.lost", extra={"error": str(lost.error)})
        self._lost = None
        if lost.error.refused:
            self._note_refusal(lost)
        self._parts.saying.open()

    def _note_refusal(self, lost: Lost) -> None:
        now, earlier = self._parts.clock.monotonic(), self._lost_at
        if len(earlier) == _MOST_LOST and now - earlier[0] < _LOST_WITHIN_SECONDS:
            raise StageHalted(
                f"{_MOST_LOST + 1} producers were lost in {now - earlier[0]:.0f} s, the last: "
                f"{lost.error}. If another instance runs under the same INSTANCE_ID, give each "
                "its own"
            ) from lost.error
        earlier.append(now)

    def _tell_health(self) -> None:
        parts = self._parts
        parts.health.turned()
        reason = parts.unready()
        owned = len(parts.assignment.owned)
        parts.health.set_ready(ready=reason is None, reason=reason or f"{owned} partitions")
        parts.health.notes["paused"] = parts.flow.shown
        parts.tell_gauges()


def _all_is_said(_: frozenset[Place]) -> None:
    """Leaving the group revokes what is owned; the last word is out, and the heirs wait."""
