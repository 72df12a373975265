"""Sees transactions that never end: readers of what is committed wait behind them for ever.

A broker killed while it was sending the markers of a transaction may leave a partition in which
that transaction stays open though nobody works in it and no timeout ends it. Its last stable
offset stands still, and whoever reads only what is committed sees nothing behind it. Only the
cluster's operator can end it (docs/runbooks/hanging-transaction.md), so somebody has to be told.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Place, Questions, ends
from headway.observing import metrics

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 10.0


@dataclass
class Stillness:
    """Which partitions have stood still for longer than any transaction may last. Pure."""

    after_seconds: float
    _since: dict[Place, tuple[int, float]] = field(default_factory=dict)

    def seen(
        self, stable: Mapping[Place, int], high: Mapping[Place, int], now: float
    ) -> dict[Place, int]:
        """The records hidden in each partition that stands still, by what was just seen.

        *stable* must have been asked for before *high*: so what is committed between the two
        questions only ever looks open until the next look.
        """
        hidden = {}
        for place, offset in stable.items():
            count = high.get(place, offset) - offset
            before, since = self._since.get(place, (offset, now))
            if count <= 0 or before != offset:
                since = now
            self._since[place] = (offset, since)
            if count > 0 and now - since >= self.after_seconds:
                hidden[place] = count
        return hidden


@dataclass(kw_only=True)
class UnstableWatch:
    """Keeps `headway_unstable_records` true from a thread of its own; a context.

    *tell* is called with what hangs, `topic[partition]` to records, whenever that changes.
    While the cluster does not answer, what was told stands.
    """

    options: kafka.Options
    catalog: Catalog
    after_seconds: float
    tell: Callable[[Mapping[str, int]], object]
    every_seconds: float = _EVERY_SECONDS
    clock: Clock = field(default_factory=SystemClock)
    _hidden: dict[Place, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A daemon: a question to a cluster that is away must not hold the exit up.
        threading.Thread(target=self._run, name="unstable", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        questions, stillness = Questions(self.options), Stillness(self.after_seconds)
        places = [(t.name, p) for t in self.catalog.topics.values() for p in range(t.partitions)]
        stable = partial(ends, places=places, isolation=kafka.IsolationLevel.READ_COMMITTED)
        high = partial(ends, places=places, isolation=kafka.IsolationLevel.READ_UNCOMMITTED)
        while not self._stop.is_set():
            try:
                found = questions.ask(stable), questions.ask(high)
            except kafka.KafkaException as error:
                logger.debug("unstable.unanswered", extra={"error": kafka.describe(error)})
            else:
                self._note(stillness.seen(*found, self.clock.monotonic()))
            self._stop.wait(self.every_seconds)

    def _note(self, hidden: dict[Place, int]) -> None:
        for place in self._hidden.keys() - hidden.keys():
            metrics.UNSTABLE.remove(place[0], str(place[1]))
            logger.info("transaction.ended", extra={"topic": place[0], "partition": place[1]})
        for place in hidden.keys() - self._hidden.keys():
            extra = {"topic": place[0], "partition": place[1], "records": hidden[place]}
            logger.error("transaction.hanging", extra=extra)
        for (topic, partition), count in hidden.items():
            metrics.UNSTABLE.labels(topic, str(partition)).set(count)
        if hidden != self._hidden:
            self.tell({f"{topic}[{p}]": count for (topic, p), count in sorted(hidden.items())})
        self._hidden = hidden
