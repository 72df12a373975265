"""A service that is no stage and no site but a loop: `python -m support.services.ticking <what>`.

`opening`: it never comes to be open. `refused`: what it opens does not fit. `broken`: its loop
meets an error nobody expected. `busy`: what it has in hand does not end. `stuck`: nor does its
drain. `full`: it may open no more files.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from headway.base.errors import SettingsError
from headway.declared.settings import Settings, setting
from headway.observing.health import Health
from headway.serving import service
from headway.serving.loop import TurnedLoop

logger = logging.getLogger(__name__)

_TURN_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class TickingSettings(Settings):
    """What only this service needs to be told."""

    drain_seconds: float = setting("How long what is in hand may take.", default=5.0, minimum=0)


class Ticks:
    """A loop that counts its turns."""

    def __init__(self, health: Health, said: set[str]) -> None:
        self._health = health
        self._said = said
        self._count = 0

    def start(self) -> None:
        logger.info("ticking.begun")
        if "full" in self._said:
            with suppress(OSError):
                while True:
                    os.open(os.devnull, os.O_RDONLY)

    def turn(self) -> None:
        if "broken" in self._said:
            raise ZeroDivisionError("nobody expected this")
        self._count += 1
        self._health.turned()
        self._health.set_ready(ready=True, reason=f"{self._count} ticks")
        time.sleep(_TURN_SECONDS)

    def drain(self, deadline: float) -> None:
        if "stuck" in self._said:
            threading.Event().wait()
        while "busy" in self._said and time.monotonic() < deadline:
            time.sleep(_TURN_SECONDS)
        extra = {"ready": self._health.ready, "reason": self._health.reason}
        logger.info("ticking.drained", extra=extra)


@contextmanager
def _opened(settings: TickingSettings) -> Iterator[TurnedLoop]:
    said = set(sys.argv[1:])
    logger.info("ticking.opening")
    if "opening" in said:
        threading.Event().wait()
    if "refused" in said:
        raise SettingsError("it does not fit: mend it")
    health = Health()
    yield TurnedLoop(
        name="ticking",
        loop=Ticks(health, said),
        health=health,
        settings=settings,
        drain_seconds=settings.drain_seconds,
    )
    logger.info("ticking.closed")


if __name__ == "__main__":
    service.run(service.Service(name="ticking", settings=TickingSettings, opened=_opened))
