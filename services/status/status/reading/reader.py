"""The one loop of the service: from Kafka into the table, without a consumer group.

Every replica reads everything and commits nothing to Kafka: how far it got stands in its own
file. Trouble ends a session (one consumer, from assignment to error) and begins another; the
table goes on answering meanwhile. Only topics that do not fit at the start end the process.
"""

import functools
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from headway.base.clock import Clock, SystemClock
from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.following.batch import OffsetLost
from headway.observing import metrics
from headway.observing.health import Health
from headway.topics.topology import TopologyWatch, check_topics
from status.aside import Aside
from status.reading.cluster import Cluster, sources_of
from status.reading.halt import told
from status.reading.materializer import Materializer
from status.reading.session import ASK_SECONDS, Session, TableAhead
from status.table.change import Change
from status.table.damage import Damage, TableDamaged

logger = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 1.0
#: How often it is looked again at a record that a newer release wrote.
_HALT_SECONDS: Final = 30.0
#: A table is forgotten only if it is ahead of Kafka so many times in a row: a leader that was just
#: elected must not cost every reader its place.
_TIMES_AHEAD: Final = 3
#: For the batch that is being stored. A request to a cluster that is away may take longer; the
#: process then ends without the thread, which holds nothing that could be lost.
_JOIN_SECONDS: Final = 3.0


def _nothing() -> None:
    """Where the table is nobody's to rebuild."""


class TopicsReplaced(Exception):  # noqa: N818 - names the condition
    """Raised when the topics are no longer those that the table is made of."""


@dataclass(kw_only=True)
class Reader(Aside):
    """A context in which a thread keeps the table; *announce* is called from that thread.

    *on_misfit* is called once if the topics are not those declared when they are first seen;
    *rebuild* makes the table's file anew when it is damaged.
    """

    _name = "reader"

    options: kafka.Options
    cluster: Cluster
    catalog: Catalog
    pipeline: Pipeline
    materializer: Materializer
    health: Health
    announce: Callable[[Change], object]
    on_misfit: Callable[[TopologyError], object]
    topology: TopologyWatch
    clock: Clock = field(default_factory=SystemClock)
    damage: Damage = field(default_factory=Damage)
    rebuild: Callable[[], object] = _nothing
    _connected: bool = False
    _ahead: int = 0
    _kept_at: float = 0.0

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS if self._connected else 0

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except OffsetLost as lost:
                # The next session finds out what became of it.
                logger.warning("reader.offset_lost", extra={"error": str(lost)})
            except TopicsReplaced:
                logger.warning("reader.topics_replaced")
            except TableAhead as ahead:
                self._forget(ahead)
            except TopologyError as error:
                self._tell_misfit(error)
                self._pause()
            except TableDamaged:
                self._tell(ready=False, reason="the table's file is damaged and made anew")
            except Exception as error:  # noqa: BLE001 - whatever it is, reading goes on when it has passed
                self._tell_trouble(error)
                self._pause()

    def _tell_trouble(self, error: Exception) -> None:
        if isinstance(error, sqlite3.Error) and self.damage.met(error):
            logger.warning("reader.damage_met", extra={"error": str(error)})
        else:
            logger.error("reader.trouble", exc_info=error)
        self._tell(ready=False, reason=f"not reading: {kafka.describe(error)}")

    def _forget(self, ahead: TableAhead) -> None:
        self._ahead += 1
        if self._ahead < _TIMES_AHEAD:
            self._tell(ready=False, reason=f"the table is ahead of Kafka: {ahead}")
            self._pause()
            return
        self._forget_all(str(ahead))

    def _forget_all(self, reason: str) -> None:
        logger.warning("reader.table_forgotten", extra={"reason": reason})
        self.announce(self.materializer.fallen())
        self.materializer.forget()

    def _make_anew(self, reason: str) -> None:
        """A damaged file is dropped: all that was in it is read again."""
        logger.warning("reader.table_dropped", extra={"reason": reason})
        self.announce(self.materializer.fallen())
        self.rebuild()
        self.damage.mended()

    def _pause(self) -> None:
        self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        if self.damage.reason:
            self._make_anew(self.damage.reason)
        self._tell(ready=False, reason="reads Kafka for its topics")
        if not self._connected:
            # Later a topic that is away for a moment is trouble to be waited out, no misfit.
            check_topics(self.options, self.catalog)
        self._connected = True
        epoch = self.cluster.epoch()
        sources = sources_of(self.catalog, self.pipeline)
        if not self.materializer.holds(epoch):
            self.announce(self.materializer.fallen())
        elif self.materializer.outlived(self.clock.now_ms()):
            self._forget_all("it was away for longer than deletions are told of")
        ask = functools.partial(self._require, epoch)
        session = Session(self.options, sources, self.materializer.bind(epoch), ask)
        self._ahead = 0  # the session began, so no partition ends before its offset
        try:
            self.announce(self.materializer.standing())
            self._tell(ready=False, reason="catching up with the topics")
            self._turn_until_stopped(session)
        finally:
            session.close()

    def _require(self, epoch: str) -> None:
        """The client goes on reading topics that were deleted and made again as if nothing was."""
        if self.cluster.epoch(ASK_SECONDS) != epoch:
            raise TopicsReplaced

    def _turn_until_stopped(self, session: Session) -> None:
        began_at = looked_at = self.clock.monotonic()
        while not self._stop.is_set():
            if self.materializer.halts and self.clock.monotonic() - began_at > _HALT_SECONDS:
                return  # the record may have been compacted away: another session looks again
            self._turn(session)
            self.health.turned()
            if self.clock.monotonic() - looked_at > _LOOK_SECONDS:
                self._look(session)
                looked_at = self.clock.monotonic()

    def _turn(self, session: Session) -> None:
        if self.damage.reason:
            raise TableDamaged(self.damage.reason)
        batch = session.read()
        if self.materializer.moves_on(batch):
            self.announce(self.materializer.apply(batch))
            self._halt(session)
        if session.caught_up and not self.materializer.caught_up:
            self.announce(self.materializer.finish())
            self._look(session)

    def _halt(self, session: Session) -> None:
        for (source, partition), halt in self.materializer.halts.items():
            if not session.is_halted(source, partition):
                session.halt(source, partition, *halt)
        if self.materializer.halts:
            self._look(session)

    def _look(self, session: Session) -> None:
        outage = session.outage()
        lag = session.lag()
        metrics.STATUS_LAG.set(lag)
        if outage:
            self._tell(ready=False, reason=f"Kafka does not answer: {outage}")
        elif self.topology.fault:
            self._tell(ready=False, reason=self.topology.fault)
        elif self.materializer.halts:
            self._tell(ready=False, reason=told(session.topics, self.materializer.halts))
        elif self.materializer.caught_up:
            self._tell(ready=True, reason="caught up")
            if not lag and self.clock.monotonic() >= self._kept_at:
                self.materializer.caught_up_at(self.clock.now_ms())
                self._kept_at = self.clock.monotonic() + self.materializer.keep_seconds

    def _tell_misfit(self, error: TopologyError) -> None:
        self._tell(ready=False, reason=str(error))
        if not self._connected:
            self._stop.set()
            self.on_misfit(error)

    def _tell(self, *, ready: bool, reason: str) -> None:
        if (ready, reason) != (self.health.ready, self.health.reason):
            logger.info("status.readiness", extra={"ready": ready, "reason": reason})
        self.health.set_ready(ready=ready, reason=reason)
