"""The parts of one stage instance, put together from its declaration and settings."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.following.jobindex import SeenLoader
from headway.handling.pool import WorkerPool
from headway.handling.progress import ProgressReports
from headway.handling.usual import Handling, usual
from headway.observing import metrics
from headway.observing.health import Health
from headway.outcomes.claims import Claims
from headway.outcomes.rule import Rule
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.inlet import Inlet
from headway.owning.lives import Lives, new_life
from headway.running import clients
from headway.saying.committer import Committer
from headway.saying.sayer import Saying
from headway.taking.deliveries import Deliveries
from headway.taking.intake import Intake
from headway.taking.unreadable import Unreadable, end_of_batch
from headway.topics.topology import TopologyWatch, check_topics
from headway.wire.codec import Codec
from headway.wire.metadata import MOST_ANNOUNCED
from headway.wire.records import StageRecords

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
    handling: Handling
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
        return self.flow.unready or self.assignment.pending

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


def assemble(
    stage: Stage,
    settings: StageSettings,
    health: Health,
    *,
    rules: Sequence[Rule] = (),
    inlets: Sequence[Inlet] = (),
) -> Assembly:
    """The parts of *stage*, not started. Blocks to compare the cluster's topics.

    *rules* make outcomes beside the usual ones; *inlets* are read beside the source.

    Raises:
        TopologyError: the topics are not those declared.
        KeyError: the pipeline declares no stage of that name.
    """
    catalog, pipeline, codec = Catalog.of(settings), Pipeline.load(), Codec()
    declared = pipeline.stage(stage.name)
    options, clock = kafka.client_options(settings), SystemClock()
    check_topics(options, catalog)
    records = StageRecords(codec, pipeline, catalog, declared)
    claims = Claims(stage.name, lambda: ObjectStore.open(settings.object_store_url))
    handling = usual(stage, declared, records, claims=claims, clock=clock, rules=rules)
    pool = WorkerPool(handling.run, threads=settings.concurrency, name=stage.name)
    group, life = settings.topic_prefix + stage.name, new_life()
    consumer = clients.member(options, settings, group, life)
    loader = clients.index_loader(options, catalog, codec, pipeline, declared)
    flow = _flow(settings, stage, consumer)
    source = catalog[declared.source]
    committed = clients.committed_offsets(options, group, clock)
    reserve = settings.buffer_records
    assignment = Assignment(
        consumer,
        flow,
        [Inlet(source.name, source.partitions, opens=True), *inlets],
        committed=committed,
        loader=loader,
        reserve=reserve,
        life=life,
    )
    committer = clients.committer(options, settings, catalog, pipeline, records, clock)
    saying = _saying(stage.name, committer, consumer, assignment, flow, handling)
    deliveries = _deliveries(settings, pool, saying, flow, _lives(settings, options, group, life))
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
        handling=handling,
        pool=pool,
        assignment=assignment,
        intake=Intake(consumer, assignment, deliveries, flow, unreadable),
        progress=clients.progress(options, catalog[pipeline.progress].name, records, clock),
        loader=loader,
        topology=TopologyWatch(options, catalog),
    )


def _flow(settings: StageSettings, stage: Stage, consumer: kafka.Consumer) -> Flow:
    records, size_bytes = settings.buffer_records, settings.buffer_bytes
    return Flow(consumer, stage.name, records=records, size_bytes=size_bytes)


def _saying(
    stage: str,
    committer: Committer,
    consumer: kafka.Consumer,
    assignment: Assignment,
    flow: Flow,
    handling: Handling,
) -> Saying:
    return Saying(
        committer,
        consumer,
        assignment,
        flow,
        refuse=handling.refuse,
        told=partial(_frame_ended, stage),
        clock=SystemClock(),
    )


def _lives(settings: StageSettings, options: kafka.Options, group: str, life: str) -> Lives:
    make_admin = partial(kafka.admin_client, options)
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


def _frame_ended(stage: str, outcome: str, seconds: float | None) -> None:
    metrics.FRAMES.labels(stage, outcome).inc()
    if seconds is not None:
        metrics.FRAME_SECONDS.labels(stage).observe(seconds)
