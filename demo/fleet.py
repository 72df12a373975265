"""The services as child processes: started, awaited, started again if they die, stopped."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from localkafka.broker import tail
from localkafka.process import SupervisedProcess
from place import DemoError
from terminal import Terminal

_READY_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1
#: A service that dies this often will not recover by itself.
_MOST_RESTARTS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """`python -m <module>` with these settings; it answers at *url*.

    One that is *beside* the others is not waited for: jobs flow without it.
    """

    name: str
    url: str
    settings: Mapping[str, str]
    log: Path
    module: str
    python: str = sys.executable
    beside: bool = False


class Fleet:
    """Every service is a supervised process: none outlives this one, however it ends.

    They share *lock*, so the folder stays taken until the last of them is gone.
    """

    def __init__(self, terminal: Terminal, *, lock: int) -> None:
        self._terminal = terminal
        self._lock = lock
        self._running: dict[Service, SupervisedProcess] = {}
        self._restarts = 0

    def start(self, service: Service) -> None:
        """Start *service* with a new log; does not wait until it is ready."""
        service.log.unlink(missing_ok=True)
        self._running[service] = self._process(service)

    def wait_until_ready(self) -> None:
        """Wait for every service's /readyz. Blocks.

        Raises:
            DemoError: one ended, or is not ready in time.
        """
        since, awaited = time.monotonic(), [s for s in self._running if not s.beside]
        while awaited:
            reasons = {service: self._unready(service) for service in awaited}
            seconds = time.monotonic() - since
            for service in [service for service in awaited if reasons[service] is None]:
                awaited.remove(service)
                self._terminal.done(service.name, service.url, f"{seconds:.1f} s")
            told = ", ".join(f"{service.name} ({reasons[service]})" for service in awaited)
            if awaited and seconds > _READY_SECONDS:
                raise DemoError(f"not ready after {seconds:.0f} s: {told}")
            self._terminal.move(f"{seconds:.0f} s, waiting for {told}" if awaited else "")
            time.sleep(_POLL_SECONDS)

    def url(self, name: str) -> str:
        """Where the service called *name* answers."""
        return next(service.url for service in self._running if service.name == name)

    def mend(self) -> None:
        """Start again what has died, and say so.

        Raises:
            DemoError: that happened too often.
        """
        for service, process in self._running.items():
            if process.exit_code is None:
                continue
            if self._restarts == _MOST_RESTARTS:
                raise DemoError(_ended(service, process))
            self._restarts += 1
            self._terminal.warn(f"{_ended(service, process)}\n    starting it again")
            self._running[service] = self._process(service)

    def stop(self) -> None:
        """Stop in the order of starting, each with time to finish. Blocks."""
        for service, process in self._running.items():
            self._terminal.move(f"stopping {service.name} …")
            process.stop()

    def _process(self, service: Service) -> SupervisedProcess:
        settings = [f"{name}={value}" for name, value in service.settings.items()]
        return SupervisedProcess(
            ["env", *settings, service.python, "-m", service.module],
            log_file=service.log,
            working_dir=service.log.parent,
            scratch=None,
            held_descriptor=self._lock,
        )

    def _unready(self, service: Service) -> str | None:
        """Why *service* is not ready; None if it is."""
        if self._running[service].exit_code is not None:
            raise DemoError(_ended(service, self._running[service]))
        try:
            answer = httpx.get(f"{service.url}/readyz", timeout=1)
        except httpx.TransportError:
            return "starting"
        return None if answer.is_success else str(answer.json().get("reason", "starting"))


def _ended(service: Service, process: SupervisedProcess) -> str:
    said = service.log.read_text(encoding="utf-8", errors="replace")
    return f"{service.name} ended (exit code {process.exit_code}); its log ends:{tail(said)}"
