"""The status service in this process: records come from lists, answers without a socket."""

import asyncio
import itertools
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import KafkaError, KafkaException, Message
from starlette.applications import Starlette

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.wire.codec import Codec
from status.answers.query import Table
from status.answers.tablereads import Asking
from status.answers.views import Views
from status.events.approach import Approach
from status.events.client import Bounds
from status.events.feed import Feeds
from status.events.hub import Hub
from status.http.app import Parts, make_app
from status.reading.batch import Batch
from status.reading.cluster import Ends
from status.reading.horizon import Horizon
from status.reading.materializer import Materializer
from status.settings import StatusSettings
from status.table.change import Change
from status.table.database import FILE_NAME
from status.table.position import Source
from status.table.store import Store
from status.table.tableposition import Tide

PARTITIONS = 6
EPOCH = "0123456789ab"
START_MS = 1_760_000_000_000
CATALOG = Catalog.load()
SOURCES = {
    CATALOG["jobs.submitted"].name: Source.SUBMITTED,
    CATALOG["job-state"].name: Source.STATE,
    CATALOG["job-progress"].name: Source.PROGRESS,
}
#: Every state a job runs through, with stage index and step.
STEPS = {
    "PROCESS_1_RUNNING": (30, 1, 0),
    "PROCESS_1_DONE": (50, 1, 1),
    "PROCESS_2_RUNNING": (70, 2, 0),
    "COMPLETED": (100, 2, 1),
}


class Records:
    """The bytes of records, with whatever a test does not care about filled in."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._clock = itertools.count(START_MS)

    def submission(self, job_id: str, *, title: str = "data.csv") -> bytes:
        source = {"content": b"a,b\n1,2\n"}
        value = {"job_id": job_id, "title": title, "delimiter": None, "source": source}
        return self._codec.encode("job-submitted", value)

    def state(self, job_id: str, status: str, **fields: Any) -> bytes:
        progress, stage_index, step = STEPS.get(status, (30, 1, 1))
        at = next(self._clock)
        value = {
            "job_id": job_id,
            "attempt": 1,
            "title": "data.csv",
            "submitted_at": START_MS,
            "submitted_offset": 0,
            "timeline": [{"status": "QUEUED", "at": START_MS}, {"status": status, "at": at}],
            "updated_at": at,
            "stage_index": stage_index,
            "step": step,
            "terminal": status in {"COMPLETED", "FAILED"},
            "status": status,
            "progress": progress,
            "stage": f"p{stage_index}",
            "error": None,
            "result": [],
        }
        return self._codec.encode("job-state", value | fields)

    def report(self, job_id: str, progress: int, **fields: Any) -> bytes:
        value = {
            "job_id": job_id,
            "attempt": 1,
            "stage_index": 1,
            "progress": progress,
            "note": f"at {progress}",
            "at": next(self._clock),
        }
        return self._codec.encode("job-progress", value | fields)


class Log:
    """The three topics as lists: what is appended is given out by `batch`, once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._next: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._new: list[Message] = []
        self.now_ms = START_MS

    def submission(self, job_id: str, *, title: str = "data.csv") -> None:
        value = self.records.submission(job_id, title=title)
        self.append("jobs.submitted", job_id, value)

    def state(self, job_id: str, status: str, **fields: Any) -> None:
        self.append("job-state", job_id, self.records.state(job_id, status, **fields))

    def report(self, job_id: str, progress: int, **fields: Any) -> None:
        self.append("job-progress", job_id, self.records.report(job_id, progress, **fields))

    def append(self, topic: str, key: str | bytes | None, value: bytes | None) -> None:
        """One record, bytes as given."""
        name = CATALOG[topic].name
        raw = key.encode() if isinstance(key, str) else key
        partition = zlib.crc32(raw or b"") % PARTITIONS
        offset = self._next[name, partition]
        self._next[name, partition] = offset + 1
        self.now_ms += 1
        self._new.append(
            Message(
                topic=name,
                partition=partition,
                offset=offset,
                key=raw,
                value=value,
                timestamp=(1, self.now_ms),
            )
        )

    def take(self) -> list[Message]:
        """The records appended since the last time."""
        taken, self._new = self._new, []
        return taken

    def put_back(self, messages: Iterable[Message]) -> None:
        """Have them given out after all."""
        self._new = [*messages, *self._new]

    def batch(self) -> Batch:
        return batch_of(self.take())


