"""The threads that read Kafka: jobs, letters, pauses, schedules, statistics; and who watches it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from headway.base.clock import SystemClock
from headway.base.errors import TopologyError
from headway.topics.replication import tell_replication
from headway.topics.topology import TopologyWatch
from headway.topics.unstable import UnstableWatch
from status.answers.query import Table
from status.declared import Declared
from status.expected.outlook import Outlook
from status.expected.outlooks import Outlooks
from status.http.app import Parts
from status.letters.forgetting import Forgetting
from status.letters.reader import LetterReader
from status.letters.shelf import Shelf
from status.pauses.board import Pause
from status.pauses.reader import PauseReader
from status.reading.cluster import Incarnation
from status.reading.materializer import Materializer
from status.reading.reader import Reader
from status.schedules.gauges import ScheduleGauges
from status.schedules.reader import ScheduleReader
from status.stages.gauges import Gauges
from status.statistics.reader import StatisticsReader
from status.table.change import Change
from status.table.damage import Damage
from status.table.store import Store


@dataclass(frozen=True, slots=True)
class Files:
    """The table's file and who has it open; the list of dead letters."""

    store: Store
    tables: tuple[Table, ...]
    damage: Damage
    shelf: Shelf

    def rebuild(self) -> None:
        """Make the table's anew, empty; called by the reader's thread."""
        with ExitStack() as stack:
            for table in self.tables:
                stack.enter_context(table.closed())
            self.store.rebuild()


@contextmanager
def reading(
    declared: Declared,
    parts: Parts,
    files: Files,
    on_misfit: Callable[[TopologyError], object],
) -> Iterator[None]:
    """The threads of one process; for the event loop to enter."""
    loop = asyncio.get_running_loop()
    topology = _topology(declared)

    outlooks = _outlooks(declared, parts, loop)

    def announce(change: Change) -> None:
        parts.rates.note(change)
        outlooks.note(change)
        loop.call_soon_threadsafe(parts.hub.publish, change, loop)

    reader = Reader(
        options=declared.options,
        cluster=declared.cluster,
        catalog=declared.catalog,
        pipeline=declared.pipeline,
        materializer=Materializer(files.store, declared.catalog, declared.pipeline, declared.codec),
        health=parts.health,
        announce=announce,
        on_misfit=on_misfit,
        topology=topology,
        damage=files.damage,
        rebuild=files.rebuild,
    )
    letters, pauses = _of_letters(declared, parts, files), _of_pauses(declared, parts, loop)
    unstable, gauges = _unstable(declared, parts), _gauges(declared, parts)
    schedules, statistics = _of_schedules(declared, parts), _statistics(declared, parts)
    late = ScheduleGauges(notice=parts.schedules, clock=parts.clock)
    beside = (topology, unstable, letters, pauses, schedules, late, statistics)
    with ExitStack() as started:
        for thread in (*beside, reader, gauges, outlooks):
            started.enter_context(thread)
        yield


def _topology(declared: Declared) -> TopologyWatch:
    seen = partial(tell_replication, catalog=declared.catalog)
    return TopologyWatch(declared.options, declared.catalog, seen=seen)


def _unstable(declared: Declared, parts: Parts) -> UnstableWatch:
    return UnstableWatch(
        options=declared.options,
        catalog=declared.catalog,
        after_seconds=parts.settings.unstable_after_seconds,
        tell=_noting(parts, "hanging_transactions"),
    )


def _gauges(declared: Declared, parts: Parts) -> Gauges:
    return Gauges(
        table=parts.table, desk=parts.desk, pipeline=declared.pipeline, health=parts.health
    )


def _outlooks(declared: Declared, parts: Parts, loop: asyncio.AbstractEventLoop) -> Outlooks:
    def announce(outlook: Outlook) -> None:
        parts.expectations.now = outlook
        loop.call_soon_threadsafe(parts.expecting.tell)

    return Outlooks(
        table=parts.table,
        codec=declared.codec,
        pipeline=declared.pipeline,
        health=parts.health,
        pauses=lambda: parts.hub.pauses,
        announce=announce,
    )


def _of_letters(declared: Declared, parts: Parts, files: Files) -> LetterReader:
    kept_ms = declared.letters_kept_ms
    return LetterReader(
        options=declared.options,
        kept_ms=kept_ms,
        partitions=declared.partitions,
        letters=parts.letters,
        shelf=files.shelf,
        forgetting=Forgetting(parts.desk, files.shelf, SystemClock()),
        epoch=Incarnation(declared.options, kept_ms).name,
        tell=_noting(parts, "dead_letters"),
    )


def _of_pauses(declared: Declared, parts: Parts, loop: asyncio.AbstractEventLoop) -> PauseReader:
    topic = declared.catalog[declared.pipeline.reports]

    def announce(pauses: tuple[Pause, ...]) -> None:
        loop.call_soon_threadsafe(parts.hub.tell_pauses, pauses)

    return PauseReader(
        options=declared.options,
        topic=topic.name,
        partitions=topic.partitions,
        codec=declared.codec,
        announce=announce,
    )


def _of_schedules(declared: Declared, parts: Parts) -> ScheduleReader:
    catalog, pipeline = declared.catalog, declared.pipeline
    return ScheduleReader(
        options=declared.options,
        rules=catalog[pipeline.schedule_rules].name,
        windows=catalog[pipeline.windows].name,
        partitions=declared.partitions,
        codec=declared.codec,
        announce=parts.schedules.put,
    )


def _statistics(declared: Declared, parts: Parts) -> StatisticsReader:
    topic = declared.catalog[declared.pipeline.statistics]
    return StatisticsReader(
        options=declared.options,
        topic=topic.name,
        partitions=topic.partitions,
        board=parts.statistics,
    )


def _noting(parts: Parts, name: str) -> Callable[[object], object]:
    """Tells what is said under that name in the answers about health."""
    return partial(parts.health.notes.__setitem__, name)
