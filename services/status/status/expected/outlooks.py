"""A thread that looks at the stages once a second, and tells what is to be expected of them.

Only of a table that has caught up, of a cluster that answers: a replica that is behind knows
nothing of lines.
"""

import logging
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from headway.base.clock import Clock, SystemClock
from headway.declared.pipeline import Pipeline
from headway.observing.health import Health
from headway.wire.codec import Codec
from status.answers.query import Table
from status.aside import Aside
from status.expected.estimate import Estimator
from status.expected.looking import Looking
from status.expected.outlook import Outlook
from status.pauses.board import Pause
from status.table.change import Change
from status.table.damage import TableDamaged

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 1.0
#: Jobs of a second whose runs are looked up.
_SAMPLED: Final = 50


@dataclass(kw_only=True)
class Outlooks(Aside):
    """A context; *announce* is called from its thread. `note` may be called from another one."""

    _name = "outlooks"

    table: Table
    codec: Codec
    pipeline: Pipeline
    health: Health
    pauses: Callable[[], Iterable[Pause]]
    announce: Callable[[Outlook], object]
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._moved: deque[str] = deque(maxlen=_SAMPLED)
        self._done = Counter[str]()
        self._forget()

    def _forget(self) -> None:
        self._looking = Looking(self.codec, self.pipeline)
        self._estimator = Estimator({stage.name: stage.window for stage in self.pipeline.stages})
        self._looked_at = self.clock.monotonic()

    def note(self, change: Change) -> None:
        """Take in what the table was told; called after each commit."""
        with self._lock:
            self._moved.extend(change.job_ids[-_SAMPLED:])
            self._done.update(change.done)

    def look(self) -> None:
        """One look; never raises."""
        try:
            self.announce(self._look())
        except (sqlite3.Error, TableDamaged):
            self.announce(Outlook())  # the reader knows
        except Exception:
            logger.exception("outlooks.trouble")

    def _look(self) -> Outlook:
        with self._lock:
            moved, done = tuple(self._moved), Counter(self._done)
            self._moved.clear()
            self._done.clear()
        if not self.health.ready:
            self._forget()
            return Outlook()
        paused = frozenset(pause.stage for pause in self.pauses())
        with self.table.snapshot() as snapshot:
            if not snapshot.complete:
                return Outlook()
            seen = self._looking.look(snapshot, dict.fromkeys(moved), done, paused)
        now, before = self.clock.monotonic(), self._looked_at
        self._looked_at = now
        return self._estimator.look(seen, max(now - before, 0.001))

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            self.look()
