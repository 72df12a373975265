"""The clients of one stage instance, each with the options that its part needs."""

from collections.abc import Callable
from functools import partial

from headway.base.clock import Clock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.declared.stage import StageSettings
from headway.edges import kafka
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.following.jobindex import SeenLoader
from headway.handling.progress import ProgressReports
from headway.outcomes.deadletter import MAX_BATCH_BYTES
from headway.owning.committed import CommittedOffsets
from headway.owning.lives import client_id
from headway.saying.committer import Committer
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, TransactionalSink
from headway.wire.codec import Codec, split_version
from headway.wire.records import StageRecords
from headway.wire.route import Origin, Route

#: Five small requests a second from every instance.
_HEARTBEAT_MS = 200


def member(
    options: kafka.Options, settings: StageSettings, group: str, life: str
) -> kafka.Consumer:
    """The member of the group: the one consumer whose partitions are worked on."""
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


def committed_offsets(options: kafka.Options, group: str, clock: Clock) -> CommittedOffsets:
    """Who asks what *group* has committed."""
    readers = GroupReaders(partial(group_reader, options, group))
    return CommittedOffsets(readers, clock=clock)


def index_loader(
    options: kafka.Options,
    catalog: Catalog,
    codec: Codec,
    pipeline: Pipeline,
    declared: StageDeclaration,
) -> SeenLoader:
    """What loads the index of jobs."""
    topic = catalog[pipeline.state]
    record = split_version(topic.value)[0]
    return SeenLoader(options, topic.name, codec, record=record, stage_index=declared.index)


def progress(
    options: kafka.Options, topic: str, records: StageRecords, clock: Clock
) -> ProgressReports:
    """What tells progress, lossy: a producer of its own, beside the frames."""
    producer = kafka.producer(options, acks=1, enable_idempotence=False)
    return ProgressReports(producer, topic, records, clock=clock)


def committer(
    options: kafka.Options,
    settings: StageSettings,
    catalog: Catalog,
    pipeline: Pipeline,
    records: StageRecords,
    clock: Clock,
) -> Committer:
    """What says frames: a transactional producer, made anew where one is lost."""
    declared = pipeline.stage(records.stage_name)
    route = _route(catalog, pipeline, declared, records)
    sweep = _sweep(options, route, catalog, declared)
    return Committer(partial(_sink, options, settings, route, sweep), clock=clock)


def _route(
    catalog: Catalog, pipeline: Pipeline, declared: StageDeclaration, records: StageRecords
) -> Route:
    return Route(
        sink=catalog[declared.sink].name,
        state=catalog[pipeline.state].name,
        dead_letters=catalog[declared.dead_letters].name,
        origin=Origin(declared.name, catalog.prefix + declared.name),
        records=records,
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


def _sink(
    options: kafka.Options,
    settings: StageSettings,
    route: Route,
    sweep: Sweep,
    calling: Callable[[], bool],
) -> TransactionalSink:
    make_producer = partial(_producer, options, settings, route.origin.group)
    return TransactionalSink(make_producer, route, calling, sweep=sweep)


def _producer(options: kafka.Options, settings: StageSettings, group: str) -> kafka.Producer:
    return kafka.producer(
        options,
        transactional_id=f"{group}-{settings.instance_id}",
        transaction_timeout_ms=settings.transaction_timeout_ms,
        message_max_bytes=MAX_BATCH_BYTES,
    )
