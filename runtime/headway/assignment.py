"""The partitions this instance owns: taken over, given up, read anew.

All of it happens in the loop's own thread, inside the consumer's poll. Rebalancing is
cooperative (KIP-429): partitions that stay keep working while others move.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from headway import kafka
from headway.offsets import OffsetTracker
from headway.owned import OwnedPartition
from headway.seen import SeenLoader

logger = logging.getLogger(__name__)

_COMMITTED_SECONDS: Final = 5.0
#: An unfinished transaction of the last owner hides the committed offsets until it has ended,
#: at most its transaction timeout (15 min is the most a broker allows by default).
_COMMITTED_DEADLINE_SECONDS: Final = 240.0


class Assignment:
    """What is owned just now, by partition index.

    `before_revoke` is called while partitions that are about to go are still ours: the last
    chance to say what their jobs have come to.
    """

    def __init__(
        self,
        consumer: kafka.Consumer,
        topic: str,
        *,
        loader: SeenLoader | None,
        reserve: int,
    ) -> None:
        self.owned: dict[int, OwnedPartition] = {}
        self._early: dict[int, list[kafka.Message]] = {}
        self._consumer = consumer
        self._topic = topic
        self._loader = loader
        self._reserve = reserve
        self.before_revoke: Callable[[], None] = _nothing

    def subscribe(self) -> None:
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    @property
    def loading(self) -> bool:
        """Whether an owned partition still waits for the index of its jobs."""
        return any(partition.loading for partition in self.owned.values())

    def read_anew(self) -> None:
        """Give up all work in hand and read on from what is committed. Blocks."""
        indexes = list(self.owned)
        self._forget(indexes)
        self._consumer.incremental_unassign(self._at(indexes))
        self._take_over(indexes)

    def resume_loaded(self) -> list[kafka.Message]:
        """Let partitions run whose index has been loaded since the last call.

        Returns their records that came too early, to be taken now.
        """
        early: list[kafka.Message] = []
        for loaded in self._loader.loaded() if self._loader else ():
            partition, jobs = loaded.owner, len(loaded.seen)
            if partition.lost or not partition.loading:
                continue  # of an earlier ownership, or loaded again after an error
            partition.seen, partition.loading = loaded.seen, False
            early += self._early.pop(partition.index, [])
            self._consumer.resume(self._at([partition.index]))
            logger.info("partition.loaded", extra={"partition": partition.index, "jobs": jobs})
        return early

    def keep_early(self, index: int, message: kafka.Message) -> None:
        """Keep a record that came although its partition is paused: a pause takes effect late."""
        self._early.setdefault(index, []).append(message)

    def hold_full(self) -> None:
        """Stop polling partitions whose map of done offsets is full; go on when it is not."""
        for index, partition in self.owned.items():
            if partition.offsets.full and not partition.full:
                partition.full = True
                self._consumer.pause(self._at([index]))
                logger.warning("partition.held", extra={"partition": index})
            elif partition.full and not partition.offsets.full:
                partition.full = False
                self._consumer.resume(self._at([index]))
                logger.info("partition.released", extra={"partition": index})

    def offsets(self) -> list[kafka.TopicPartition]:
        """What to commit: low watermarks, with the done offsets above them."""
        places = []
        for index, partition in self.owned.items():
            committable = partition.offsets.committable
            if committable is not None:
                metadata = partition.offsets.metadata()
                places.append(kafka.TopicPartition(self._topic, index, committable, metadata))
        return places

    def _on_assign(self, _: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        indexes = [place.partition for place in places]
        self._take_over(indexes)
        logger.info("partitions.assigned", extra={"partitions": sorted(indexes)})

    def _on_revoke(self, consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        self.before_revoke()
        self._forget(place.partition for place in places)
        consumer.incremental_unassign(places)
        logger.info("partitions.revoked", extra={"partitions": sorted(p.partition for p in places)})

    def _on_lost(self, consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        self._forget(place.partition for place in places)
        consumer.incremental_unassign(places)
        logger.warning("partitions.lost", extra={"partitions": sorted(p.partition for p in places)})

    def _take_over(self, indexes: Iterable[int]) -> None:
        places = self._committed(self._at(indexes))
        for place in places:
            self.owned[place.partition] = self._own(place)
        starts = [
            kafka.TopicPartition(
                self._topic, p.partition, p.offset if p.offset >= 0 else kafka.OFFSET_BEGINNING
            )
            for p in places
        ]
        self._consumer.incremental_assign(starts)
        if self._loader and starts:
            self._consumer.pause(starts)
            self._loader.start([self.owned[place.partition] for place in starts])

    def _committed(self, places: list[kafka.TopicPartition]) -> list[kafka.TopicPartition]:
        if not places:
            return []
        deadline = time.monotonic() + _COMMITTED_DEADLINE_SECONDS
        while True:
            try:
                return self._consumer.committed(places, timeout=_COMMITTED_SECONDS)
            except kafka.KafkaException as error:
                if time.monotonic() > deadline:
                    raise
                logger.info("committed.retry", extra={"error": kafka.describe(error)})

    def _own(self, place: kafka.TopicPartition) -> OwnedPartition:
        committed = place.offset if place.offset >= 0 else None
        try:
            offsets = OffsetTracker(committed, place.metadata or "", reserve=self._reserve)
        except ValueError as error:
            # Somebody else committed here, to move the group: their offset counts as it is.
            logger.warning("offsets.foreign", extra={"at": str(place), "error": str(error)})
            offsets = OffsetTracker(committed, reserve=self._reserve)
        return OwnedPartition(place.partition, offsets, loading=self._loader is not None)

    def _forget(self, indexes: Iterable[int]) -> None:
        for index in indexes:
            self._early.pop(index, None)
            partition = self.owned.pop(index, None)
            if partition is not None:
                partition.lost = True

    def places(self) -> list[kafka.TopicPartition]:
        """Every owned partition."""
        return self._at(self.owned)

    def flowing(self) -> list[kafka.TopicPartition]:
        """The owned partitions with no reason of their own to be paused."""
        return self._at(i for i, p in self.owned.items() if not p.loading and not p.full)

    def _at(self, indexes: Iterable[int]) -> list[kafka.TopicPartition]:
        return [kafka.TopicPartition(self._topic, index) for index in indexes]


def _nothing() -> None:
    """There is nothing to say before a runner exists."""
