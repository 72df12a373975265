"""The statistics as a service (`headway.serving.service`): Faust without its worker and its web.

Brokers that are away are waited for, at the start and later; `/readyz` says so meanwhile.
Order of the end: the group is left, so that others go on at once; what was read and not yet summed
is read again by them.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
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
from stagestatistics.app import make_app
from stagestatistics.settings import StatisticsSettings
from stagestatistics.watch import Watch

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
    watch: Watch

    def run(self, ending: Ending) -> None:
        """As `headway.serving.service.Work` has it.

        Raises:
            TopologyError: the cluster's topics are not those declared.
            CrashedError: Faust cannot go on.
        """
        settings = self.settings
        address = {"host": settings.http_host, "port": settings.http_port}
        with self.watch, HealthServer(self.health, **address) as server:  # type: ignore[arg-type]  # as they are called
            logger.info("statistics.started", extra={"port": server.port})
            ending.in_order(within_seconds=settings.drain_seconds + settings.exit_seconds)
            if self._meets(ending):
                # `asyncio.run` would wait for tasks of Faust that take no cancellation.
                asyncio.new_event_loop().run_until_complete(self._work(ending))

    def _meets(self, ending: Ending) -> bool:
        """Wait for brokers that answer; false if it is told to end before they do.

        Raises:
            TopologyError: their topics are not those declared.
        """
        while not self.watch.met:
            if self.watch.misfit is not None:
                raise self.watch.misfit
            self.health.turned()
            self._set(ready=False, reason=self.watch.fault or "starting")
            if ending.told.wait(_LOOK_SECONDS):
                return False
        return True

    async def _work(self, ending: Ending) -> None:
        app = make_app(self.settings)
        starting = asyncio.ensure_future(app.start())
        while not ending.told.is_set():
            self._tell(app, starting)
            await asyncio.sleep(_LOOK_SECONDS)
        self._set(ready=False, reason="draining")
        starting.cancel()
        await self._leave(app)

    async def _leave(self, app: faust.App) -> None:
        """Leave the group, or give that up; what is left of *app* ends with the process."""
        leaving = asyncio.ensure_future(app.stop())
        # Not `wait_for`: that waits on for what does not take its cancellation.
        await asyncio.wait({leaving}, timeout=self.settings.drain_seconds)
        if not leaving.done() or leaving.cancelled() or leaving.exception():
            logger.warning("statistics.not_left")

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
        if fault := self.watch.fault:
            return self._set(ready=False, reason=fault)
        if not starting.done() or app.rebalancing:
            return self._set(ready=False, reason="joining the group")
        stages = len(app.consumer.assignment()) if app.consumer else 0
        return self._set(ready=True, reason=f"{stages} partitions")

    def _set(self, *, ready: bool, reason: str) -> None:
        if (ready, reason) != (self.health.ready, self.health.reason):
            logger.info("statistics.readiness", extra={"ready": ready, "reason": reason})
        self.health.set_ready(ready=ready, reason=reason)


@contextmanager
def opened(settings: StatisticsSettings) -> Iterator[FaustWork]:
    """The work, which asks for the brokers by itself.

    Raises:
        SettingsError: a setting does not fit.
    """
    _bound_logs()
    watch = Watch(kafka.client_options(settings), Catalog.of(settings))
    yield FaustWork(settings, Health(component="statistics"), watch)


def _bound_logs() -> None:
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Flood(SystemClock()))


SERVICE: Final = Service(name="statistics", settings=StatisticsSettings, opened=opened)
