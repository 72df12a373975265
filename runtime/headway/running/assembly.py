"""The parts of one stage instance, put together from its declaration and settings."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.edges.objectstore import ObjectStore
from headway.following.jobindex import SeenLoader
from headway.handling.execution import Execution
from headway.handling.pool import WorkerPool
from headway.handling.progress import ProgressReports
from headway.observing import metrics
from headway.observing.health import Health
from headway.outcomes.claims import Claims
from headway.outcomes.deadletter import MAX_BATCH_BYTES, Origin
from headway.saying.committer import Committer
from headway.saying.sayer import NO_PRODUCER, Saying
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, Route, TransactionalSink
from headway.taking.assignment import Assignment
from headway.taking.committed import CommittedOffsets
from headway.taking.deliveries import Deliveries
from headway.taking.flow import Flow
from headway.taking.intake import Intake
from headway.taking.lives import Lives, client_id, new_life
from headway.taking.unreadable import Unreadable, end_of_batch
from headway.topics.topology import TopologyWatch, check_topics
from headway.wire.codec import Codec, split_version
from headway.wire.metadata import MOST_ANNOUNCED
from headway.wire.records import StageRecords

#: Five small requests a second from every instance.
_HEARTBEAT_MS = 200
#: How long the clients may take to let go when the process ends; the group notices either way.
_CLOSE_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Assembly:
    """Everything the loop works with."""

    name: str
    clock: Clock
    health: Health
    consumer: kafka.Consumer
    flow: Flow
    saying: Saying
    deliveries: Deliveries
    records: StageRecords
    execution: Execution
    pool: WorkerPool
    assignment: Assignment
    intake: Intake
    progress: ProgressReports
    loader: SeenLoader
    topology: TopologyWatch | None = field(default=None)

    def tell_gauges(self) -> None:
        owned = self.assignment.owned.values()
        metrics.PARTITIONS.labels(self.name).set(len(owned))
        span = max((partition.offsets.span for partition in owned), default=0)
        metrics.WATERMARK_SPAN.labels(self.name).set(span)

    def unready(self) -> str | None:
        """Why the stage is not able to work just now; None if it is."""
        if self.saying.aborted:
            return f"{self.saying.aborted} frames aborted in a row"
        if self.topology and self.topology.fault:
            return self.topology.fault
        if NO_PRODUCER in self.flow.everywhere:
            return "no producer: the cluster does not answer or refuses it"
        return self.assignment.pending

    def close(self) -> None:
        """Leave the group and let go of every client; handlers that still run are left alone.

        A client that does not let go is left behind: the process ends all the same.
        """
        self.pool.close()
        self.saying.close()
        self.assignment.close()
        self.loader.close()
        if self.topology:
            self.topology.close()
        closing = threading.Thread(target=self._close_clients, name="closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _close_clients(self) -> None:
        self.consumer.close()
        self.progress.close()


def assemble(stage: Stage, settings: StageSettings, health: Health) -> Assembly:
    """The parts of *stage*, not started. Blocks to compare the cluster's topics.

    Raises:
        TopologyError: the topics are not those declared.
        KeyError: the pipeline declares no stage of that name.
    """
    catalog, pipeline, codec = Catalog.of(settings), Pipeline.load(), Codec()
    declared = pipeline.stage(stage.name)
    options = kafka.client_options(settings)
    check_topics(options, catalog)
    clock = SystemClock()
    records = StageRecords(codec, pipeline, catalog, declared)
    claims = Claims(stage.name, lambda: ObjectStore.open(settings.object_store_url))
    execution = Execution(stage, declared, records, claims=claims, clock=clock)
    pool = WorkerPool(execution.run, threads=settings.concurrency, name=stage.name)
    group = settings.topic_prefix + stage.name
    life = new_life()
    consumer = _consumer(options, settings, group, life)
    loader = _loader(options, catalog, codec, pipeline, declared)
    flow = _flow(settings, stage, consumer)
    source, make_admin = catalog[declared.source], partial(kafka.admin_client, options)
    committed = _committed(options, group, source.name)
    reserve = settings.buffer_records
    assignment = Assignment(
        consumer, flow, source, committed=committed, loader=loader, reserve=reserve, life=life
    )
    sweep = _sweep(options, route := _route(catalog, pipeline, declared), catalog, declared)
    make_sink = partial(_sink, options, settings, route, records, sweep)
    saying = _saying(Committer(make_sink, clock=clock), consumer, assignment, flow, execution)
    lives = _lives(settings, make_admin, group, life)
    deliveries = _deliveries(settings, pool, saying, flow, lives)
    unreadable = Unreadable(stage.name, consumer, flow, partial(end_of_batch, options))
    return Assembly(
        name=stage.name,
        clock=clock,
        health=health,
        consumer=consumer,
        flow=flow,
        saying=saying,
        deliveries=deliveries,
        records=records,
        execution=execution,
        pool=pool,
        assignment=assignment,
        intake=Intake(consumer, assignment, deliveries, flow, unreadable),
        progress=_progress(options, catalog[pipeline.progress].name, records, clock),
        loader=loader,
        topology=TopologyWatch(options, catalog),
    )


def _committed(options: kafka.Options, group: str, topic: str) -> CommittedOffsets:
    readers = GroupReaders(partial(group_reader, options, group))
    return CommittedOffsets(readers, topic, clock=SystemClock())


def _flow(settings: StageSettings, stage: Stage, consumer: kafka.Consumer) -> Flow:
    records, size_bytes = settings.buffer_records, settings.buffer_bytes
    return Flow(consumer, stage.name, records=records, size_bytes=size_bytes)


def _saying(
    committer: Committer,
    consumer: kafka.Consumer,
    assignment: Assignment,
    flow: Flow,
    execution: Execution,
) -> Saying:
    return Saying(
        committer,
        consumer,
        assignment,
        flow,
        refuse=execution.refuse,
        told=partial(_frame_ended, execution.stage_name),
        clock=SystemClock(),
    )


def _lives(
    settings: StageSettings, make_admin: Callable[[], kafka.AdminClient], group: str, life: str
) -> Lives:
    seconds = settings.session_timeout_ms / 1000
    return Lives(make_admin, group, own=life, away_seconds=seconds, clock=SystemClock())


def _deliveries(
    settings: StageSettings, pool: WorkerPool, saying: Saying, flow: Flow, lives: Lives
) -> Deliveries:
    return Deliveries(
        pool,
        most=settings.max_deliveries,
        careful_records=settings.buffer_records,
        at_once=min(2 * settings.concurrency, MOST_ANNOUNCED),
        ended=lives.ended,
        count=saying.count,
        free=lambda task: flow.free(1, task.size_bytes),
    )


def _route(catalog: Catalog, pipeline: Pipeline, declared: StageDeclaration) -> Route:
    return Route(
        sink=catalog[declared.sink].name,
        state=catalog[pipeline.state].name,
        dead_letters=catalog[declared.dead_letters].name,
        origin=Origin(declared.name, catalog.prefix + declared.name),
    )


def _sweep(
    options: kafka.Options, route: Route, catalog: Catalog, declared: StageDeclaration
) -> Sweep:
    source = catalog[declared.source]
    outside = kafka.consumer(options, group_id=route.origin.group)
    metadata = outside.consumer_group_metadata()
    outside.close()
    topics = (route.sink, route.state, route.dead_letters)
    return Sweep(
        places=[(topic, index) for topic in topics for index in range(source.partitions)],
        offsets=kafka.TopicPartition(source.name, 0, 0),
        group_metadata=metadata,
        call_seconds=CALL_SECONDS,
    )


def _frame_ended(stage: str, outcome: str, seconds: float | None) -> None:
    metrics.FRAMES.labels(stage, outcome).inc()
    if seconds is not None:
        metrics.FRAME_SECONDS.labels(stage).observe(seconds)


def _sink(
    options: kafka.Options,
    settings: StageSettings,
    route: Route,
    records: StageRecords,
    sweep: Sweep,
    calling: Callable[[], bool],
) -> TransactionalSink:
    make_producer = partial(_producer, options, settings, route.origin.group)
    return TransactionalSink(make_producer, route, records, calling, sweep=sweep)


def _progress(
    options: kafka.Options, topic: str, records: StageRecords, clock: Clock
) -> ProgressReports:
    producer = kafka.producer(options, acks=1, enable_idempotence=False)
    return ProgressReports(producer, topic, records, clock=clock)


def _consumer(
    options: kafka.Options, settings: StageSettings, group: str, life: str
) -> kafka.Consumer:
    return kafka.consumer(
        options | {"client.id": client_id(settings.instance_id, life)},
        group_id=group,
        partition_assignment_strategy="cooperative-sticky",
        # The loop decides where to read on if its offset is not there.
        auto_offset_reset="error",
        session_timeout_ms=settings.session_timeout_ms,
        # A member learns from its heartbeats alone that the group is changing; a change takes two
        # rounds, so partitions that move are silent for about two intervals.
        heartbeat_interval_ms=min(settings.session_timeout_ms // 5, _HEARTBEAT_MS),
        # What the client holds ready beside the stage's own buffer, in KiB.
        queued_max_messages_kbytes=16 * 1024,
    )


def _producer(options: kafka.Options, settings: StageSettings, group: str) -> kafka.Producer:
    return kafka.producer(
        options,
        transactional_id=f"{group}-{settings.instance_id}",
        transaction_timeout_ms=settings.transaction_timeout_ms,
        message_max_bytes=MAX_BATCH_BYTES,
    )


def _loader(
    options: kafka.Options,
    catalog: Catalog,
    codec: Codec,
    pipeline: Pipeline,
    declared: StageDeclaration,
) -> SeenLoader:
    topic = catalog[pipeline.state]
    record = split_version(topic.value)[0]
    return SeenLoader(options, topic.name, codec, record=record, stage_index=declared.index)
