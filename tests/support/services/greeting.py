"""A service that is no stage but a site: `python -m support.services.greeting <what>`.

`/` greets at once; `/farewell` when the end has begun; `/never` never.

`opening`: it never comes to be open. `unbegun`: its application does not come up. `refused`: what
it finds out while it works is the operator's to mend. `broken`: it finds that it cannot go on.
`stuck`: what it has open does not close.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from headway.base.errors import SettingsError
from headway.declared.settings import Settings, setting
from headway.observing.health import Health
from headway.serving import service
from headway.serving.healthroutes import health_routes
from headway.serving.site import Site

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class GreetingSettings(Settings):
    """What only this service needs to be told."""

    drain_seconds: int = setting("How long open requests may take.", default=5, minimum=0)


class Greetings:
    """The routes."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()

    async def greet(self, _request: Request) -> Response:
        return PlainTextResponse("hello")

    async def farewell(self, _request: Request) -> Response:
        logger.info("greeting.asked")
        await self.ending.wait()
        return PlainTextResponse("farewell")

    async def never(self, _request: Request) -> Response:
        logger.info("greeting.asked")
        await asyncio.Event().wait()
        raise AssertionError


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    if "unbegun" in sys.argv:
        raise ZeroDivisionError("nobody expected this")
    yield


@contextmanager
def _opened(settings: GreetingSettings) -> Iterator[Site]:
    said = set(sys.argv[1:])
    logger.info("greeting.opening")
    if "opening" in said:
        threading.Event().wait()
    health, greetings = Health(), Greetings()
    health.set_ready(ready=True, reason="greeting")
    routes = [
        Route("/", greetings.greet),
        Route("/farewell", greetings.farewell),
        Route("/never", greetings.never),
        *health_routes(health),
    ]
    site = Site(
        Starlette(routes=routes, lifespan=_lifespan),
        name="greeting",
        settings=settings,
        most_connections=16,
        drain_seconds=settings.drain_seconds,
        lifespan="on",
        before_end=greetings.ending.set,
    )
    if "refused" in said:
        site.fail(SettingsError("it does not fit: mend it"))
    if "broken" in said:
        site.fail(ZeroDivisionError("nobody expected this"))
    yield site
    if "stuck" in said:
        threading.Event().wait()
    logger.info("greeting.closed")


if __name__ == "__main__":
    service.run(service.Service(name="greeting", settings=GreetingSettings, opened=_opened))
