"""The status service as a real process, and a writer of what it reads."""

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import httpx
from support.cluster import Cluster
from support.processes import Service, free_port

from headway import kafka

_READY_SECONDS = 30.0


class StatusService:
    """One replica on a port of its own that it keeps over restarts."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._data = folder / "data"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = {
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(port),
            "DATA_DIR": str(self._data),
            "OBJECT_STORE_URL": f"file://{folder}/objects",
        }
        log = folder / "status.log"
        self.process = Service("status", environment={**environment, **own}, log=log)

    def start(self) -> "StatusService":
        """Start and wait until it has caught up."""
        self.process.start()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while self.readiness() != httpx.codes.OK:
            assert time.monotonic() < deadline, f"not ready:\n{self.process.tail()}"
            time.sleep(0.02)

    def readiness(self) -> int:
        """The status of /readyz; 0 while the port is closed."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code
        except httpx.TransportError:
            return 0

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=20)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def lose_file(self) -> None:
        """Delete what it has stored, as a pod's local disk is lost."""
        shutil.rmtree(self._data)


class Written(NamedTuple):
    """One record to be written: to a topic by its logical name."""

    topic: str
    key: str
    value: bytes | None


class Writer:
    """Writes transactions, as stages do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer = kafka.producer(
            cluster.options, transactional_id=f"{cluster.prefix}writer", linger_ms=0
        )
        self._producer.init_transactions(30)

    def commit(self, *records: Written) -> list[str]:
        """Write all of them in one transaction; their places as `partition:offset`."""
        self._producer.begin_transaction()
        places = self._produce(records)
        self._producer.commit_transaction(30)
        return places

    def abort(self, *records: Written) -> None:
        """Write all of them, and take them back."""
        self._producer.begin_transaction()
        self._produce(records)
        self._producer.abort_transaction(30)

    def _produce(self, records: Iterable[Written]) -> list[str]:
        places: list[str] = []

        def delivered(_error: object, message: kafka.Message) -> None:
            places.append(f"{message.partition()}:{message.offset()}")

        for record in records:
            topic = self._cluster.catalog[record.topic].name
            self._producer.produce(topic, record.value, record.key, on_delivery=delivered)
        self._producer.flush(30)
        return places
