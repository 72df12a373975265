"""The status service as a real process, and a writer of what it reads."""

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx
from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from headway.edges.kafka import Headers


class StatusService:
    """One replica on a port of its own that it keeps over restarts."""

    def __init__(
        self, environment: Mapping[str, str], folder: Path, *, files: int | None = None
    ) -> None:
        self.data = folder / "data"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = {
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(port),
            "DATA_DIR": str(self.data),
            "OBJECT_STORE_URL": f"file://{folder}/objects",
        }
        log = folder / "status.log"
        self.process = Service("status", environment={**environment, **own}, log=log, files=files)

    def start(self) -> "StatusService":
        """Start and wait until it has caught up."""
        self.process.start()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.readiness() != httpx.codes.OK:
            assert time.monotonic() < deadline, f"not ready:\n{self.process.tail()}"
            time.sleep(0.02)

    def readiness(self) -> int:
        """The status of /readyz; 0 while the port is closed."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=DEADLINE_SECONDS).status_code
        except httpx.TransportError:
            return 0

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=DEADLINE_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def lose_file(self) -> None:
        """Delete what it has stored, as a pod's local disk is lost."""
        shutil.rmtree(self.data)


class Written(NamedTuple):
    """One record to be written: to a topic by its logical name."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers = []  # noqa: RUF012 - never changed


class Writer:
    """Writes transactions, as stages do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer = sure_producer(
            cluster.options, transactional_id=f"{cluster.prefix}writer", linger_ms=0
        )
        self._producer.init_transactions(DEADLINE_SECONDS)

    def commit(self, *records: Written) -> list[str]:
        """Write all of them in one transaction; their places as `partition:offset`."""
        self._producer.begin_transaction()
        places = self._produce(records)
        self._producer.commit_transaction(DEADLINE_SECONDS)
        return places

    def abort(self, *records: Written) -> None:
        """Write all of them, and take them back."""
        self._producer.begin_transaction()
        self._produce(records)
        self._producer.abort_transaction(DEADLINE_SECONDS)

    def _produce(self, records: Iterable[Written]) -> list[str]:
        places: list[str] = []

        def delivered(_error: object, message: kafka.Message) -> None:
            places.append(f"{message.partition()}:{message.offset()}")

        for record in records:
            topic = self._cluster.catalog[record.topic].name
            told = record.headers or None
            self._producer.produce(
                topic, record.value, record.key, on_delivery=delivered, headers=told
            )
        self._producer.flush(DEADLINE_SECONDS)
        return places
