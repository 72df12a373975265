"""The one loop of the service: from Kafka into the table, without a consumer group.

Every replica reads everything and commits nothing to Kafka: how far it got stands in its own
file. Trouble ends a session (one consumer, from assignment to error) and begins another; the
table goes on answering meanwhile. Only topics that do not fit at the start end the process.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from headway import kafka, metrics
from headway.catalog import Catalog
from headway.clock import Clock, SystemClock
from headway.errors import TopologyError
from headway.health import Health
from headway.pipeline import Pipeline
from status.batch import OffsetLost
from status.change import Change
from status.cluster import sources_of, verified_epoch
from status.materializer import Materializer
from status.session import Session, TableAhead

logger = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 1.0
#: For the batch that is being stored. A request to a cluster that is away may take longer; the
#: process then ends without the thread, which holds nothing that could be lost.
_JOIN_SECONDS: Final = 3.0


@dataclass(kw_only=True)
class Reader:
    """A context in which a thread keeps the table; *announce* is called from that thread.

    *on_misfit* is called once if the topics are not those declared when they are first seen.
    """

    options: kafka.Options
    catalog: Catalog
    pipeline: Pipeline
    materializer: Materializer
    health: Health
    announce: Callable[[Change], object]
    on_misfit: Callable[[TopologyError], object]
    clock: Clock = field(default_factory=SystemClock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _connected: bool = False

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(_JOIN_SECONDS if self._connected else 0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except OffsetLost as lost:
                # The next session finds out what became of it.
                logger.warning("reader.offset_lost", extra={"error": str(lost)})
            except TableAhead as ahead:
                logger.warning("reader.table_forgotten", extra={"reason": str(ahead)})
                self.materializer.forget()
            except TopologyError as error:
                self._tell_misfit(error)
                self._pause()
            except Exception as error:  # whatever it is, reading goes on when it has passed
                logger.exception("reader.trouble")
                self._tell(ready=False, reason=f"not reading: {kafka.describe(error)}")
                self._pause()

    def _pause(self) -> None:
        self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        self._tell(ready=False, reason="asking Kafka for its topics")
        epoch = verified_epoch(self.options, self.catalog, self.pipeline)
        self._connected = True
        sources = sources_of(self.catalog, self.pipeline)
        session = Session(self.options, sources, self.materializer.bind(epoch))
        try:
            self.announce(self.materializer.standing())
            self._tell(ready=False, reason="catching up with the topics")
            self._turn_until_stopped(session)
        finally:
            session.close()

    def _turn_until_stopped(self, session: Session) -> None:
        looked_at = self.clock.monotonic()
        while not self._stop.is_set():
            self._turn(session)
            self.health.turned()
            if self.clock.monotonic() - looked_at > _LOOK_SECONDS:
                self._look(session)
                looked_at = self.clock.monotonic()

    def _turn(self, session: Session) -> None:
        batch = session.read()
        if len(batch):
            self.announce(self.materializer.apply(batch))
        if session.caught_up and not self.materializer.caught_up:
            self.announce(self.materializer.finish())
            self._look(session)

    def _look(self, session: Session) -> None:
        outage = session.outage()
        metrics.STATUS_LAG.set(session.lag())
        if outage:
            self._tell(ready=False, reason=f"Kafka does not answer: {outage}")
        elif self.materializer.caught_up:
            self._tell(ready=True, reason="caught up")

    def _tell_misfit(self, error: TopologyError) -> None:
        self._tell(ready=False, reason=str(error))
        if not self._connected:
            self._stop.set()
            self.on_misfit(error)

    def _tell(self, *, ready: bool, reason: str) -> None:
        if (ready, reason) != (self.health.ready, self.health.reason):
            logger.info("status.readiness", extra={"ready": ready, "reason": reason})
        self.health.set_ready(ready=ready, reason=reason)
