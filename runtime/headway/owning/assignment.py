"""The partitions this instance owns: taken over, given up, read anew.

The group says in the consumer's poll what is ours, and is answered at once. A partition is then
taken over beside the loop (`owning.takeover`), and the client reads it only when it is `owned`.
Partitions that stay keep working meanwhile: rebalancing is cooperative (KIP-429). With a partition
of the source come and go those of its number in all other inlets (`owning.lanes`).
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from headway.edges import kafka
from headway.following.indexloader import IndexLoader
from headway.observing import metrics
from headway.owning.committed import CommittedOffsets
from headway.owning.flow import Flow
from headway.owning.inlet import Inlet
from headway.owning.lanes import Lanes
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place, listed, told
from headway.owning.takeover import Takeovers

logger = logging.getLogger(__name__)

#: Reasons to pause a partition.
_TAKEOVER: Final = "taking over"
_MAP_FULL: Final = "map full"
_UNDECLARED: Final = "undeclared partition"


class Assignment:
    """What is owned just now, by topic and partition; for the loop's thread only.

    `before_revoke` is called with partitions that are about to go, while they are still ours:
    the last chance to say what their jobs have come to.
    """

    def __init__(
        self,
        consumer: kafka.Consumer,
        flow: Flow,
        inlets: Sequence[Inlet],
        *,
        committed: CommittedOffsets,
        loader: IndexLoader,
        reserve: int,
        life: str,
    ) -> None:
        """*reserve* is how many records may still begin when a partition's map is full.

        *life* names this process in what is committed.
        """
        self.owned: dict[Place, OwnedPartition] = {}
        self.before_revoke: Callable[[frozenset[Place]], None] = _nothing
        self._consumer = consumer
        self._flow = flow
        self._taking_over = flow.reason(_TAKEOVER)
        self._map_full = flow.reason(_MAP_FULL)
        self._undeclared = flow.reason(_UNDECLARED)
        self._lanes = Lanes(inlets)
        by_topic = {inlet.topic: inlet for inlet in inlets}
        self._takeovers = Takeovers(
            by_topic, self._lanes, committed=committed, loader=loader, reserve=reserve, life=life
        )

    def subscribe(self) -> None:
        self._takeovers.open()
        self._consumer.subscribe(
            self._lanes.subscribed,
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def close(self) -> None:
        """Take nothing over any more."""
        self._takeovers.close()

    @property
    def pending(self) -> str | None:
        """Why not all that is ours is worked on; None if it is."""
        if undeclared := self._undeclared.places:
            return (
                f"{listed(undeclared)} is not declared ({self._lanes.declared} are): its jobs "
                "wait. See operations.md on adding partitions"
            )
        return self._takeovers.pending

    def advance(self, *, begun: int, ended: int) -> None:
        """Go on with takeovers as far as answers have come; never blocks.

        *begun* and *ended* count our own frames, see `Takeovers.advance`.

        Raises:
            StageHalted: the index of jobs cannot be loaded at all.
        """
        complete = self._takeovers.advance(begun=begun, ended=ended)
        if complete:
            self._own(complete)
        self._mind_the_maps()

    def read_anew(self) -> None:
        """Give up all work in hand and read on from what is committed; does not wait for it."""
        self._again([*self.owned, *self._takeovers.under_way])

    def went_back(self, place: Place, reason: str) -> None:
        """What the client reads at *place* lies below what was begun or committed.

        The log is another one than it was: after an unclean election, say, or a restore. The
        partition is taken over anew and read from its beginning; what its jobs have come to is
        in their index.
        """
        partition = self.owned.get(place)
        if partition is not None:
            committed = partition.offsets.committable
            extra = {**told(place), "committed": committed, "error": reason}
            logger.error("offsets.reset", extra=extra)
            metrics.OFFSETS_RESET.labels(partition.topic).inc()
            self._again(self._lanes.of([place]))
            self._takeovers.back(place)

    def offsets(
        self, done: Mapping[OwnedPartition, Iterable[int]], released: Iterable[Place] = ()
    ) -> list[kafka.TopicPartition]:
        """What to commit once the offsets *done* are: low watermarks, and what is done above.

        The partitions named in *done* or *released* only; the latter are marked as let go.
        """
        going = {self.owned[place] for place in released if place in self.owned}
        places = []
        for partition in going.union(done):
            at = partition.offsets.commit(done.get(partition, ()), released=partition in going)
            if at is not None and not partition.lost:
                places.append(kafka.TopicPartition(*partition.place, *at))
        return places

    def _on_assign(self, consumer: kafka.Consumer, given: list[kafka.TopicPartition]) -> None:
        # The client is to read nothing before it is known from where.
        consumer.incremental_assign([])
        undeclared = self._lanes.undeclared(_places(given))
        _log(logging.ERROR, "partitions.undeclared", undeclared)
        self._undeclared.pause(undeclared)
        places = self._lanes.of(_places(given) - undeclared)
        self._taking_over.pause(places)
        self._takeovers.begin(places)
        _log(logging.INFO, "partitions.assigned", _places(given))

    def _on_revoke(self, _: kafka.Consumer, taken: list[kafka.TopicPartition]) -> None:
        places = self._lanes.of(_places(taken))
        self.before_revoke(places)
        self._forget(places | _places(taken))
        _log(logging.INFO, "partitions.revoked", _places(taken))

    def _on_lost(self, _: kafka.Consumer, lost: list[kafka.TopicPartition]) -> None:
        self._forget(self._lanes.of(_places(lost)) | _places(lost))
        _log(logging.WARNING, "partitions.lost", _places(lost))

    def _own(self, partitions: Sequence[OwnedPartition]) -> None:
        """The last step of a takeover: the client reads them from now on."""
        places = [partition.place for partition in partitions]
        self.owned.update(zip(places, partitions, strict=True))
        self._consumer.incremental_assign([_start(partition) for partition in partitions])
        self._taking_over.resume(places)
        self._flow.assigned(places)
        self._flow.apply()
        for partition in partitions:
            if partition.opens:
                start = partition.offsets.committable
                extra = {**told(partition.place), "offset": start, "jobs": len(partition.jobs)}
                logger.info("partition.loaded", extra=extra)

    def _again(self, places: Collection[Place]) -> None:
        """Give *places* up, and take them over anew when no frame of theirs is under way."""
        self._give_up(places)
        self._takeovers.again(places)
        self._taking_over.pause(places)

    def _forget(self, places: Iterable[Place]) -> None:
        """The group gives *places* to others."""
        self._takeovers.forget(places)
        self._give_up(places)

    def _give_up(self, places: Iterable[Place]) -> None:
        """Whoever has work of *places* drops it; the client reads them no more."""
        read = [place for place in places if place in self.owned]
        for place in read:
            self.owned.pop(place).lost = True
        self._flow.gone(places)
        # Also where nothing was read yet: in a rebalance the group waits for this answer.
        self._consumer.incremental_unassign([kafka.TopicPartition(*place) for place in read])

    def _mind_the_maps(self) -> None:
        """Pause partitions whose map of done offsets is full; let them flow when it is not."""
        paused = self._map_full.places
        for place, partition in self.owned.items():
            full = partition.offsets.full
            if full is not (place in paused):
                (self._map_full.pause if full else self._map_full.resume)([place])
                event = "partition.held" if full else "partition.released"
                level = logging.WARNING if full else logging.INFO
                logger.log(level, event, extra=told(place))


def _start(partition: OwnedPartition) -> kafka.TopicPartition:
    """Where it is read from."""
    start = partition.offsets.committable
    offset = kafka.OFFSET_BEGINNING if start is None else start
    return kafka.TopicPartition(*partition.place, offset)


def _places(given: Iterable[kafka.TopicPartition]) -> frozenset[Place]:
    return frozenset((each.topic, each.partition) for each in given)


def _log(level: int, event: str, places: Iterable[Place]) -> None:
    """One event for each topic."""
    indexes: dict[str, list[int]] = {}
    for topic, index in sorted(places):
        indexes.setdefault(topic, []).append(index)
    for topic, own in indexes.items():
        logger.log(level, event, extra={"topic": topic, "partitions": own})


def _nothing(_: frozenset[Place]) -> None:
    """There is nothing to say before a runner exists."""
