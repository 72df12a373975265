"""The folder the demo lives in, and who may use it.

broker/    Kafka's data, if it is a local process
objects/   the object store
status/    the status service's database
logs/      one log a service, of the last run
reports/   what was downloaded
running    the dashboard's address of the demo that runs, or ran last
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headway.base.errors import HeadwayError
from localkafka import BrokerError
from localkafka.process import locked

#: What a demo that was killed leaves behind is gone after about a second.
_LOCK_SECONDS: Final = 2.0


class DemoError(HeadwayError):
    """Raised when the demo cannot go on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    path: Path

    def folder(self, name: str) -> Path:
        """The folder *name* of it, made if need be."""
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, service: str) -> Path:
        return self.folder("logs") / f"{service}.log"

    def tell_address(self, dashboard: str) -> None:
        """Leave the dashboard's address for whoever tries to start a second demo here."""
        self._running.write_text(dashboard, encoding="utf-8")

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Have the folder alone; yields the lock's descriptor, which children share.

        Raises:
            DemoError: another demo, or what is left of one, runs here.
        """
        with ExitStack() as stack:
            try:
                lock = stack.enter_context(
                    locked(self.path / "lock", timeout_seconds=_LOCK_SECONDS)
                )
            except BrokerError as error:
                raise DemoError(self._why_taken(error)) from error
            self._running.unlink(missing_ok=True)
            yield lock

    def _why_taken(self, error: BrokerError) -> str:
        if not self._running.exists():
            return str(error)
        address = self._running.read_text(encoding="utf-8")
        return (
            f"a demo runs in {self.path} already, its dashboard is {address}: end it with Ctrl-C "
            "where it runs, or give this one a folder of its own with --state"
        )

    @property
    def _running(self) -> Path:
        return self.path / "running"
