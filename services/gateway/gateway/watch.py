"""Is Kafka there, and are its topics those declared? Asked at start and then every few seconds."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from headway import kafka
from headway.catalog import Catalog
from headway.errors import TopologyError
from headway.health import Health
from headway.provision import check_topics

logger = logging.getLogger(__name__)

_ASK_SECONDS: Final = 2.0
_WHILE_READY_SECONDS: Final = 5.0
_WHILE_AWAY_SECONDS: Final = 1.0


@dataclass
class Watch:
    """Keeps *health* true from a thread of its own; a context.

    Topics that do not fit cannot heal by themselves: `misfit` is set and `on_misfit` called,
    once. Topics are compared when Kafka is first met; afterwards one metadata request suffices.
    """

    options: kafka.Options
    catalog: Catalog
    topic: str
    health: Health
    on_misfit: Callable[[], None]
    misfit: TopologyError | None = None
    _compared: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A daemon: a request to a cluster that is away must not hold the exit up.
        threading.Thread(target=self._run, name="watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        admin = kafka.admin_client(self.options)
        while self.misfit is None and not self._stop.is_set():
            self._look(admin)
            pause = _WHILE_READY_SECONDS if self.health.ready else _WHILE_AWAY_SECONDS
            self._stop.wait(pause)

    def _look(self, admin: kafka.AdminClient) -> None:
        try:
            # Asked for by name, a missing topic might be created by the broker.
            admin.list_topics(self.topic if self._compared else None, timeout=_ASK_SECONDS)
            if not self._compared:
                check_topics(self.options, self.catalog)
                self._compared = True
        except TopologyError as error:
            self.misfit = error
            self._tell(ready=False, reason=str(error))
            self.on_misfit()
        except (kafka.KafkaException, TimeoutError) as error:
            self._tell(ready=False, reason=f"Kafka does not answer: {kafka.describe(error)}")
        else:
            self._tell(ready=True, reason="Kafka answers and its topics are as declared")

    def _tell(self, *, ready: bool, reason: str) -> None:
        if ready != self.health.ready or reason != self.health.reason:
            logger.info("gateway.readiness", extra={"ready": ready, "reason": reason})
        self.health.set_ready(ready=ready, reason=reason)
