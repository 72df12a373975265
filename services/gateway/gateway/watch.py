"""Is Kafka there, and are its topics those declared? Asked at start and then every few seconds."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.observing.health import Health
from headway.topics.topology import check_topics, misfit

logger = logging.getLogger(__name__)

#: A look that is not answered in time is one missed look.
_ASK_SECONDS: Final = 2.0
#: How long a partition that was added may stay unnoticed.
_WHILE_READY_SECONDS: Final = 5.0
#: Sooner, for every submission is refused until Kafka is seen again.
_WHILE_AWAY_SECONDS: Final = 1.0
_MISSED_IN_A_ROW: Final = 3
_FITS: Final = "Kafka answers and its topics are as declared"


@dataclass
class Watch:
    """Keeps *health* true from a thread of its own; a context.

    Topics that do not fit when Kafka is first met are told once and for all: `misfit` is set and
    `on_misfit` called with it. Later only their partitions are counted, in one request; while they
    do not fit it is not ready, and goes on looking. One look that is not answered says little, for
    a broker of several may be away or slow: only some in a row make it unready.
    """

    options: kafka.Options
    catalog: Catalog
    health: Health
    on_misfit: Callable[[TopologyError], object]
    misfit: TopologyError | None = None
    _compared: bool = False
    _missed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A daemon: a request to a cluster that is away must not hold the exit up.
        threading.Thread(target=self._run, name="watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        questions = Questions(self.options)
        while self.misfit is None and not self._stop.is_set():
            self._look(questions)
            well = self.health.ready and not self._missed
            self._stop.wait(_WHILE_READY_SECONDS if well else _WHILE_AWAY_SECONDS)

    def _look(self, questions: Questions) -> None:
        try:
            look = partial(misfit, catalog=self.catalog, seconds=_ASK_SECONDS)
            # First the question that is given up soon: the comparison waits longer for an answer.
            fault = questions.ask(look)
            if not self._compared:
                check_topics(self.options, self.catalog)
                self._compared = True
        except TopologyError as error:
            self.misfit = error
            self._tell(ready=False, reason=str(error))
            self.on_misfit(error)
        except (kafka.KafkaException, TimeoutError) as error:
            self._missed += 1
            # Who is unready anyway tells the newest reason at once.
            if self._missed >= _MISSED_IN_A_ROW or not self.health.ready:
                self._tell(ready=False, reason=f"Kafka does not answer: {kafka.describe(error)}")
        else:
            self._missed = 0
            self._tell(ready=fault is None, reason=fault or _FITS)

    def _tell(self, *, ready: bool, reason: str) -> None:
        if ready != self.health.ready or reason != self.health.reason:
            logger.info("gateway.readiness", extra={"ready": ready, "reason": reason})
        self.health.set_ready(ready=ready, reason=reason)
