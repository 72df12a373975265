"""One moment of a cluster that moves: how far everything is read, and what was done by then.

Taken in an order that makes it consistent: first what the stages have committed, then the moment,
then the ends. So of every offset that counts as done, all that its frame says is read; and whatever
was written of a job after the moment shows that the job was moving.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from headway.auditing.history import ALWAYS, NEVER, Done, Extent
from headway.base.clock import Clock
from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.edges import kafka
from headway.edges.admin import Place, ends
from headway.edges.groupreaders import group_reader
from headway.wire import metadata

_TIMEOUT_SECONDS: Final = 15.0
#: The first question: who named a cluster that is not there wants to know soon.
_FIRST_SECONDS: Final = 5.0
#: Between questions about partitions that have no leader just now.
_PAUSE_SECONDS: Final = 0.1
_WRITTEN: Final = kafka.IsolationLevel.READ_UNCOMMITTED
#: Beside what was asked for: brokers' clocks differ, and a job's first record must not be cut off.
_MARGIN_MS: Final = 300_000


@dataclass(slots=True)
class Cut:
    """Topics go by their logical names. `at` in ms; `notes` say what the audit cannot know."""

    at: int
    since: float
    numbers: int
    extents: Mapping[Place, Extent]
    done: dict[tuple[int, Place], Done] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Cutting:
    """Takes cuts of one cluster; blocks for seconds."""

    def __init__(self, options: kafka.Options, catalog: Catalog, pipeline: Pipeline) -> None:
        self._options = options
        self._catalog = catalog
        self._pipeline = pipeline
        self._admin = kafka.admin_client(options)

    def take(self, topics: Sequence[str], clock: Clock, *, since_seconds: float | None) -> Cut:
        """The present moment of *topics*; jobs of the last *since_seconds* alone, or all.

        Raises:
            TopologyError: a topic is not there.
            KafkaException: the cluster does not answer.
        """
        places = self._places(topics)
        done, notes = self._done(places)
        at = clock.now_ms()
        found = self._ends(set(self._named(places)), clock)
        since = ALWAYS if since_seconds is None else at - since_seconds * 1000
        return Cut(
            at,
            since,
            numbers=max(number for _, number in places) + 1,
            extents=self._extents(places, found, since),
            done=done,
            notes=notes,
        )

    def _ends(self, asked: set[Place], clock: Clock) -> dict[Place, int]:
        """Asked again for a while: a partition may have no leader for a moment, or be just made."""
        found = ends(self._admin, asked, _WRITTEN)
        deadline = clock.monotonic() + _TIMEOUT_SECONDS
        while silent := asked - found.keys():
            if clock.monotonic() > deadline:
                raise TopologyError(f"no answer about {_listed(silent)}: a broker may be away")
            time.sleep(_PAUSE_SECONDS)
            with suppress(kafka.KafkaException):  # none of the few that are left has answered
                found |= ends(self._admin, silent, _WRITTEN)
        return found

    def _places(self, topics: Sequence[str]) -> list[Place]:
        there = self._admin.list_topics(timeout=_FIRST_SECONDS).topics
        missing = [name for t in topics if (name := self._catalog[t].name) not in there]
        if missing:
            raise TopologyError(
                f"there is no topic {', '.join(missing)}: is TOPIC_PREFIX right, and are the "
                "topics made (python -m headway.provision)?"
            )
        return [(t, n) for t in topics for n in there[self._catalog[t].name].partitions]

    def _named(self, places: Iterable[Place]) -> list[Place]:
        return [(self._catalog[topic].name, number) for topic, number in places]

    def _extents(
        self, places: list[Place], found: Mapping[Place, int], since: float
    ) -> dict[Place, Extent]:
        """Commands are read whole: one may be older than what it is of."""
        firsts = self._offsets(places, kafka.OffsetSpec.earliest())  # type: ignore[no-untyped-call]  # the client's own lack
        commands = {self._pipeline.commands, self._pipeline.results}
        late = [] if since == ALWAYS else [place for place in places if place[0] not in commands]
        asked = kafka.OffsetSpec.for_timestamp(max(int(since) - _MARGIN_MS, 0)) if late else None
        starts = self._offsets(late, asked)
        extents = {}
        for place in places:
            end = found[self._catalog[place[0]].name, place[1]]
            first = firsts[place]
            start = starts.get(place, first)
            start = end if start < 0 else start
            whole = ALWAYS if start == 0 else NEVER if start == first else since - _MARGIN_MS
            extents[place] = Extent(start, end, whole)
        return extents

    def _offsets(self, places: Iterable[Place], asked: kafka.OffsetSpec | None) -> dict[Place, int]:
        named = {kafka.TopicPartition(self._catalog[p[0]].name, p[1]): p for p in places}
        if not named or asked is None:
            return {}
        answers = self._admin.list_offsets(
            dict.fromkeys(named, asked), request_timeout=_TIMEOUT_SECONDS
        )
        return {named[at]: answer.result().offset for at, answer in answers.items()}

    def _done(self, places: list[Place]) -> tuple[dict[tuple[int, Place], Done], list[str]]:
        done: dict[tuple[int, Place], Done] = {}
        notes: list[str] = []
        for stage in self._pipeline.stages:
            inlets = (stage.source, *stage.retry_topics, stage.held, self._pipeline.commands)
            own = [place for place in places if place[0] in inlets]
            try:
                done |= {(stage.index, at): what for at, what in self._committed(stage, own)}
            except kafka.KafkaException as error:
                notes.append(
                    f"what {stage.name} has done could not be asked ({kafka.describe(error)}): "
                    "jobs that it has lost are not told from those that wait for it"
                )
        return done, notes

    def _committed(
        self, stage: StageDeclaration, places: list[Place]
    ) -> Iterable[tuple[Place, Done]]:
        """A partition that cannot be asked about just now is left out: nobody knows of it."""
        logical = {(self._catalog[topic].name, number): (topic, number) for topic, number in places}
        asked = [kafka.TopicPartition(*named) for named in logical]
        reader = group_reader(self._options, self._catalog.prefix + stage.name)
        try:
            found = reader.committed(asked, timeout=_TIMEOUT_SECONDS)
        finally:
            reader.close()
        return [
            (logical[at.topic, at.partition], _done(at.offset, at.metadata or ""))
            for at in found
            if at.error is None
        ]


def _done(offset: int, told: str) -> Done:
    """An offset below 0: nothing is committed. A map that cannot be read says nothing."""
    if offset < 0:
        return Done()
    try:
        return Done(offset, metadata.decode(offset, told).done)
    except ValueError:
        return Done(offset)


def _listed(places: Iterable[Place]) -> str:
    return ", ".join(f"{topic}[{number}]" for topic, number in sorted(places))
