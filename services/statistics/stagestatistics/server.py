"""The statistics as a service (`headway.serving.service`): Faust without its worker and its web.

Order of the end: the group is left, so that others go on at once; what was read and not yet summed
is read again by them.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import faust

from headway.base.clock import SystemClock
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.observing.health import Health
from headway.serving.flood import Flood
from headway.serving.healthserver import HealthServer
from headway.serving.service import Service
from headway.serving.signals import Ending
from headway.topics.topology import check_topics
from stagestatistics.app import make_app
from stagestatistics.settings import StatisticsSettings

logger = logging.getLogger("statistics")

_LOOK_SECONDS: Final = 0.2
#: Faust's and its client's: at INFO each rebalance is a page of tables.
_LOUD: Final = ("faust", "mode", "aiokafka")


class CrashedError(Exception):
    """Faust has given up; its supervisor is ours: the process ends, and is started again."""


@dataclass(frozen=True, slots=True)
class FaustWork:
    """One application, run until the process is told to end."""

    settings: StatisticsSettings
    health: Health

    def run(self, ending: Ending) -> None:
        """As `headway.serving.service.Work` has it."""
        settings = self.settings
        address = {"host": settings.http_host, "port": settings.http_port}
        with HealthServer(self.health, **address) as server:  # type: ignore[arg-type]  # as they are called
            logger.info("statistics.started", extra={"port": server.port})
            ending.in_order(within_seconds=settings.drain_seconds + settings.exit_seconds)
            asyncio.run(self._work(ending))

    async def _work(self, ending: Ending) -> None:
        app = make_app(self.settings)
        starting = asyncio.ensure_future(app.start())
        while not ending.told.is_set():
            self._tell(app, starting)
            await asyncio.sleep(_LOOK_SECONDS)
        self.health.set_ready(ready=False, reason="draining")
        starting.cancel()
        with suppress(TimeoutError):  # what is left of it ends with the process
            await asyncio.wait_for(app.stop(), self.settings.drain_seconds)

    def _tell(self, app: faust.App, starting: "asyncio.Future[object]") -> None:
        """Health, once a turn of the loop.

        Raises:
            CrashedError: it cannot go on.
        """
        self.health.turned()
        if starting.done() and (error := starting.exception()):
            raise CrashedError(repr(error)) from error
        if app.crashed:
            raise CrashedError(repr(app.crash_reason)) from app.crash_reason
        if not starting.done() or app.rebalancing:
            return self.health.set_ready(ready=False, reason="joining the group")
        stages = len(app.consumer.assignment()) if app.consumer else 0
        return self.health.set_ready(ready=True, reason=f"{stages} partitions")


@contextmanager
def opened(settings: StatisticsSettings) -> Iterator[FaustWork]:
    """The work, with the cluster's topics compared.

    Raises:
        SettingsError: a setting or a topic does not fit.
    """
    _bound_logs()
    check_topics(kafka.client_options(settings), Catalog.of(settings))
    yield FaustWork(settings, Health(component="statistics"))


def _bound_logs() -> None:
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Flood(SystemClock()))


SERVICE: Final = Service(name="statistics", settings=StatisticsSettings, opened=opened)
