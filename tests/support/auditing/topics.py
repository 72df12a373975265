"""Topics of one partition number as lists of records, which a test may change."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from support.kafka.messages import message

from headway.auditing.history import ALWAYS, NEVER, Done, Extent, History, Share, Terms
from headway.auditing.reading.decoding import Decoder
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Headers
from headway.wire.carried import CARRIED
from headway.wire.codec import Codec, split_version

#: Histories are of this number, under a deployment's prefix.
PARTITION: Final = 2
PREFIX: Final = "t."
CODEC: Final = Codec()
CATALOG: Final = Catalog.load(PREFIX)
PIPELINE: Final = Pipeline.load()
#: Behind all offsets that there are.
_BEHIND: Final = 1 << 40
_ALL: Final = Extent(0, _BEHIND)
_SOURCES: Final = {
    topic: stage.source
    for stage in PIPELINE.stages
    for topic in (stage.dead_letters, stage.held, *stage.retry_topics)
}
_DECODER: Final = Decoder(CODEC, PIPELINE, CATALOG)


@dataclass(slots=True)
class Rec:
    """One record; `value` is decoded where it is one of the product's, `carried` likewise."""

    offset: int
    written: int
    key: bytes
    value: dict[str, Any] | bytes | None
    headers: dict[str, str] = field(default_factory=dict)
    carried: dict[str, Any] | None = None

    @property
    def job_id(self) -> str:
        return self.key.decode()

    @property
    def told(self) -> dict[str, Any]:
        """The value, of a record that has a decoded one."""
        assert isinstance(self.value, dict)
        return self.value


class Topics:
    """Records by topic, and of each stage which of them it is done with."""

    def __init__(self) -> None:
        self.records: defaultdict[str, list[Rec]] = defaultdict(list)
        #: By stage and topic: which offsets, and since when (ms).
        self.done: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)

    def of(self, topic: str, job_id: str) -> list[Rec]:
        return [record for record in self.records[topic] if record.job_id == job_id]

    def states(self, job_id: str) -> list[Rec]:
        return self.of(PIPELINE.state, job_id)

    def waiting(self, job_id: str) -> list[tuple[str, Rec]]:
        """What waits or waited of a job, with its topics."""
        return [
            (topic, record)
            for stage in PIPELINE.stages
            for topic in stage.retry_topics
            for record in self.of(topic, job_id)
        ]

    def letters(self, job_id: str) -> list[tuple[str, Rec]]:
        topics = [stage.dead_letters for stage in PIPELINE.stages]
        return [(topic, record) for topic in topics for record in self.of(topic, job_id)]

    def append(self, topic: str, record: Rec) -> Rec:
        """Behind all that is there, whatever offset it says; one is left out, as a marker's is."""
        record.offset = max((each.offset for each in self.records[topic]), default=-1) + 2
        self.records[topic].append(record)
        return record

    def remove(self, topic: str, record: Rec) -> None:
        self.records[topic].remove(record)

    def compact(self) -> None:
        """Of each key of job-state the newest alone stays."""
        states = self.records[PIPELINE.state]
        newest = {record.key: record for record in states}
        self.records[PIPELINE.state] = [r for r in states if newest[r.key] is r]

    def history(
        self,
        terms: Terms | None = None,
        extents: Mapping[str, Extent] | None = None,
        *,
        done_by: float = NEVER,
        share: Share | None = None,
    ) -> History:
        """All of it as facts, of some topics these *extents*, and what was done by then (ms)."""
        history = History(PIPELINE, PARTITION, terms or Terms(complete=True), share or Share())
        for key, done in self.done.items():
            history.done[key] = Done(0, frozenset(o for o, at in done.items() if at <= done_by))
        for topic in _DECODER.topics:
            extent = (extents or {}).get(topic, _ALL)
            history.extents[topic] = extent
            self._take(topic, extent, history)
        return history

    def _take(self, topic: str, extent: Extent, history: History) -> None:
        for record in self.records[topic]:
            if extent.first <= record.offset < extent.end:
                received = message(
                    _encoded(topic, record),
                    key=record.key,
                    topic=PREFIX + topic,
                    partition=PARTITION,
                    offset=record.offset,
                    timestamp_ms=record.written,
                    headers=_headers(record),
                )
                _DECODER.take(received, topic, history)


def extent(records: Sequence[Rec], *, since: float = ALWAYS, until: float = NEVER) -> Extent:
    """As it is read of *records* that were written from *since* to *until* (ms)."""
    first = min((r.offset for r in records if r.written >= since), default=_BEHIND)
    end = min((r.offset for r in records if r.written > until), default=_BEHIND)
    return Extent(0 if since == ALWAYS else first, end, since)


def record_of(topic: str) -> str:
    """What *topic* holds, without its version; dead letters and tiers hold their stage's source."""
    return split_version(CATALOG[_SOURCES.get(topic, topic)].value)[0]


def _encoded(topic: str, record: Rec) -> bytes | None:
    if isinstance(record.value, dict):
        return CODEC.encode(record_of(topic), record.value)
    return record.value


def _headers(record: Rec) -> Headers:
    headers: Headers = [(name, value.encode()) for name, value in record.headers.items()]
    if record.carried is not None:
        headers.append((CARRIED, CODEC.encode("carried", record.carried)))
    return headers
