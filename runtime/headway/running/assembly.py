"""The parts of one stage instance, put together from its declaration and settings."""

from collections.abc import Sequence
from functools import partial

from headway.base.clock import Clock
from headway.declared.stage import Stage, StageSettings
from headway.edges import kafka
from headway.edges.batchend import end_of_batch
from headway.following.windows import Windows
from headway.handling.pool import WorkerPool
from headway.handling.usual import Handling
from headway.observing.health import Health
from headway.outcomes.rule import Rule
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.inlet import Inlet
from headway.running import clients, ordering
from headway.running.doing import handling_of
from headway.running.gathering import Gathering
from headway.running.given import Given
from headway.running.guards import Guards
from headway.running.readiness import Readiness
from headway.running.runner import StageRunner
from headway.saying.measures import Measures, frame_ended
from headway.saying.sayer import Saying
from headway.taking.deliveries import Deliveries
from headway.taking.early import Early
from headway.taking.intake import Intake
from headway.taking.lying import Lying
from headway.taking.unreadable import Unreadable
from headway.taking.waiting import Waiting
from headway.topics.topology import TopologyWatch, check_topics
from headway.tracing.spans import Spans
from headway.wire.commands import CommandRecords


def assemble(
    stage: Stage,
    settings: StageSettings,
    health: Health,
    *,
    rules: Sequence[Rule] = (),
    inlets: Sequence[Inlet] = (),
    clock: Clock | None = None,
    wall: Clock | None = None,
    spans: Spans | None = None,
) -> StageRunner:
    """What runs *stage*, not started. Blocks to compare the cluster's topics.

    *rules* make outcomes beside the usual ones; *inlets* are read beside the source; *clock* is
    the loop's, for its deadlines, *wall* that of jobs and windows; *spans* makes those of traces,
    where they are switched on.

    Raises:
        TopologyError: the topics are not those declared.
        KeyError: the pipeline declares no stage of that name.
    """
    given = Given.of(stage, settings, spans, wall)
    check_topics(given.options, given.catalog)
    return _runner(given, health, rules=rules, inlets=inlets, clock=clock or given.clock)


def _runner(
    given: Given, health: Health, *, rules: Sequence[Rule], inlets: Sequence[Inlet], clock: Clock
) -> StageRunner:
    windows = clients.windows(given)
    handling = handling_of(given, rules, windows)
    consumer = clients.member(given)
    flow = _flow(given, consumer)
    assignment = _assignment(given, consumer, flow, inlets)
    saying = _saying(given, consumer, assignment, flow, handling)
    pool, deliveries = ordering.work(given, handling, flow, saying, clients.lives(given).ended)
    lossy = clients.lossy_producer(given)
    progress = clients.progress(given, lossy)
    topology = TopologyWatch(given.options, given.catalog)
    measures = Measures(given.declared, clock=given.clock)
    line = clients.line(given, consumer, assignment, pool, flow)
    return StageRunner(
        assignment=assignment,
        intake=_intake(given, consumer, assignment, deliveries, flow, saying, windows=windows),
        deliveries=deliveries,
        pool=pool,
        gathering=_gathering(given, pool, saying, handling, clock),
        measures=measures,
        saying=saying,
        flow=flow,
        guards=Guards(handling.guards, flow, health),
        progress=progress,
        reports=clients.reports(given, lossy, flow, measures, line),
        topology=topology,
        windows=windows,
        readiness=_readiness(given, health, flow, assignment, saying, topology),
        stopping=handling.stopping,
        let_go=partial(clients.let_go, consumer.close, progress.close),
        clock=clock,
    )


def _flow(given: Given, consumer: kafka.Consumer) -> Flow:
    records, size_bytes = given.settings.buffer_records, given.settings.buffer_bytes
    flow = Flow(consumer, given.name, records=records, size_bytes=size_bytes)
    flow.spare(inlet.topic for inlet in given.inlets if inlet.orders)
    return flow


def _assignment(
    given: Given, consumer: kafka.Consumer, flow: Flow, inlets: Sequence[Inlet]
) -> Assignment:
    return Assignment(
        consumer,
        flow,
        [*given.inlets, *inlets],
        committed=clients.committed_offsets(given),
        loader=clients.index_loader(given),
        reserve=given.settings.buffer_records,
        life=given.life,
    )


def _saying(
    given: Given, consumer: kafka.Consumer, assignment: Assignment, flow: Flow, handling: Handling
) -> Saying:
    return Saying(
        clients.committer(given),
        consumer,
        assignment,
        flow,
        refuse=handling.refuse,
        told=partial(frame_ended, given.name),
        clock=given.clock,
    )


def _intake(
    given: Given,
    consumer: kafka.Consumer,
    assignment: Assignment,
    deliveries: Deliveries,
    flow: Flow,
    saying: Saying,
    *,
    windows: Windows,
) -> Intake:
    windowed = given.declared.window is not None
    return Intake(
        consumer,
        assignment,
        deliveries,
        flow,
        unreadable=Unreadable(given.name, consumer, flow, partial(end_of_batch, given.options)),
        waiting=Waiting(given.name, flow, clock=given.clock),
        lying=Lying(flow, windows, windowed=windowed, clock=given.clock),
        early=Early(clock=given.clock),
        interrupted=clients.interrupted(given, saying.announce),
        records=given.records,
        commands=CommandRecords(given.codec),
        traces=given.traces,
    )


def _gathering(
    given: Given, pool: WorkerPool, saying: Saying, handling: Handling, clock: Clock
) -> Gathering:
    return Gathering(
        given.name,
        pool=pool,
        saying=saying,
        records=given.records,
        labels=handling.labels,
        clock=clock,
    )


def _readiness(
    given: Given,
    health: Health,
    flow: Flow,
    assignment: Assignment,
    saying: Saying,
    topology: TopologyWatch,
) -> Readiness:
    faults = (
        lambda: saying.trouble,
        lambda: topology.fault,
        lambda: flow.unready,
        lambda: assignment.pending,
    )
    return Readiness(given.name, health, flow=flow, assignment=assignment, faults=faults)
