"""The work of a service that speaks HTTP: an application, served by uvicorn until the end.

Order of the end: *before_end*; the port closes; open requests end, for at most *drain_seconds*; the
application's lifespan ends. What the service has open is closed after that, in the reverse order,
and EXIT_SECONDS bound what follows (`headway.serving.signals`).
"""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Literal

import uvicorn

from headway.declared.settings import Settings
from headway.serving.connections import GuardedProtocol, guarded
from headway.serving.flood import bound_floods
from headway.serving.listening import allowance
from headway.serving.signals import Ending

#: Loggers that anybody outside can make write.
_FLOODED: Final = ("asyncio", "uvicorn.error")


class Site:
    """One application on the address of *settings*, answered by bounded connections.

    *files* is how many the service may hold open beside connections. What follows the drain may
    take *after_seconds* beside EXIT_SECONDS. *before_end* is called by the event loop when the end
    begins. *name* begins the names of the log events.

    Raises:
        SettingsError: the process may not open enough files to be of any use.
    """

    def __init__(
        self,
        app: Any,
        *,
        name: str,
        settings: Settings,
        most_connections: int,
        drain_seconds: int,
        after_seconds: float = 0.0,
        files: int = 0,
        lifespan: Literal["on", "off"] = "off",
        protocol: type[GuardedProtocol] = GuardedProtocol,
        before_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._within_seconds = drain_seconds + after_seconds + settings.exit_seconds
        self._fault: Exception | None = None
        bound_floods(*_FLOODED)
        allowed = allowance(most_connections, files)
        config = uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            http=guarded(protocol, allowed.connections),
            backlog=allowed.backlog,
            timeout_graceful_shutdown=drain_seconds,
            lifespan=lifespan,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        self._server = _Server(config, name, before_end)

    def run(self, ending: Ending) -> None:
        """As `headway.serving.service.Work` has it; raises what `fail` was told.

        Raises:
            RuntimeError: the server did not start.
        """
        ending.in_order(within_seconds=self._within_seconds, on_told=self._stop)
        with suppress(SystemExit):  # uvicorn's way out where the port is taken
            self._server.run()
        if self._fault is not None:
            raise self._fault
        if not self._server.started and not ending.told.is_set():
            raise RuntimeError("the server did not start; the line before says why")

    def fail(self, error: Exception) -> None:
        """End in order, then raise *error*; for any thread."""
        self._fault = error
        self._stop()

    def _stop(self) -> None:
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Tells its port, and waits for open requests only after *before_end*."""

    def __init__(self, config: uvicorn.Config, name: str, before_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._name = name
        self._before_end = before_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for bound in server.sockets:
                extra = {"port": bound.getsockname()[1]}
                logging.getLogger(self._name).info(f"{self._name}.started", extra=extra)  # noqa: G004

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_end()
        await super().shutdown(sockets)
