"""Histories of a living cluster, one partition number after another.

Partition i of every topic holds the same jobs, so one number at a time is in memory, and a large
one in shares of its jobs: it is read once for each.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from headway.auditing.history import NEVER, History, Share, Terms
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

#: In memory at a time; 700 bytes each, as measured, where six tell of a job.
_MOST_RECORDS: Final = 1_000_000

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
        *,
        most_records: int = _MOST_RECORDS,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """*most_records* are in memory at a time, about."""
        self._pipeline = pipeline
        self._decoder = decoder
        self._cut = cut
        self._most_records = most_records
        self._patience_seconds = patience_seconds
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
        shares = {number: self._shares(number) for number in range(self._cut.numbers)}
        most = sum(self._size(number) * count for number, count in shares.items())
        for number, count in shares.items():
            for share in range(count):
                history = self._empty(number, terms, Share(share, count))
                self._read(history, clock, lambda records: tell(records, most))
                yield history

    def _size(self, number: int) -> int:
        """How many records of that number are read, transactions' markers and holes included."""
        extents = self._cut.extents.items()
        return sum(max(e.end - e.first, 0) for (_, at), e in extents if at == number)

    def _shares(self, number: int) -> int:
        return max(math.ceil(self._size(number) / self._most_records), 1)

    def _empty(self, number: int, terms: Terms, share: Share) -> History:
        history = History(self._pipeline, number, terms, share)
        history.done = {
            (stage, topic): done
            for (stage, (topic, at)), done in self._cut.done.items()
            if at == number
        }
        history.extents = {
            topic: extent for (topic, at), extent in self._cut.extents.items() if at == number
        }
        return history

    def _read(self, history: History, clock: Clock, tell: Callable[[int], None]) -> None:
        follower = self._follower
        for topic, extent in history.extents.items():
            if extent.first < extent.end:
                follower.add((topic, history.partition), extent.first)
        heard = clock.monotonic()
        while follower.behind:
            batch = follower.read(_POLL_SECONDS)
            self._check(batch)
            if len(batch) or batch.ends:
                heard = clock.monotonic()
            elif clock.monotonic() - heard > self._patience_seconds:
                raise TransientError(_stuck(sorted(follower.behind), self._patience_seconds))
            self._take(batch, history)
            tell(self._records)
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


def _stuck(places: list[Place], seconds: float) -> str:
    listed = ", ".join(f"{topic}[{number}]" for topic, number in places[:5])
    return (
        f"{listed} could not be read to the end within {seconds:g} s: a transaction may "
        "be hanging there (docs/runbooks/hanging-transaction.md)"
    )
