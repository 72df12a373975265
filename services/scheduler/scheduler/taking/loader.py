"""What waits in a lane and how its rules stand, read to the ends of the scheduler's own topics.

In a thread, so that the loop goes on answering the group. Records of transactions that are open
when a lane begins to be read are waited for: what they say is known, or was aborted.
"""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from headway.base.errors import StageHalted, UnknownSchema
from headway.edges import kafka
from headway.following.follower import PAUSE_SECONDS, Follower, as_written
from scheduler.lane.standing import Standing
from scheduler.lane.words import Words
from scheduler.pending.heap import Pending

logger = logging.getLogger(__name__)

_BATCH_RECORDS: Final = 10_000
_READ_SECONDS: Final = 0.05
#: That the end is reached comes with an answer to a fetch, which an empty one delays.
_READING: Final = {"fetch_wait_max_ms": 10}
_IDLE_SECONDS: Final = 1.0
#: A record of a newer release is met again until this process is replaced by that release.
_UNKNOWN_PAUSE_SECONDS: Final = 5.0


@dataclass(slots=True, eq=False)
class Wanted:
    """A lane to be loaded, for whoever asked; until nobody wants it any more."""

    lane: int
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """A lane as it was when it was asked for."""

    wanted: Wanted
    pending: Pending
    standings: dict[str, Standing]


@dataclass(slots=True)
class _Load:
    """Newest values by key, as far as they are read."""

    wanted: Wanted
    items: dict[bytes, bytes] = field(default_factory=dict)
    rules: dict[bytes, bytes] = field(default_factory=dict)


class Loader:
    """Its thread keeps its client between rebalances: what takes time is to connect."""

    def __init__(self, options: kafka.Options, words: Words) -> None:
        self._options = options
        self._words = words
        self._asked: SimpleQueue[Wanted] = SimpleQueue()
        self._loaded: SimpleQueue[Loaded | StageHalted] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loading", daemon=True)
        #: Why a lane is late; written by the thread, read by the loop.
        self.trouble: dict[int, str] = {}

    def open(self) -> None:
        """Connect; does not wait."""
        self._thread.start()

    def close(self) -> None:
        self._stop.set()

    def start(self, wanted: Wanted) -> None:
        """Begin to load; it comes out of `loaded`."""
        self._asked.put(wanted)

    def loaded(self) -> list[Loaded]:
        """Lanes completed since the last call.

        Raises:
            StageHalted: loading failed for a reason that will not pass.
        """
        done = []
        while not self._loaded.empty():
            found = self._loaded.get_nowait()
            if isinstance(found, StageHalted):
                raise found
            done.append(found)
        return done

    def _run(self) -> None:
        loads: dict[int, _Load] = {}
        while not self._stop.is_set():
            try:
                self._serve(loads)
            except kafka.KafkaException as error:
                logger.warning("loading.retry", extra={"error": kafka.describe(error)})
                self.trouble = dict.fromkeys(loads, kafka.describe(error))
                self._stop.wait(PAUSE_SECONDS)
            except Exception as error:  # a dead thread must not go unnoticed
                logger.exception("loading.failed")
                self._loaded.put(StageHalted(f"what waits cannot be loaded: {error!r}"))
                return

    def _serve(self, loads: dict[int, _Load]) -> None:
        """Load with one client until it fails; what was read of *loads* is read anew."""
        topics = self._words.topics
        sources = {topics.pending: topics.pending, topics.rules: topics.rules}
        follower = Follower(
            self._options,
            sources,
            as_written(self._options),
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )
        reading = _Reading(follower, self._words)
        try:
            for wanted in [load.wanted for load in loads.values()]:
                loads[wanted.lane] = reading.add(wanted)
            follower.connect(topics.pending)
            while not self._stop.is_set():
                for wanted in self._orders(idle=not loads):
                    loads[wanted.lane] = reading.add(wanted)
                for loaded in reading.completed(loads):
                    self._loaded.put(loaded)
                self.trouble = reading.trouble()
        finally:
            follower.close()

    def _orders(self, *, idle: bool) -> list[Wanted]:
        orders = []
        try:
            orders.append(self._asked.get(timeout=_IDLE_SECONDS if idle else 0))
            while True:
                orders.append(self._asked.get_nowait())
        except Empty:
            return orders


class _Reading:
    """Lanes being read by one client."""

    def __init__(self, follower: Follower[str], words: Words) -> None:
        self._follower = follower
        self._words = words
        self._unknown: dict[int, tuple[float, str]] = {}

    def add(self, wanted: Wanted) -> _Load:
        """Read for *wanted*, instead of whoever wanted that lane before."""
        for topic in self._topics():
            self._follower.add((topic, wanted.lane), kafka.OFFSET_BEGINNING)
        return _Load(wanted)

    def trouble(self) -> dict[int, str]:
        trouble = {lane: why for (_, lane), why in self._follower.trouble.items()}
        return trouble | {lane: why for lane, (_, why) in self._unknown.items()}

    def completed(self, loads: dict[int, _Load]) -> Iterable[Loaded]:
        """Read a little; lanes that are complete leave *loads*."""
        for lane in [lane for lane, load in loads.items() if load.wanted.lost]:
            self._drop(lane)
            del loads[lane]
        batch = self._follower.read(_READ_SECONDS)
        topics = self._words.topics
        for topic in self._topics():
            for message in batch.of(topic):
                load = loads.get(message.partition() or 0)
                if load is not None:
                    _note(load.items if topic == topics.pending else load.rules, message)
        for (topic, lane), fault in batch.faults.items():
            why = kafka.describe(fault)
            self._follower.hold((topic, lane), kafka.OFFSET_BEGINNING, why, PAUSE_SECONDS)
        behind = {lane for _, lane in self._follower.behind}
        for lane in [lane for lane in loads if lane not in behind]:
            if (loaded := self._loaded(loads[lane])) is not None:
                self._drop(lane)
                del loads[lane]
                yield loaded

    def _loaded(self, load: _Load) -> Loaded | None:
        lane, now = load.wanted.lane, time.monotonic()
        if self._unknown.get(lane, (0.0, ""))[0] > now:
            return None
        try:
            items = [self._words.item(value) for value in load.items.values()]
            rules = {k.decode(): self._words.standing(v) for k, v in load.rules.items()}
        except UnknownSchema as unknown:
            self._unknown[lane] = now + _UNKNOWN_PAUSE_SECONDS, str(unknown)
            logger.warning("loading.waits", extra={"partition": lane, "error": str(unknown)})
            return None
        self._unknown.pop(lane, None)
        return Loaded(load.wanted, Pending.of(items), rules)

    def _drop(self, lane: int) -> None:
        for topic in self._topics():
            self._follower.drop((topic, lane))

    def _topics(self) -> tuple[str, str]:
        return self._words.topics.pending, self._words.topics.rules


def _note(newest: dict[bytes, bytes], message: kafka.Message) -> None:
    key, value = message.key() or b"", message.value()
    if value is None:
        newest.pop(key, None)
    else:
        newest[key] = value
