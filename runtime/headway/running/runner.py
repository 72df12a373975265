"""The one loop of a stage: poll, hand to the workers, gather what they did, have it said.

No step of it waits for a cluster: committed offsets, the index of jobs and transactions are
under way beside it, and each turn only asks how far they are.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headway.base.clock import Clock
from headway.following.windows import Windows
from headway.handling.pool import WorkerPool
from headway.handling.progress import ProgressReports
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.place import Place
from headway.reporting.reports import StageReports
from headway.running.gathering import Gathering
from headway.running.guards import Guards
from headway.running.readiness import Readiness
from headway.saying.frame import Frame
from headway.saying.measures import Measures
from headway.saying.sayer import Saying
from headway.taking.deliveries import Deliveries
from headway.taking.intake import Intake
from headway.topics.topology import TopologyWatch

logger = logging.getLogger(__name__)

#: Longest wait for a record when nothing is at work; bounds how late a signal is noticed.
_IDLE_SECONDS: Final = 0.1
#: Longest wait for a worker before the next poll: what a record may wait while jobs run.
_TURN_SECONDS: Final = 0.004


@dataclass(slots=True, kw_only=True, eq=False)
class StageRunner:
    """Runs one stage; every method is for one thread.

    *stopping* tells the workers that the process is to end; *let_go* is called last, and lets go
    of the clients.
    """

    assignment: Assignment
    intake: Intake
    deliveries: Deliveries
    pool: WorkerPool
    gathering: Gathering
    measures: Measures
    saying: Saying
    flow: Flow
    guards: Guards
    progress: ProgressReports
    reports: StageReports
    topology: TopologyWatch
    windows: Windows
    readiness: Readiness
    stopping: threading.Event
    let_go: Callable[[], None]
    clock: Clock

    def __post_init__(self) -> None:
        self.assignment.before_revoke = self.gathering.last_word
        self.saying.on_commit = self._committed

    def _committed(self, frame: Frame) -> None:
        self.deliveries.committed(frame)
        self.measures.committed(frame)

    def start(self) -> None:
        """Begin to open the producer and to join the group; waits for neither."""
        self.saying.open()
        self.assignment.subscribe()
        self.topology.start()
        self.windows.start()

    def turn(self) -> None:
        """One turn of the loop; at most about a tenth of a second when there is nothing to do.

        Raises:
            StageHalted: the stage cannot go on; the process must end.
        """
        saying = self.saying
        self.assignment.advance(begun=saying.begun, ended=saying.ended)
        self.intake.take(0 if self._busy else min(_IDLE_SECONDS, self.pool.due_seconds))
        self.deliveries.turn()
        self.gathering.turn(_TURN_SECONDS if self._busy else 0)
        self.gathering.start_over()
        if saying.reopened:
            self.assignment.read_anew()
            saying.go_on()
        self.guards.turn()
        self.flow.apply()
        self.progress.sample(self.pool.running())
        self.reports.turn()
        self.readiness.tell()

    def drain(self, deadline: float) -> None:
        """Finish what runs until *deadline* (monotonic s), have it said and leave the group.

        Records that wait for a worker are dropped; their next owner reads them again.
        """
        self.stopping.set()
        while len(self.pool) and self.clock.monotonic() < deadline:
            self.intake.serve_group()
            self.gathering.turn(_TURN_SECONDS)
            self.progress.sample(self.pool.running())
            self.readiness.turned()
        logger.info("stage.drained", extra={"left": len(self.pool)})
        self.gathering.last_word(frozenset(self.assignment.owned))
        self.assignment.before_revoke = _all_is_said
        self.close()

    def close(self) -> None:
        """Leave the group and let go of every client; handlers that still run are left alone."""
        self.reports.tell()
        self.pool.close()
        self.saying.close()
        self.assignment.close()
        self.topology.close()
        self.windows.close()
        self.let_go()

    @property
    def _busy(self) -> bool:
        """Whether something is on its way that the loop must not sleep on."""
        return bool(self.pool.at_work or self.saying.waits or len(self.deliveries))


def _all_is_said(_: frozenset[Place]) -> None:
    """Leaving the group revokes what is owned; the last word is out, and the heirs wait."""
