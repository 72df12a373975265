"""The clients of one stage instance, each with the options that its part needs."""

import threading
from collections.abc import Callable
from functools import partial

from headway.commands.executing import tiers_before
from headway.edges import kafka
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.following.indexloader import IndexLoader
from headway.following.notes import CommandNotes, Parking, StateNotes
from headway.following.stateread import Notes
from headway.following.windows import NoWindow, Windows, WindowWatch
from headway.handling.pool import WorkerPool
from headway.handling.progress import ProgressReports
from headway.outcomes.deadletter import MAX_BATCH_BYTES
from headway.owning.assignment import Assignment
from headway.owning.committed import CommittedOffsets
from headway.owning.flow import Flow
from headway.owning.lives import Lives, client_id
from headway.reporting.line import Line, heard_end
from headway.reporting.reports import StageReports, Teller
from headway.running.given import Given
from headway.saying.committer import Committer
from headway.saying.frame import Frame
from headway.saying.measures import Measures
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, TransactionalSink
from headway.taking.interrupted import Interrupted
from headway.taking.task import Task
from headway.wire.codec import split_version
from headway.wire.commands import CommandRecords
from headway.wire.route import Origin, Route

#: Five small requests a second from every instance.
_HEARTBEAT_MS = 200
#: How long the clients may take to let go when the process ends; the group notices either way.
_CLOSE_SECONDS = 5.0
_DAY_MS = 24 * 3600 * 1000
#: By how much the clocks of brokers and of this machine may differ.
_APART_MS = 3600 * 1000


def member(given: Given) -> kafka.Consumer:
    """The member of the group: the one consumer whose partitions are worked on."""
    settings = given.settings
    return kafka.consumer(
        given.options | {"client.id": client_id(settings.instance_id, given.life)},
        group_id=given.group,
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


def lives(given: Given) -> Lives:
    """Who asks whether processes that were members have ended."""
    make_admin = partial(kafka.admin_client, given.options)
    seconds = given.settings.session_timeout_ms / 1000
    return Lives(make_admin, given.group, own=given.life, away_seconds=seconds, clock=given.clock)


def committed_offsets(given: Given) -> CommittedOffsets:
    """Who asks what the group has committed."""
    readers = GroupReaders(partial(group_reader, given.options, given.group))
    return CommittedOffsets(readers, clock=given.clock)


def index_loader(given: Given) -> IndexLoader:
    """What loads the index of jobs."""
    topic = given.catalog[given.pipeline.state]
    record = split_version(topic.value)[0]
    pipeline = given.pipeline
    parking = Parking(
        given.parking,
        frozenset({pipeline.failed, pipeline.retry_scheduled, pipeline.scheduled}),
        given.declared.running.name,
        held=given.catalog[given.declared.held].name,
        in_place=given.in_order,
    )
    states = StateNotes(given.codec, record, given.declared.index, parking)
    others = {given.catalog[pipeline.commands].name: CommandNotes(given.codec)}
    days = given.settings.duplicates_days
    keep_ms = days * _DAY_MS + _APART_MS if days else None
    notes = Notes(topic.name, states, others, states.complete)
    return IndexLoader(given.options, notes, keep_ms=keep_ms, clock=given.clock)


def interrupted(given: Given, announce: Callable[[Task, bytes], None]) -> Interrupted:
    """What is told of jobs whose owner died, as states that *announce* is given."""
    record = split_version(given.catalog[given.pipeline.state].value)[0]
    return Interrupted(
        given.records,
        given.declared.label,
        announce,
        decode=partial(given.codec.decode, expected=record),
        clock=given.clock,
    )


def windows(given: Given) -> Windows:
    """What is known of the stage's window; not started."""
    topic = given.catalog[given.pipeline.windows]
    if given.declared.window is None:
        return NoWindow()
    return WindowWatch(
        given.options,
        topic.name,
        given.codec,
        stage=given.name,
        partitions=topic.partitions,
        clock=given.clock,
    )


def lossy_producer(given: Given) -> kafka.Producer:
    """For what may be lost, beside the frames."""
    return kafka.producer(given.options, acks=1, enable_idempotence=False)


def progress(given: Given, producer: kafka.Producer) -> ProgressReports:
    """What tells progress; closes *producer*."""
    topic = given.catalog[given.pipeline.progress].name
    return ProgressReports(producer, topic, given.records, clock=given.clock)


def line(
    given: Given, consumer: kafka.Consumer, assignment: Assignment, pool: WorkerPool, flow: Flow
) -> Line:
    """What knows of what waits for this instance."""
    return Line(assignment, pool, flow, heard_end(consumer), clock=given.clock)


def reports(
    given: Given, producer: kafka.Producer, flow: Flow, measures: Measures, line: Line
) -> StageReports:
    """What tells of this instance."""
    topic = given.catalog[given.pipeline.reports]
    teller = Teller(
        stage=given.name,
        instance=given.settings.instance_id,
        life=given.life,
        record=split_version(topic.value)[0],
        partition=(given.declared.index - 1) % topic.partitions,
    )
    return StageReports(
        producer,
        topic.name,
        given.codec,
        flow,
        done=measures.totals.told,
        line=line.told,
        teller=teller,
        clock=given.clock,
    )


def committer(given: Given) -> Committer[Frame]:
    """What says frames: a transactional producer, made anew where one is lost."""
    route = _route(given)
    sink = partial(_sink, given, route, _sweep(given, route))
    return Committer(sink, clock=given.clock)


def let_go(*closes: Callable[[], None]) -> None:
    """Close clients; one that does not let go is left behind: the process ends all the same."""

    def close_all() -> None:
        for close in closes:
            close()

    closing = threading.Thread(target=close_all, name="closing", daemon=True)
    closing.start()
    closing.join(_CLOSE_SECONDS)


def _route(given: Given) -> Route:
    catalog, declared = given.catalog, given.declared
    return Route(
        sink=catalog[declared.sink].name,
        state=catalog[given.pipeline.state].name,
        dead_letters=catalog[declared.dead_letters].name,
        tiers=tuple(catalog[topic].name for topic in declared.retry_topics),
        held=catalog[declared.held].name,
        results=catalog[given.pipeline.results].name,
        origin=Origin(declared.name, given.group),
        records=given.records,
        commands=CommandRecords(given.codec),
    )


def _sweep(given: Given, route: Route) -> Sweep:
    source = given.catalog[given.declared.source]
    outside = kafka.consumer(given.options, group_id=route.origin.group)
    metadata = outside.consumer_group_metadata()
    outside.close()
    aside = (route.dead_letters, *route.tiers, route.held)
    before = tiers_before(given.declared, given.pipeline, given.catalog)
    topics = (route.sink, route.state, *aside, *before, route.results)
    return Sweep(
        places=[(topic, index) for topic in topics for index in range(source.partitions)],
        offsets=kafka.TopicPartition(source.name, 0, 0),
        group_metadata=metadata,
        call_seconds=CALL_SECONDS,
    )


def _sink(
    given: Given, route: Route, sweep: Sweep, calling: Callable[[], bool]
) -> TransactionalSink:
    return TransactionalSink(partial(_producer, given), route, calling, sweep=sweep)


def _producer(given: Given) -> kafka.Producer:
    return kafka.producer(
        given.options,
        transactional_id=f"{given.group}-{given.settings.instance_id}",
        transaction_timeout_ms=given.settings.transaction_timeout_ms,
        message_max_bytes=MAX_BATCH_BYTES,
    )
