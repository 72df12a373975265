"""The scheduler: everything put together (`headway.serving.service`)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.batchend import end_of_batch
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.observing import metrics
from headway.observing.health import Health
from headway.owning.committed import CommittedOffsets
from headway.running.clients import let_go
from headway.saying.committer import Committer, MakeSink
from headway.serving.loop import TurnedLoop
from headway.serving.service import Service
from headway.topics.topology import TopologyWatch, check_topics
from headway.wire.codec import Codec
from scheduler.lane.words import Words
from scheduler.passes.given import Given
from scheduler.rules.around import Around
from scheduler.rules.rule import Rule
from scheduler.rules.schedules import Schedules, load
from scheduler.running.loop import SchedulerLoop
from scheduler.running.readiness import Readiness
from scheduler.saying.sink import TurnSink, sweep_of
from scheduler.saying.speaker import Speaker
from scheduler.saying.turn import Turn
from scheduler.settings import SchedulerSettings
from scheduler.taking.assignment import Assignment
from scheduler.taking.hearing import Hearing
from scheduler.taking.loader import Loaded, Loader
from scheduler.taking.walker import StateWalker
from scheduler.working.beside import Beside
from scheduler.working.lane import Lane
from scheduler.working.writing import Writing

_NAME: Final = "scheduler"
#: Five small requests a second from every instance: a change of hands takes two rounds of them.
_HEARTBEAT_MS: Final = 200
_MOST_BATCH_BYTES: Final = 1_048_588


@contextmanager
def opened(settings: SchedulerSettings) -> Iterator[TurnedLoop]:
    """The loop, once the declared rules are checked and the cluster's topics are there.

    Raises:
        SettingsError: a rule, a setting or a topic does not fit.
    """
    pipeline = Pipeline.load()
    schedules = load(settings.schedules_file, pipeline)
    catalog, health = Catalog.of(settings), Health(component=_NAME)
    options = kafka.client_options(settings)
    check_topics(options, catalog)
    made = assemble(settings, schedules, pipeline, catalog, health=health, options=options)
    yield TurnedLoop(
        name=_NAME,
        loop=made,
        health=health,
        settings=settings,
        drain_seconds=settings.drain_seconds,
        clock=made.clock,
    )


def assemble(
    settings: SchedulerSettings,
    schedules: Schedules,
    pipeline: Pipeline,
    catalog: Catalog,
    *,
    health: Health,
    options: kafka.Options,
    clock: Clock | None = None,
) -> SchedulerLoop:
    """The loop of one instance, its clients made and not connected."""
    codec = Codec()
    words = Words.of(codec, catalog, pipeline)
    given = Given(
        settings=settings,
        options=options,
        catalog=catalog,
        pipeline=pipeline,
        codec=codec,
        walker=StateWalker(options, words),
        clock=clock or SystemClock(),
    )
    return _loop(given, schedules, words, health)


def _loop(given: Given, schedules: Schedules, words: Words, health: Health) -> SchedulerLoop:
    options, clock = given.options, given.clock
    group = given.settings.topic_prefix + _NAME
    consumer, beside = _member(options, group, given.settings), Beside()
    assignment = _assignment(given, schedules, words, consumer, beside)
    committer = Committer[Turn](_sinks(options, group, given.settings, words), clock=clock)
    speaker = Speaker(committer, consumer, words.topics, told=_told, clock=clock)
    end = partial(end_of_batch, options)
    hearing = Hearing(consumer, words, end_of_batch=end, clock=clock)
    topology = TopologyWatch(options, given.catalog)
    faults = (
        lambda: speaker.trouble,
        lambda: topology.fault,
        lambda: hearing.trouble,
        lambda: assignment.pending,
    )
    return SchedulerLoop(
        consumer=consumer,
        assignment=assignment,
        hearing=hearing,
        speaker=speaker,
        beside=beside,
        topology=topology,
        readiness=Readiness(health, assignment, faults),
        let_go=partial(let_go, consumer.close, given.walker.close),
        clock=clock,
    )


def _assignment(
    given: Given, schedules: Schedules, words: Words, consumer: kafka.Consumer, beside: Beside
) -> Assignment:
    options, clock = given.options, given.clock
    readers = partial(group_reader, options, given.settings.topic_prefix + _NAME)
    around = Around(given, beside, words.topics.lanes)
    make_rules = partial(schedules.rules, around)
    return Assignment(
        consumer,
        words.topics,
        committed=CommittedOffsets(GroupReaders(readers), clock=clock),
        loader=Loader(options, words),
        make_lane=partial(_lane, make_rules, words, beside, clock),
    )


def _lane(
    make_rules: Callable[[int], Sequence[Rule]],
    words: Words,
    beside: Beside,
    clock: Clock,
    loaded: Loaded,
    read_to: int,
) -> Lane:
    """A lane as it was loaded; states from *read_to* on are new to it."""
    index = loaded.wanted.lane
    desk = Writing(
        index,
        pending=loaded.pending,
        standings=loaded.standings,
        words=words,
        beside=beside,
        clock=clock,
    )
    desk.read_to = read_to
    return Lane(make_rules(index), desk, beside)


def _member(options: kafka.Options, group: str, settings: SchedulerSettings) -> kafka.Consumer:
    return kafka.consumer(
        options,
        group_id=group,
        partition_assignment_strategy="cooperative-sticky",
        # The loop decides where to read on if its offset is not there.
        auto_offset_reset="error",
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=min(settings.session_timeout_ms // 5, _HEARTBEAT_MS),
        queued_max_messages_kbytes=16 * 1024,
    )


def _sinks(
    options: kafka.Options, group: str, settings: SchedulerSettings, words: Words
) -> MakeSink[Turn]:
    def make_producer() -> kafka.Producer:
        return kafka.producer(
            options,
            transactional_id=f"{group}-{settings.instance_id}",
            transaction_timeout_ms=settings.transaction_timeout_ms,
            # A recurring submission is the largest record there is.
            message_max_bytes=_MOST_BATCH_BYTES,
        )

    return partial(TurnSink, words, make_producer, sweep_of(options, group, words.topics))


def _told(outcome: str, seconds: float | None) -> None:
    metrics.FRAMES.labels(_NAME, outcome).inc()
    if seconds is not None:
        metrics.FRAME_SECONDS.labels(_NAME).observe(seconds)


SERVICE: Final = Service(name=_NAME, settings=SchedulerSettings, opened=opened)
