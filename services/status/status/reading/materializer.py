"""A batch of records becomes rows: decoded, merged, committed with the offsets it ends at."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.following.batch import Batch
from headway.observing import metrics
from headway.wire.codec import Codec
from status.reading.asking import AskingDecoder
from status.reading.decoding import Decoder
from status.reading.halt import Halt
from status.reading.said import Said, Unreadable, said_in
from status.table.asked import Command, Notes, Result
from status.table.change import Change
from status.table.draft import Draft, Write
from status.table.passing import Passing
from status.table.position import Position, Source, Vector, place_of
from status.table.row import Row
from status.table.store import ROW_REFUSED, Offsets, Store, Stored

logger = logging.getLogger(__name__)

_NOTHING: Final[Mapping[str, int]] = {}
#: Marks removed in one transaction: some 50 ms in which nothing else is stored.
_MARKS_AT_ONCE: Final = 10_000

#: How often it is written down that the table holds all there is, and old marks go.
_KEEP_SECONDS: Final = 600.0
#: Where tombstones are kept for less than some hours: so many times as often as they go.
_KEPT_TIMES: Final = 10
#: Pieces of free room given back at once, 8 MB each: a second in which nothing is stored.
_MOST_GIVEN: Final = 20


class Materializer:
    """Keeps the table; used by the reader's thread alone."""

    def __init__(self, store: Store, catalog: Catalog, pipeline: Pipeline, codec: Codec) -> None:
        self._store = store
        self._decoder, self._asking = Decoder(codec, pipeline), AskingDecoder(codec, pipeline)
        self._waiting = frozenset({pipeline.retry_scheduled, pipeline.scheduled})
        self._asked_ms = int(catalog[pipeline.commands].config["retention.ms"])
        #: For how long the cluster tells of jobs that were deleted.
        self._tombstones_ms = int(catalog[pipeline.state].config["delete.retention.ms"])
        self._partitions = catalog[pipeline.source].partitions
        self._logical = {
            Source.SUBMITTED: pipeline.source,
            Source.STATE: pipeline.state,
            Source.PROGRESS: pipeline.progress,
            Source.COMMANDS: pipeline.commands,
            Source.RESULTS: pipeline.results,
        }
        self._passing = Passing(pipeline)
        self._position = Position.at("", Vector.beginning(self._partitions))
        self._sequence = 0
        self.halts: dict[tuple[Source, int], Halt] = {}
        self._complete = self._caught_up = False

    @property
    def caught_up(self) -> bool:
        return self._caught_up

    @property
    def keep_seconds(self) -> float:
        """How often `caught_up_at` is to be told: where it is told late, a table is built anew."""
        return min(_KEEP_SECONDS, self._tombstones_ms / 1000 / _KEPT_TIMES)

    def outlived(self, now_ms: int) -> bool:
        """Whether jobs may have been deleted, unseen, and the cluster tells of it no more."""
        at = self._store.header.caught_up_at
        return at > 0 and now_ms - at >= self._tombstones_ms

    def caught_up_at(self, now_ms: int) -> None:
        """All there is *now_ms* has been applied: what was deleted long before may be left out."""
        self._store.caught_up(now_ms)
        while self._store.purge(now_ms - self._tombstones_ms, _MARKS_AT_ONCE) == _MARKS_AT_ONCE:
            pass
        for _ in range(_MOST_GIVEN):
            if not self._store.give_back():
                break

    def bind(self, epoch: str) -> Offsets:
        """Go on with the table of *epoch*, or begin it; the offsets to read from."""
        self._store.bind(epoch)
        self.halts.clear()
        header, offsets = self._store.header, self._store.offsets()
        self._position = Position.at(header.epoch, Vector.beginning(self._partitions))
        self._advance(offsets)
        self._sequence, self._complete, self._caught_up = header.sequence, header.complete, False
        starts = {(source, p): 0 for source in Source for p in range(self._partitions)}
        return starts | offsets

    def forget(self) -> None:
        """Begin anew at the next `bind`: Kafka lost records that the table is made of."""
        self._store.forget()

    def holds(self, epoch: str) -> bool:
        """Whether the table is of *epoch*, so that `bind` leaves what is in it."""
        return self._store.header.epoch.partition("-")[0] == epoch

    def fallen(self) -> Change:
        """What is told before the table is emptied, so that nobody takes it for the truth."""
        self._complete = self._caught_up = False
        self._position = Position.at("", Vector.beginning(self._partitions))
        return self._change(())

    def standing(self) -> Change:
        """Where the table stands."""
        return self._change(())

    def moves_on(self, batch: Batch[Source]) -> bool:
        """Whether *batch* says anything, if only that a partition is read further than known."""
        vector = self._position.vector
        reached = batch.offsets.items()
        return any(offset > vector.of(source)[p] for (source, p), offset in reached)

    def apply(self, batch: Batch[Source]) -> Change:
        """Store what *batch* says, with the offsets it ends at.

        A state of a schema that is not known here was written by a newer release. Nothing of its
        partition is taken from there on; where that is, `halts` says.
        """
        said = said_in(batch, self._decoder, self._asking)
        if said.halts:
            self.halts.update(said.halts)
            batch = batch.before({key: halt.offset for key, halt in said.halts.items()})
        self._count(batch, said)
        touched = said.job_ids
        early = self._store.early(touched)
        draft = Draft(self._store.current(touched), early, waiting=self._waiting)
        # In this order: a report counts only while the run it names goes on, and the states of the
        # same batch may have begun or ended it.
        draft.submissions(said.submissions)
        draft.states(said.states)
        draft.reports(said.reports)
        notes = self._notes(said)
        stored = self._commit(draft, batch.offsets, notes)
        self._sequence = stored.sequence
        self._advance(batch.offsets)
        # While the table is built nobody watches, and every job would be named.
        done = self._passing.of(stored.moves) if self._caught_up else {}
        return self._change(_moved(draft, notes) if self._complete else (), done)

    def finish(self) -> Change:
        """All that was there at the start has been applied."""
        self._store.complete()
        self._sequence = self._store.header.sequence
        self._complete = self._caught_up = True
        return self.standing()

    def _notes(self, said: Said) -> Notes:
        asked: list[Command | Result] = [*said.commands, *said.results]
        newest_at = max((note.at for note in asked), default=0)
        bounded = newest_at and self._asked_ms >= 0
        forget_before = newest_at - self._asked_ms if bounded else 0
        return Notes(said.commands, said.results, said.failures, forget_before)

    def _commit(self, draft: Draft, offsets: Offsets, notes: Notes) -> Stored:
        try:
            return self._store.commit(draft, offsets, notes)
        except ROW_REFUSED:
            # Only now is each row tried by itself: it costs as much again as storing it.
            rows = [row for write in Write for row in draft.written(write)]
            reasons = self._store.refused(rows)
            if not reasons:
                raise  # no row is to blame, so leaving rows out would lose them for nothing
            self._leave_out(draft, [row for row in rows if row.job_id in reasons], reasons)
            return self._store.commit(draft, offsets, notes)

    def _leave_out(self, draft: Draft, rows: Sequence[Row], reasons: Mapping[str, str]) -> None:
        draft.leave_out(reasons)
        for row in rows:
            source, partition, offset = place_of(row.origin)
            topic = self._logical[source]
            metrics.UNREADABLE.labels(topic).inc()
            place = {"topic": topic, "partition": partition, "offset": offset}
            logger.error("row.left_out", extra={**place, "error": reasons[row.job_id]})

    def _count(self, batch: Batch[Source], said: Said) -> None:
        """Count what is read; what could not be is left out, and told."""
        for source, _ in batch.passed:
            metrics.UNREADABLE.labels(self._logical[source]).inc()
        for source, topic in self._logical.items():
            metrics.MATERIALIZED.labels(topic).inc(len(batch.of(source)))
            if unreadable := said.unreadable[source]:
                metrics.UNREADABLE.labels(topic).inc(len(unreadable))
                logger.warning("records.left_out", extra={"topic": topic, **_shown(unreadable)})

    def _advance(self, offsets: Mapping[tuple[Source, int], int]) -> None:
        epoch, vector = self._position.epoch, self._position.vector
        reached = Vector.of_ends(self._partitions, offsets)
        self._position = Position.at(epoch, vector.joined(reached))

    def _change(self, job_ids: tuple[str, ...], done: Mapping[str, int] = _NOTHING) -> Change:
        return Change(
            position=self._position,
            sequence=self._sequence,
            job_ids=job_ids,
            done=done,
            complete=self._complete,
            caught_up=self._caught_up,
        )


def _moved(draft: Draft, notes: Notes) -> tuple[str, ...]:
    asked: list[Command | Result] = [*notes.commands, *notes.results]
    return tuple(dict.fromkeys((*draft.changed(), *[note.job_id for note in asked])))


def _shown(unreadable: Sequence[Unreadable]) -> dict[str, object]:
    message, error = unreadable[0]
    first = {"partition": message.partition(), "offset": message.offset()}
    return {"count": len(unreadable), "first": first, "error": str(error)}
