"""The loop of the scheduler: hear, do what is due, say it. No step of it waits for a cluster."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.topics.topology import TopologyWatch
from scheduler.running.readiness import Readiness
from scheduler.saying.speaker import Speaker
from scheduler.taking.assignment import Assignment
from scheduler.taking.hearing import Hearing
from scheduler.working.beside import Beside

logger = logging.getLogger(__name__)

#: Longest wait for a record: bounds how late a signal is noticed, and what comes due.
_IDLE_SECONDS: Final = 0.1
#: The same while something is being said.
_BUSY_SECONDS: Final = 0.005
_RECORDS: Final = 2000
#: Records gathered and not said: with more nothing is heard or done until some are.
_MOST_GATHERED: Final = 20_000


@dataclass(slots=True, kw_only=True, eq=False)
class SchedulerLoop:
    """Every method is for one thread. *let_go* is called last, and lets go of the clients."""

    consumer: kafka.Consumer
    assignment: Assignment
    hearing: Hearing
    speaker: Speaker
    beside: Beside
    topology: TopologyWatch
    readiness: Readiness
    let_go: Callable[[], None]
    clock: Clock
    _held: bool = False

    def start(self) -> None:
        """Begin to open the producer and to join the group; waits for neither."""
        self.speaker.open()
        self.assignment.subscribe()
        self.topology.start()

    def turn(self) -> None:
        """One turn; about a tenth of a second when there is nothing to do.

        Raises:
            StageHalted: it cannot go on; the process must end.
        """
        self.assignment.advance()
        lanes = self.assignment.lanes
        self._hold(gathered=sum(len(lane.desk.changes) for lane in lanes.values()))
        messages = self.consumer.consume(_RECORDS, self._wait_seconds())
        self.hearing.take(lanes, messages)
        if not self._held:
            for lane in lanes.values():
                lane.turn()
        self._speak()
        self.readiness.tell()

    def drain(self, deadline: float) -> None:
        """Have what was gathered said until *deadline* (monotonic s), and leave the group."""
        for lane in self.assignment.lanes.values():
            lane.last_words()
        while self.clock.monotonic() < deadline and self._left():
            self.consumer.poll(_BUSY_SECONDS)
            self._speak(last=True)
            self.readiness.turned()
        self.close()

    def close(self) -> None:
        """Leave the group and let go of every client; waits for nothing that may hang."""
        self.speaker.close()
        self.assignment.close()
        self.beside.close()
        self.topology.close()
        self.let_go()

    def _speak(self, *, last: bool = False) -> None:
        if self.speaker.turn(self.assignment.lanes, last=last):
            self.assignment.let_go()
        if self.speaker.reopened:
            self.assignment.again()
            self.speaker.go_on()

    def _left(self) -> bool:
        lanes = self.assignment.lanes.values()
        return self.speaker.under_way or any(lane.desk.changes for lane in lanes)

    def _wait_seconds(self) -> float:
        if self.speaker.under_way or self._held:
            return _BUSY_SECONDS
        due = (lane.due_in() for lane in self.assignment.lanes.values())
        return min(_IDLE_SECONDS, min(due, default=_IDLE_SECONDS))

    def _hold(self, *, gathered: int) -> None:
        """Hear nothing while too much is not said."""
        held = gathered > _MOST_GATHERED
        if held == self._held:
            return
        self._held = held
        places = self.consumer.assignment()
        (self.consumer.pause if held else self.consumer.resume)(places)
