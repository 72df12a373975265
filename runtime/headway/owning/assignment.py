"""The partitions this instance owns: taken over, given up, read anew.

The group says in the consumer's poll what is ours, and is answered at once. A partition is then
taken over beside the loop, step by step: what is committed is asked for, the index of its jobs
is loaded, and only when both are there the client reads it and it is `owned`. Partitions that
stay keep working meanwhile (rebalancing is cooperative, KIP-429), and one that has to wait, for
a transaction of its last owner, say, holds up no other.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from headway.declared.catalog import Topic
from headway.edges import kafka
from headway.following.jobindex import SeenLoader
from headway.following.stateread import SETTLED
from headway.observing import metrics
from headway.owning.committed import CommittedOffsets
from headway.owning.flow import Flow
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition

logger = logging.getLogger(__name__)

#: Reasons to hold a partition.
_TAKEOVER: Final = "taking over"
_MAP_FULL: Final = "map full"
_UNDECLARED: Final = "undeclared partition"


class Assignment:
    """What is owned just now, by partition index; for the loop's thread only.

    `before_revoke` is called with partitions that are about to go, while they are still ours:
    the last chance to say what their jobs have come to.
    """

    def __init__(
        self,
        consumer: kafka.Consumer,
        flow: Flow,
        topic: Topic,
        *,
        committed: CommittedOffsets,
        loader: SeenLoader,
        reserve: int,
        life: str,
    ) -> None:
        """*reserve* is how many records may still begin when a partition's map is full.

        *life* names this process in what is committed.
        """
        self.owned: dict[int, OwnedPartition] = {}
        self.before_revoke: Callable[[frozenset[int]], None] = _nothing
        self._consumer = consumer
        self._flow = flow
        self._topic = topic.name
        self._declared = topic.partitions
        self._committed = committed
        self._loader = loader
        self._reserve = reserve
        self._life = life
        # Given to us by the group: undeclared, given up and not yet asked about again (with the
        # frame to wait for), asked about, or loading; else in `owned`.
        self._undeclared: set[int] = set()
        self._anew: dict[int, int | None] = {}
        self._asking: set[int] = set()
        self._loading: dict[int, OwnedPartition] = {}
        # Whose offsets went back: to be read from the beginning.
        self._back: set[int] = set()

    def subscribe(self) -> None:
        self._loader.open()
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def close(self) -> None:
        """Ask the group no more."""
        self._committed.close()

    @property
    def pending(self) -> str | None:
        """Why not all that is ours is worked on; None if it is."""
        if self._undeclared:
            named = ", ".join(str(index) for index in sorted(self._undeclared))
            return (
                f"partition {named} of {self._topic} is not declared ({self._declared} are): its "
                "jobs wait. See operations.md on adding partitions"
            )
        trouble = self._committed.trouble | self._loader.trouble
        told = "".join(f"; partition {i}: {trouble[i]}" for i in sorted(trouble))
        if asking := self._asking | self._anew.keys():
            named = ", ".join(str(index) for index in sorted(asking))
            return f"asking for the committed offsets of partition {named}{told}"
        return f"loading the index of jobs{told}" if self._loading else None

    def advance(self, *, begun: int, ended: int) -> None:
        """Go on with takeovers as far as answers have come; never blocks.

        *begun* and *ended* count our own frames. What was given up while one was under way is
        asked about when that has ended: an answer before could be from before it.

        Raises:
            StageHalted: the index of jobs cannot be loaded at all.
        """
        if self._anew:
            frames = {i: begun if last is None else last for i, last in self._anew.items()}
            self._anew = dict(frames)
            self._ask({i for i, last in frames.items() if last <= ended})
        for place in self._committed.answers():
            self._begin_to_load(place)
        for loaded in self._loader.loaded():
            partition = self._loading.get(loaded.owner.index)
            if partition is not None and partition is loaded.owner:
                partition.seen = loaded.seen
                self._own(partition)
        self._hold_full()

    def read_anew(self) -> None:
        """Give up all work in hand and read on from what is committed; does not wait for it."""
        self._again([*self.owned, *self._asking, *self._loading])

    def went_back(self, index: int, told: str) -> None:
        """What the client reads of partition *index* lies below what was begun or committed.

        The log is another one than it was: after an unclean election, say, or a restore. The
        partition is taken over anew and read from its beginning; what its jobs have come to is
        in their index.
        """
        partition = self.owned.get(index)
        if partition is not None:
            committed = partition.offsets.committable
            extra = {"partition": index, "committed": committed, "error": told}
            logger.error("offsets.reset", extra=extra)
            metrics.OFFSETS_RESET.labels(self._topic).inc()
            self._back.add(index)
            self._again([index])

    def offsets(
        self, done: Mapping[OwnedPartition, Iterable[int]], released: Iterable[int] = ()
    ) -> list[kafka.TopicPartition]:
        """What to commit once the offsets *done* are: low watermarks, and what is done above.

        The partitions named in *done* or *released* only; the latter are marked as let go.
        """
        going = {self.owned[index] for index in released if index in self.owned}
        places = []
        for partition in going.union(done):
            place = partition.offsets.commit(done.get(partition, ()), released=partition in going)
            if place is not None and not partition.lost:
                places.append(kafka.TopicPartition(self._topic, partition.index, *place))
        return places

    def _on_assign(self, consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        # The client is to read nothing before it is known from where.
        consumer.incremental_assign([])
        self._take_over(set(_sorted(places)))
        logger.info("partitions.assigned", extra={"partitions": _sorted(places)})

    def _on_revoke(self, _: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        self.before_revoke(frozenset(_sorted(places)))
        self._forget(_sorted(places))
        logger.info("partitions.revoked", extra={"partitions": _sorted(places)})

    def _on_lost(self, _: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        self._forget(_sorted(places))
        logger.warning("partitions.lost", extra={"partitions": _sorted(places)})

    def _take_over(self, indexes: set[int]) -> None:
        undeclared = {index for index in indexes if index >= self._declared}
        if undeclared:
            logger.error("partitions.undeclared", extra={"partitions": sorted(undeclared)})
        self._undeclared |= undeclared
        self._flow.hold(_UNDECLARED, self._places(undeclared))
        self._flow.hold(_TAKEOVER, self._places(indexes - undeclared))
        self._ask(indexes - undeclared)

    def _ask(self, indexes: set[int]) -> None:
        for index in indexes:
            self._anew.pop(index, None)
        self._asking |= indexes
        self._committed.ask(indexes)

    def _again(self, indexes: list[int]) -> None:
        """Give *indexes* up, and take them over anew when no frame of theirs is under way."""
        self._give_up(indexes)
        self._anew.update(dict.fromkeys(indexes))
        self._flow.hold(_TAKEOVER, self._places(indexes))

    def _begin_to_load(self, place: kafka.TopicPartition) -> None:
        index = place.partition
        self._asking.discard(index)
        self._loading[index] = OwnedPartition(index, self._tracker(place))
        self._loader.start([self._loading[index]])

    def _tracker(self, place: kafka.TopicPartition) -> OffsetTracker:
        new = partial(OffsetTracker, reserve=self._reserve, life=self._life)
        if place.offset < 0 or place.partition in self._back:
            return new()
        try:
            return new(place.offset, place.metadata or "")
        except ValueError as error:
            # Somebody else committed here, to move the group: their offset counts as it is.
            logger.warning("offsets.foreign", extra={"at": str(place), "error": str(error)})
            return new(place.offset)

    def _own(self, partition: OwnedPartition) -> None:
        """The last step of a takeover: the client reads it from now on."""
        index, start = partition.index, partition.offsets.committable
        del self._loading[index]
        if index in self._back:
            self._back.discard(index)
            # Which record opened a job is not known any more: whichever comes first does.
            partition.seen = {j: at for j, at in partition.seen.items() if at == SETTLED}
        self.owned[index] = partition
        offset = kafka.OFFSET_BEGINNING if start is None else start
        self._consumer.incremental_assign([kafka.TopicPartition(self._topic, index, offset)])
        self._flow.assigned(self._places([index]))
        self._flow.apply()
        extra = {"partition": index, "offset": start, "jobs": len(partition.seen)}
        logger.info("partition.loaded", extra=extra)

    def _forget(self, indexes: list[int]) -> None:
        """The group gives *indexes* to others."""
        self._undeclared.difference_update(indexes)
        self._back.difference_update(indexes)
        for index in indexes:
            self._anew.pop(index, None)
        self._give_up(indexes)

    def _give_up(self, indexes: list[int]) -> None:
        """Whoever holds work of *indexes* drops it; the client reads them no more."""
        read = [index for index in indexes if index in self.owned]
        for index in indexes:
            for held in (self.owned, self._loading):
                partition = held.pop(index, None)
                if partition is not None:
                    partition.lost = True
        self._asking.difference_update(indexes)
        self._committed.forget(indexes)
        self._flow.gone(self._places(indexes))
        # Also where nothing was read yet: in a rebalance the group waits for this answer.
        self._consumer.incremental_unassign(
            [kafka.TopicPartition(self._topic, index) for index in read]
        )

    def _hold_full(self) -> None:
        """Hold partitions whose map of done offsets is full; let them flow when it is not."""
        for index, partition in self.owned.items():
            full = partition.offsets.full
            if full is not partition.full:
                partition.full = full
                change = self._flow.hold if full else self._flow.release
                change(_MAP_FULL, self._places([index]))
                event = "partition.held" if full else "partition.released"
                logger.log(logging.WARNING if full else logging.INFO, event, extra={"index": index})

    def _places(self, indexes: Iterable[int]) -> list[tuple[str, int]]:
        return [(self._topic, index) for index in indexes]


def _sorted(places: Iterable[kafka.TopicPartition]) -> list[int]:
    return sorted(place.partition for place in places)


def _nothing(_: frozenset[int]) -> None:
    """There is nothing to say before a runner exists."""
