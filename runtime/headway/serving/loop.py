"""The work of a service that turns a loop: health beside it, and one deadline for its end."""

import logging
from dataclasses import dataclass, field
from typing import Protocol

from headway.base.clock import Clock, SystemClock
from headway.declared.settings import Settings
from headway.observing.health import Health
from headway.serving.healthserver import HealthServer
from headway.serving.signals import Ending


class Loop(Protocol):
    """What a service does again and again; called by one thread."""

    def start(self) -> None:
        """Begin; health is answered from before."""
        ...

    def turn(self) -> None:
        """One turn, which touches health. Its length bounds how late the end is begun."""
        ...

    def drain(self, deadline: float) -> None:
        """Finish what is in hand until *deadline* (monotonic s), and let go of everything."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedLoop:
    """*loop*, turned until the process is told to end, then drained for *drain_seconds* at most.

    `EXIT_SECONDS` after that the process is ended, whatever hangs. *name* begins the names of the
    log events.
    """

    name: str
    loop: Loop
    health: Health
    settings: Settings
    drain_seconds: float
    clock: Clock = field(default_factory=SystemClock)

    def run(self, ending: Ending) -> None:
        """As `headway.serving.service.Work` has it."""
        settings, logger = self.settings, logging.getLogger(self.name)
        with HealthServer(self.health, host=settings.http_host, port=settings.http_port) as server:
            self.loop.start()
            logger.info(f"{self.name}.started", extra={"port": server.port})  # noqa: G004 - its own event
            ending.in_order(within_seconds=self.drain_seconds + settings.exit_seconds)
            while not ending.told.is_set():
                self.loop.turn()
            logger.info(f"{self.name}.draining", extra={"seconds": self.drain_seconds})  # noqa: G004
            drain(self.loop, self.health, self.clock.monotonic() + self.drain_seconds)


def drain(loop: Loop, health: Health, deadline: float) -> None:
    """Drain *loop*, which is not ready from now on."""
    health.set_ready(ready=False, reason="draining")
    loop.drain(deadline)
