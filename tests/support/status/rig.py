"""The status service in this process: records come from lists, answers without a socket."""

from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from starlette.applications import Starlette
from support.clock import ManualClock
from support.status.records import START_MS
from support.status.timers import ManualTimers
from support.status.topics import CATALOG, PARTITIONS, Log

from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.wire.codec import Codec
from status.answers.query import Table
from status.answers.tablereads import TableReads
from status.answers.views import Views
from status.events.approach import Approach
from status.events.client import Bounds
from status.events.expecting import Expecting
from status.events.feed import Feeds
from status.events.hub import Hub
from status.expected.expectations import Expectations
from status.expected.outlook import Outlook
from status.expected.outlooks import Outlooks
from status.expected.standing import Standings
from status.http.app import Parts, make_app
from status.letters.letter import Letters
from status.letters.listing import Desk
from status.letters.shelf import FILE_NAME as LETTERS_FILE
from status.letters.shelf import Shelf
from status.reading.cluster import Ends
from status.reading.horizon import Horizon
from status.reading.materializer import Materializer
from status.schedules.notice import Notice
from status.settings import StatusSettings
from status.stages.queues import Queues, queues
from status.stages.rates import Rates
from status.statistics.board import Board
from status.table.asked import Job
from status.table.change import Change
from status.table.database import FILE_NAME
from status.table.freshness import Freshness
from status.table.row import Row
from status.table.store import Store

EPOCH = "0123456789ab"
#: For how long it is told what was asked of a job.
ASKED_MS = 604_800_000


class Rig:
    """The service without Kafka and without a server: records go in, answers come out."""

    def __init__(self, folder: Path, log: Log, codec: Codec) -> None:
        self.path = folder / FILE_NAME
        self.log = log
        self.pipeline = Pipeline.load()
        self.store = Store(self.path)
        self.materializer = Materializer(self.store, CATALOG, self.pipeline, codec)
        self.table = Table(self.path, PARTITIONS)
        self.freshness = Freshness(PARTITIONS)
        self.clock = ManualClock(START_MS)
        standings = Standings(codec, self.pipeline)
        self.expectations = Expectations(standings=standings, clock=self.clock)
        expect = self.expectations.shown
        self.views = Views(codec, self.pipeline, asked_ms=ASKED_MS, clock=self.clock, expect=expect)
        self.rates = Rates(self.clock)
        self.statistics = Board(codec, [stage.name for stage in self.pipeline.stages])
        self.timers = ManualTimers()
        self.hub = Hub(
            self.table.jobs,
            self.views,
            self.freshness,
            tick_seconds=0.03,
            bounds=Bounds(chunks=4, bytes=1_000_000),
        )
        self.expecting = Expecting(self.hub, self.expectations, self.table.jobs, self.clock)
        #: How far the topics go, as a cluster would say; unset: as far as the table has come.
        self.ends: Ends | None = None
        #: Whether the cluster answers.
        self.reachable = True
        self.horizon = Horizon(self._say_ends)
        self.feeds = self.feeds_of(self.table)
        stages = {CATALOG[stage.dead_letters].name: stage.name for stage in self.pipeline.stages}
        self.shelf = Shelf(folder / LETTERS_FILE)
        self.desk = Desk(self.shelf.path, self.path)
        self.letters = Letters(codec, stages)
        #: The dead letters that Kafka has, by their places; an exception is raised instead.
        self.kafka: dict[tuple[str, int, int], Message | Exception] = {}
        self.objects = ObjectStore.open("memory://")
        self.health = Health()
        self.outlooks = self._outlooks(codec)
        self.schedules = Notice()

    def feeds_of(self, table: Table) -> Feeds:
        """Streams that read *table*."""
        reads = TableReads(table=table, freshness=self.freshness, horizon=self.horizon)
        approach = Approach(freshness=self.freshness, horizon=self.horizon)
        return Feeds(reads=reads, approach=approach, views=self.views)

    def look(self, seconds: float = 1.0) -> None:
        """Look ahead, so long after the last time."""
        self.clock.advance(seconds)
        self.health.set_ready(ready=True, reason="")
        self.outlooks.look()

    def _outlooks(self, codec: Codec) -> Outlooks:
        return Outlooks(
            table=self.table,
            codec=codec,
            pipeline=self.pipeline,
            health=self.health,
            pauses=lambda: self.hub.pauses,
            announce=self._expect,
            clock=self.clock,
        )

    def _expect(self, outlook: Outlook) -> None:
        self.expectations.now = outlook
        self.expecting.tell()

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
        self.rates.note(change)
        self.outlooks.note(change)
        self.hub.publish(change, self.timers)

    def queues(self) -> Queues:
        """How the stages stand."""
        with self.table.snapshot() as snapshot:
            return queues(snapshot, self.pipeline)

    def job(self, job_id: str) -> Job:
        """A job that has to be there."""
        with self.table.snapshot() as snapshot:
            job = snapshot.job(job_id)
        assert job is not None
        return job

    def row(self, job_id: str) -> Row:
        """The row of a job that has to be there."""
        return self.job(job_id).row

    def counts(self) -> dict[str, int]:
        """How many jobs have each status."""
        with self.table.snapshot() as snapshot:
            return snapshot.counts()

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
                freshness=self.freshness,
                views=self.views,
                expectations=self.expectations,
                expecting=self.expecting,
                hub=self.hub,
                horizon=self.horizon,
                store=self.objects,
                health=self.health,
                desk=self.desk,
                rates=self.rates,
                schedules=self.schedules,
                statistics=self.statistics,
                clock=self.clock,
                letters=self.letters,
                letter_topics={topic: topic for topic in ("p1.dlq", "p2.dlq")},
                read_at=self._read_at,
            )
        )

    def _read_at(self, topic: str, partition: int, offset: int) -> Message | None:
        found = self.kafka.get((topic, partition, offset))
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.shelf.__exit__()
        self.table.__exit__()
        self.store.__exit__()
