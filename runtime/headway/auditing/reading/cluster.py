"""Histories of a living cluster, one partition number after another, so that one fits in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from headway.auditing.history import NEVER, History, Terms
from headway.auditing.reading.cut import Cut
from headway.auditing.reading.decoding import Decoder
from headway.base.clock import Clock
from headway.base.errors import TransientError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.admin import Place
from headway.following.batch import Batch
from headway.following.follower import Follower, Span

_BATCH_RECORDS: Final = 10_000
_POLL_SECONDS: Final = 0.5
#: That the end is reached comes with an answer to a fetch, which an empty one delays.
_READING: Final = {"fetch_wait_max_ms": 10, "auto_offset_reset": "error"}
#: Longer than brokers let a transaction be open by default; nothing else holds the end back.
_PATIENCE_SECONDS: Final = 90.0

#: Is told how many records were read so far of how many there are, about.
Tell = Callable[[int, int], None]


class Reading:
    """Reads what a cut names; for one thread, which it blocks."""

    def __init__(
        self,
        options: kafka.Options,
        catalog: Catalog,
        pipeline: Pipeline,
        decoder: Decoder,
        cut: Cut,
    ) -> None:
        self._pipeline = pipeline
        self._decoder = decoder
        self._cut = cut
        self.notes: list[str] = []
        self._records = 0
        self._follower = Follower(
            options,
            {catalog[topic].name: topic for topic in decoder.topics},
            self._spans({topic: catalog[topic].name for topic in decoder.topics}),
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )

    def close(self) -> None:
        self._follower.close()

    def histories(self, terms: Terms, clock: Clock, tell: Tell) -> Iterator[History]:
        """One for each partition number; each is forgotten before the next is read.

        Raises:
            TransientError: a partition was not read to its end in time, or not from its beginning.
            UnknownSchema: a newer release wrote a record.
            KafkaException: the cluster refuses.
        """
        for number in range(self._cut.numbers):
            history = History(self._pipeline, number, terms)
            places = [place for place in self._cut.extents if place[1] == number]
            history.done = {
                (stage, topic): done
                for (stage, (topic, at)), done in self._cut.done.items()
                if at == number
            }
            history.extents = {place[0]: self._cut.extents[place] for place in places}
            self._read(places, history, clock, tell)
            yield history

    def _read(self, places: list[Place], history: History, clock: Clock, tell: Tell) -> None:
        follower = self._follower
        for place in places:
            extent = self._cut.extents[place]
            if extent.first < extent.end:
                follower.add(place, extent.first)
        heard = clock.monotonic()
        while follower.behind:
            batch = follower.read(_POLL_SECONDS)
            self._check(batch)
            if len(batch) or batch.ends:
                heard = clock.monotonic()
            elif clock.monotonic() - heard > _PATIENCE_SECONDS:
                raise TransientError(_stuck(sorted(follower.behind)))
            self._take(batch, history)
            tell(self._records, sum(e.end - e.first for e in self._cut.extents.values()))
            for place in [p for p in follower.places if p not in follower.behind]:
                follower.drop(place)

    def _take(self, batch: Batch[str], history: History) -> None:
        for topic in self._decoder.topics:
            for message in batch.of(topic):
                self._records += 1
                extent = history.extents[topic]
                if (message.offset() or 0) >= extent.end:
                    continue
                if extent.since == NEVER:
                    history.extents[topic] = replace(extent, since=message.timestamp()[1])
                self._decoder.take(message, topic, history)

    def _check(self, batch: Batch[str]) -> None:
        for (topic, number), end in batch.passed.items():
            self.notes.append(
                f"a batch before {topic}[{number}]@{end} cannot be read by any client"
            )
        for (topic, number), fault in batch.faults.items():
            raise TransientError(
                f"{topic}[{number}] cannot be read on ({fault}): it may have been trimmed "
                "meanwhile; run the audit again"
            )

    def _spans(self, names: dict[str, str]) -> Any:
        spans = {
            (names[topic], number): Span(extent.first, extent.end)
            for (topic, number), extent in self._cut.extents.items()
        }

        def asked(_: kafka.Consumer, places: Sequence[kafka.TopicPartition]) -> dict[Place, Span]:
            wanted = [(at.topic, at.partition) for at in places]
            return {place: spans[place] for place in wanted}

        return asked


def _stuck(places: list[tuple[str, int]]) -> str:
    listed = ", ".join(f"{topic}[{number}]" for topic, number in places[:5])
    return (
        f"{listed} could not be read to the end within {_PATIENCE_SECONDS:g} s: a transaction may "
        "be hanging there (docs/runbooks/hanging-transaction.md)"
    )
