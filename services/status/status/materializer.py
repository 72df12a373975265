"""A batch of records becomes rows: decoded, merged, committed with the offsets it ends at."""

import logging
from collections.abc import Mapping, Sequence
from typing import TypeVar

from headway import metrics
from headway.catalog import Catalog
from headway.codec import Codec
from headway.pipeline import Pipeline
from status.batch import Batch, Read, Unreadable, pick_all, pick_last
from status.change import Change
from status.decoding import Decoder
from status.merge import Draft
from status.position import RESUMED, Position, Source, Vector
from status.store import Offsets, Store

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Materializer:
    """Keeps the table; used by the reader's thread alone."""

    def __init__(self, store: Store, catalog: Catalog, pipeline: Pipeline, codec: Codec) -> None:
        self._store = store
        self._decoder = Decoder(codec, pipeline)
        self._partitions = catalog[pipeline.source].partitions
        self._logical = {
            Source.SUBMITTED: pipeline.source,
            Source.STATE: pipeline.state,
            Source.PROGRESS: pipeline.progress,
        }
        self._position = Position("", Vector.beginning(self._partitions))
        self._sequence = 0
        self._complete = self._caught_up = False

    @property
    def caught_up(self) -> bool:
        return self._caught_up

    def bind(self, epoch: str) -> Offsets:
        """Go on with the table of *epoch*, or begin it; the offsets to read from."""
        self._store.bind(epoch)
        book, offsets = self._store.book, self._store.offsets()
        self._position = Position(book.epoch, Vector.beginning(self._partitions))
        self._advance(offsets)
        self._sequence, self._complete, self._caught_up = book.sequence, book.complete, False
        starts = {(source, p): 0 for source in Source for p in range(self._partitions)}
        return starts | offsets

    def forget(self) -> None:
        """Begin anew at the next `bind`: Kafka lost records that the table is made of."""
        self._store.forget()

    def standing(self) -> Change:
        """Where the table stands."""
        return self._change(())

    def apply(self, batch: Batch) -> Change:
        """Store what *batch* says, with the offsets it ends at."""
        # Of a job the first submission counts and the last state, but the highest report.
        first_ones = batch.of(Source.SUBMITTED)[::-1]
        submissions = self._told(Source.SUBMITTED, pick_last(first_ones, self._decoder.submission))
        states = self._told(Source.STATE, pick_last(batch.of(Source.STATE), self._decoder.state))
        reports = self._told(
            Source.PROGRESS, pick_all(batch.of(Source.PROGRESS), self._decoder.report)
        )
        self._count(batch)
        touched = {item.job_id for items in (submissions, states, reports) for item in items}
        draft = Draft(self._store.current(touched))
        draft.submissions(submissions)
        draft.states(states)
        draft.reports(reports)
        self._sequence = self._store.commit(draft, batch.offsets)
        self._advance(batch.offsets)
        # While the table is built nobody watches, and every job would be named.
        return self._change(tuple(draft.changed()) if self._complete else ())

    def finish(self) -> Change:
        """All that was there at the start has been applied."""
        self._store.complete()
        self._sequence = self._store.book.sequence
        self._complete = self._caught_up = True
        return self.standing()

    def _told(self, source: Source, read: Read[T]) -> list[T]:
        """What was read; what was not is left out, and the stage that reads it answers for it."""
        picked, unreadable = read
        if unreadable:
            topic = self._logical[source]
            metrics.UNREADABLE.labels(topic).inc(len(unreadable))
            logger.warning("records.left_out", extra={"topic": topic, **_shown(unreadable)})
        return picked

    def _count(self, batch: Batch) -> None:
        for source, topic in self._logical.items():
            metrics.MATERIALIZED.labels(topic).inc(len(batch.of(source)))

    def _advance(self, offsets: Mapping[tuple[Source, int], int]) -> None:
        epoch, vector = self._position.epoch, self._position.vector
        for (source, partition), offset in offsets.items():
            if source in RESUMED:
                vector = vector.advanced(source, partition, offset)
        self._position = Position(epoch, vector)

    def _change(self, job_ids: tuple[str, ...]) -> Change:
        return Change(
            position=self._position,
            sequence=self._sequence,
            job_ids=job_ids,
            complete=self._complete,
            caught_up=self._caught_up,
        )


def _shown(unreadable: Sequence[Unreadable]) -> dict[str, object]:
    message, error = unreadable[0]
    first = {"partition": message.partition(), "offset": message.offset()}
    return {"count": len(unreadable), "first": first, "error": str(error)}
