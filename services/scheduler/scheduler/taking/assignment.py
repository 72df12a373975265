"""The lanes this instance owns: asked about, loaded, worked on, given up.

The group shares out the partitions of the state topic; that of the orders goes with each
(`headway.owning.lanes`). What is committed is asked for as "stable", and only then the lane is
loaded: so whatever its last owner may still have committed is waited for, and what is fenced
cannot come later.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from headway.edges import kafka
from headway.owning.committed import CommittedOffsets
from headway.owning.place import listed, named
from scheduler.lane.words import Topics
from scheduler.taking.loader import Loaded, Loader, Wanted
from scheduler.working.lane import Lane

logger = logging.getLogger(__name__)

#: Makes a lane that begins to hear of jobs at an offset.
MakeLane = Callable[[Loaded, int], Lane]


@dataclass(slots=True)
class _Asked:
    """A lane on its way: what is committed of its two places, by topic, and then its load."""

    committed: dict[str, int] = field(default_factory=dict)
    wanted: Wanted | None = None


class Assignment:
    """For the loop's thread only; nothing here blocks."""

    def __init__(
        self,
        consumer: kafka.Consumer,
        topics: Topics,
        *,
        committed: CommittedOffsets,
        loader: Loader,
        make_lane: MakeLane,
    ) -> None:
        self.lanes: dict[int, Lane] = {}
        self._consumer = consumer
        self._topics = topics
        self._committed = committed
        self._loader = loader
        self._make_lane = make_lane
        #: What the group has given to us.
        self._given: set[int] = set()
        self._asked: dict[int, _Asked] = {}

    def subscribe(self) -> None:
        self._loader.open()
        self._consumer.subscribe(
            [self._topics.states],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def close(self) -> None:
        """Take nothing over any more."""
        self._committed.close()
        self._loader.close()

    @property
    def pending(self) -> str | None:
        """Why not all that is ours is worked on; None if it is."""
        if undeclared := [index for index in self._given if index >= self._topics.lanes]:
            places = listed((self._topics.states, index) for index in undeclared)
            return f"{places} is not declared ({self._topics.lanes} are)"
        trouble = [f"{named(at)}: {why}" for at, why in self._committed.trouble.items()]
        trouble += [f"lane {lane}: {why}" for lane, why in self._loader.trouble.items()]
        told = "".join(f"; {each}" for each in sorted(trouble))
        return f"taking over lanes {sorted(self._asked)}{told}" if self._asked else None

    def advance(self) -> None:
        """Go on with takeovers as far as answers have come.

        Raises:
            StageHalted: a lane cannot be loaded at all.
        """
        for answer in self._committed.answers():
            asked = self._asked.get(answer.partition)
            if asked is None:
                continue
            asked.committed[answer.topic] = answer.offset
            if len(asked.committed) == len(self._read):
                asked.wanted = Wanted(answer.partition)
                self._loader.start(asked.wanted)
        for loaded in self._loader.loaded():
            asked = self._asked.get(loaded.wanted.lane)
            if asked is not None and asked.wanted is loaded.wanted:
                self._own(loaded, asked)

    def let_go(self) -> None:
        """Give up all work in hand; what is ours is taken over anew by `again`."""
        self._give_up(list(self._given))

    def again(self) -> None:
        """Take over what is ours and was let go."""
        self._begin(self._given - self.lanes.keys() - self._asked.keys())

    @property
    def _read(self) -> tuple[str, str]:
        return self._topics.states, self._topics.orders

    def _begin(self, lanes: Iterable[int]) -> None:
        declared = [lane for lane in lanes if lane < self._topics.lanes]
        self._asked |= {lane: _Asked() for lane in declared}
        self._committed.ask((topic, lane) for lane in declared for topic in self._read)

    def _own(self, loaded: Loaded, asked: _Asked) -> None:
        index = loaded.wanted.lane
        del self._asked[index]
        lane = self._make_lane(loaded, max(0, asked.committed[self._topics.states]))
        self.lanes[index] = lane
        lane.begin()
        self._consumer.incremental_assign(
            [
                kafka.TopicPartition(topic, index, at if at >= 0 else kafka.OFFSET_BEGINNING)
                for topic, at in asked.committed.items()
            ]
        )
        told = {"partition": index, "items": len(loaded.pending)}
        logger.info("lane.owned", extra=told)

    def _on_assign(self, consumer: kafka.Consumer, given: list[kafka.TopicPartition]) -> None:
        # The client is to read nothing before it is known from where.
        consumer.incremental_assign([])
        lanes = {each.partition for each in given}
        self._given |= lanes
        self._begin(lanes)
        logger.info("lanes.assigned", extra={"partitions": sorted(lanes)})

    def _on_revoke(self, _: kafka.Consumer, taken: list[kafka.TopicPartition]) -> None:
        lanes = {each.partition for each in taken}
        self._give_up(lanes)
        self._given -= lanes
        logger.info("lanes.revoked", extra={"partitions": sorted(lanes)})

    def _on_lost(self, _: kafka.Consumer, lost: list[kafka.TopicPartition]) -> None:
        lanes = {each.partition for each in lost}
        self._give_up(lanes)
        self._given -= lanes
        logger.warning("lanes.lost", extra={"partitions": sorted(lanes)})

    def _give_up(self, lanes: Collection[int]) -> None:
        self._committed.forget((topic, lane) for lane in lanes for topic in self._read)
        for lane in lanes:
            asked = self._asked.pop(lane, None)
            if asked is not None and asked.wanted is not None:
                asked.wanted.lost = True
        read = [lane for lane in lanes if lane in self.lanes]
        for lane in read:
            self.lanes.pop(lane).end()
        # Also where nothing was read yet: in a rebalance the group waits for this answer.
        self._consumer.incremental_unassign(
            [kafka.TopicPartition(topic, lane) for lane in read for topic in self._read]
        )