def batch_of(messages: Sequence[Message]) -> Batch:
    batch = Batch(SOURCES)
    batch.add(messages)
    return batch


class ManualScheduler:
    """An event loop's clock and timers, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        self._due.append((self.now + delay, callback))
        return None

    def advance(self, seconds: float) -> None:
        """Let time pass and call what is due then."""
        self.now += seconds
        due, self._due = (
            [item for item in self._due if item[0] <= self.now],
            [item for item in self._due if item[0] > self.now],
        )
        for _, callback in due:
            callback()


class Rig:
    """The service without Kafka and without a server: records go in, answers come out."""

    def __init__(self, folder: Path, log: Log, codec: Codec) -> None:
        self.path = folder / FILE_NAME
        self.log = log
        self.pipeline = Pipeline.load()
        self.store = Store(self.path)
        self.materializer = Materializer(self.store, CATALOG, self.pipeline, codec)
        self.table = Table(self.path, PARTITIONS)
        self.tide = Tide(PARTITIONS)
        self.views = Views(codec, self.pipeline)
        self.scheduler = ManualScheduler()
        self.hub = Hub(
            self.table.jobs,
            self.views,
            self.tide,
            tick_seconds=0.03,
            bounds=Bounds(chunks=4, bytes=1_000_000),
        )
        #: How far the topics go, as a cluster would say; unset: as far as the table has come.
        self.ends: Ends | None = None
        #: Whether the cluster answers.
        self.reachable = True
        self.horizon = Horizon(self._say_ends)
        self.feeds = self.feeds_of(self.table)
        self.objects = ObjectStore.open("memory://")
        self.health = Health()

    def feeds_of(self, table: Table) -> Feeds:
        """Streams that read *table*."""
        asking = Asking(table=table, tide=self.tide, horizon=self.horizon)
        approach = Approach(tide=self.tide, horizon=self.horizon)
        return Feeds(asking=asking, approach=approach, views=self.views)

    def _say_ends(self) -> Ends:
        if not self.reachable:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        if self.ends is not None:
            return self.ends
        position = self.materializer.standing().position
        return Ends(position.base, position.vector, position.vector)

    def begin(self, epoch: str = EPOCH) -> None:
        """Bind the table; it is empty and still being built."""
        self.materializer.bind(epoch)
        self.publish(self.materializer.standing())

    def catch_up(self) -> None:
        """Apply what the log has, and call that all there was."""
        self.apply()
        self.publish(self.materializer.finish())

    def apply(self) -> Change:
        """Commit what the log has, and tell the hub."""
        change = self.commit()
        self.publish(change)
        return change

    def commit(self) -> Change:
        """Commit what the log has, and tell nobody."""
        return self.materializer.apply(self.log.batch())

    def publish(self, change: Change) -> None:
        self.hub.publish(change, self.scheduler)

    def app(self, **settings: Any) -> Starlette:
        told = {
            "kafka_bootstrap_servers": "none:9092",
            "object_store_url": "memory://",
            "data_dir": "",
        }
        return make_app(
            Parts(
                settings=StatusSettings(**(told | settings)),
                pipeline=self.pipeline,
                table=self.table,
                tide=self.tide,
                views=self.views,
                hub=self.hub,
                horizon=self.horizon,
                store=self.objects,
                health=self.health,
            )
        )

    def close(self) -> None:
        self.table.__exit__()
        self.store.__exit__()


class Web:
    """Sends requests to the service in this process, each in an event loop of its own."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def get(self, path: str, *, method: str = "GET", **settings: Any) -> httpx.Response:
        app = self._rig.app(**settings)

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
                return await client.request(method, path)

        return asyncio.run(exchange())

    def json(self, path: str) -> dict[str, Any]:
        """The body of an answer that has to be 200."""
        response = self.get(path)
        assert response.status_code == httpx.codes.OK, response.text
        body: dict[str, Any] = response.json()
        return body
