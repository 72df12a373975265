"""The parts of one stage instance, put together from its declaration and settings."""

from dataclasses import dataclass, field

from headway import kafka, metrics
from headway.assignment import Assignment
from headway.catalog import Catalog
from headway.clock import Clock, SystemClock
from headway.codec import Codec, split_version
from headway.deadletter import Origin
from headway.execution import Execution
from headway.health import Health
from headway.intake import Intake
from headway.pipeline import Pipeline, StageDeclaration
from headway.pool import WorkerPool
from headway.progress import ProgressReports
from headway.provision import check_topics
from headway.records import StageRecords
from headway.seen import SeenLoader
from headway.stage import Stage, StageSettings
from headway.transaction import Route, TransactionalSink

#: A dead letter is a record as large as the source takes, plus headers.
_MESSAGE_MAX_BYTES = 2 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Assembly:
    """Everything the loop works with."""

    name: str
    clock: Clock
    health: Health
    consumer: kafka.Consumer
    sink: TransactionalSink
    records: StageRecords
    execution: Execution
    pool: WorkerPool
    assignment: Assignment
    intake: Intake
    progress: ProgressReports
    loader: SeenLoader | None = field(default=None)

    def frame_ended(self, outcome: str, seconds: float | None = None) -> None:
        metrics.FRAMES.labels(self.name, outcome).inc()
        if seconds is not None:
            metrics.FRAME_SECONDS.labels(self.name).observe(seconds)

    def tell_gauges(self) -> None:
        owned = self.assignment.owned.values()
        metrics.IN_FLIGHT.labels(self.name).set(len(self.pool))
        metrics.PARTITIONS.labels(self.name).set(len(owned))
        span = max((partition.offsets.span for partition in owned), default=0)
        metrics.WATERMARK_SPAN.labels(self.name).set(span)

    def close(self) -> None:
        """Leave the group and let go of every client; handlers that still run are left alone."""
        self.pool.close()
        if self.loader:
            self.loader.close()
        self.progress.close()
        self.consumer.close()


def assemble(stage: Stage, settings: StageSettings, health: Health) -> Assembly:
    """The parts of *stage*, not started. Blocks to compare the cluster's topics.

    Raises:
        TopologyError: the topics are not those declared.
        KeyError: the pipeline declares no stage of that name.
    """
    catalog, pipeline, codec = Catalog.load(settings.topic_prefix), Pipeline.load(), Codec()
    declared = pipeline.stage(stage.name)
    options = kafka.client_options(settings)
    check_topics(options, catalog)
    clock = SystemClock()
    records = StageRecords(codec, pipeline, catalog, declared)
    execution = Execution(stage, declared, records, clock=clock)
    pool = WorkerPool(execution.run, threads=settings.concurrency, name=stage.name)
    group = settings.topic_prefix + stage.name
    consumer = _consumer(options, settings, group)
    loader = _loader(options, catalog, codec, pipeline, declared)
    assignment = Assignment(
        consumer, catalog[declared.source].name, loader=loader, reserve=settings.buffer_records
    )
    state, progress = catalog[pipeline.state].name, catalog[pipeline.progress].name
    route = Route(
        sink=catalog[declared.sink].name,
        state=state,
        dead_letters=catalog[declared.dead_letters].name,
        origin=Origin(stage.name, group),
    )
    return Assembly(
        name=stage.name,
        clock=clock,
        health=health,
        consumer=consumer,
        sink=TransactionalSink(lambda: _producer(options, settings, group), route, records),
        records=records,
        execution=execution,
        pool=pool,
        assignment=assignment,
        intake=Intake(consumer, assignment, pool, settings),
        progress=ProgressReports(
            kafka.producer(options, acks=1, enable_idempotence=False),
            progress,
            records,
            clock=clock,
        ),
        loader=loader,
    )


def _consumer(options: kafka.Options, settings: StageSettings, group: str) -> kafka.Consumer:
    return kafka.consumer(
        options,
        group_id=group,
        partition_assignment_strategy="cooperative-sticky",
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=max(settings.session_timeout_ms // 5, 200),
        # What the client holds ready beside the stage's own buffer, in KiB.
        queued_max_messages_kbytes=16 * 1024,
    )


def _producer(options: kafka.Options, settings: StageSettings, group: str) -> kafka.Producer:
    return kafka.producer(
        options,
        transactional_id=f"{group}-{settings.instance_id}",
        transaction_timeout_ms=settings.transaction_timeout_ms,
        message_max_bytes=_MESSAGE_MAX_BYTES,
    )


def _loader(
    options: kafka.Options,
    catalog: Catalog,
    codec: Codec,
    pipeline: Pipeline,
    declared: StageDeclaration,
) -> SeenLoader | None:
    if declared.source != pipeline.source:
        return None
    topic = catalog[pipeline.state]
    return SeenLoader(options, topic.name, codec, record=split_version(topic.value)[0])
