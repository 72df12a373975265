"""Which jobs of a partition are known: how a stage drops what would make a job run twice.

The state topic is the index. An attempt whose newest state says that this stage is through with
it is settled: nothing of it is to be handled again. In the first stage one that is not has been
opened by a submission, whose offset every state carries: a record of the attempt at another
offset is a duplicate, at the same offset it is that very record come again after a crash. Later
stages are handed a job by the stage before, so what is not settled is theirs to do. A record of
a higher attempt is no duplicate of a lower one, and what is of a lower attempt comes too late.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

from headway.base.clock import Clock, SystemClock
from headway.base.errors import StageHalted
from headway.edges import kafka
from headway.following.horizon import Horizon, Owner
from headway.following.jobindex import JobIndex
from headway.following.stateread import Notes, Reading

logger = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 0.5
#: How often the idle thread looks up.
_IDLE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """The index of a partition as it was when *owner* took it over; of no use to any other."""

    owner: Owner
    jobs: JobIndex


class IndexLoader:
    """Reads partitions of the state topic in a thread of its own, so the loop goes on polling.

    The thread keeps its client between rebalances: what takes time in a takeover is to connect.
    """

    def __init__(
        self,
        options: kafka.Options,
        notes: Notes,
        *,
        keep_ms: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        """*keep_ms* is for how long a job that is over is remembered; None: for ever."""
        self._options = options
        self._notes = notes
        clock = clock or SystemClock()
        self._horizon = Horizon(keep_ms, clock)
        self._make = partial(JobIndex, keep_ms, clock.now_ms)
        self._asked: SimpleQueue[Owner | None] = SimpleQueue()
        self._loaded: SimpleQueue[Loaded | StageHalted] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seen", daemon=True)
        #: Why an index is late, by partition; written by the thread, read by the loop.
        self.trouble: dict[int, str] = {}

    def open(self) -> None:
        """Connect, so that the first takeover need not; does not wait."""
        if not self._thread.is_alive():
            self._thread.start()

    def start(self, owners: Iterable[Owner]) -> None:
        """Begin to load for *owners*; each comes out of `loaded` when it is complete."""
        for owner in owners:
            self._asked.put(owner)

    def loaded(self) -> list[Loaded]:
        """Partitions completed since the last call; never blocks.

        Raises:
            StageHalted: loading failed for a reason that will not pass.
        """
        done: list[Loaded] = []
        while not self._loaded.empty():
            item = self._loaded.get_nowait()
            if isinstance(item, StageHalted):
                raise item
            done.append(item)
        return done

    def close(self) -> None:
        self._stop.set()
        self._asked.put(None)

    def _run(self) -> None:
        wanted: list[Owner] = []
        while not self._stop.is_set():
            try:
                self._serve(wanted)
            except kafka.KafkaException as error:
                logger.warning("seen.retry", extra={"error": kafka.describe(error)})
                self.trouble = {owner.index: kafka.describe(error) for owner in wanted}
                self._stop.wait(_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - a dead thread must not go unnoticed
                self._loaded.put(StageHalted(f"the index of jobs cannot be loaded: {error!r}"))
                return

    def _serve(self, wanted: list[Owner]) -> None:
        """Load for *wanted*, and for whoever is asked for, with one client until it fails."""
        reading = Reading(self._options, self._notes, self._horizon, self._make)
        try:
            for owner in wanted:
                reading.add(owner)
            reading.connect()
            while not self._stop.is_set():
                for owner in self._orders(idle=not reading):
                    wanted.append(owner)
                    self._horizon.mind(owner)
                    reading.add(owner)
                for owner, jobs in reading.completed():
                    self._loaded.put(Loaded(owner, jobs))
                wanted[:] = reading.owners()
                self.trouble = reading.trouble()
        finally:
            reading.close()

    def _orders(self, *, idle: bool) -> list[Owner]:
        orders: list[Owner | None] = []
        try:
            orders.append(self._asked.get(timeout=_IDLE_SECONDS if idle else 0))
            while True:
                orders.append(self._asked.get_nowait())
        except Empty:
            return [owner for owner in orders if owner is not None]
