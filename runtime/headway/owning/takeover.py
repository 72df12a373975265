"""What the group has given to us, on its way to be worked on: step by step, beside the loop.

What is committed is asked for; where it is known of a whole lane the index of its jobs is loaded,
and only then its partitions are owned. A lane that has to wait, for a transaction of its last
owner, say, holds up no other.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from functools import partial

from headway.edges import kafka
from headway.following.indexloader import IndexLoader
from headway.following.jobindex import JobIndex
from headway.owning.committed import CommittedOffsets
from headway.owning.inlet import Inlet
from headway.owning.lanes import Lanes
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place, listed, named

logger = logging.getLogger(__name__)


class Takeovers:
    """Partitions given to us and not owned yet; for the loop's thread only."""

    def __init__(
        self,
        inlets: Mapping[str, Inlet],
        lanes: Lanes,
        *,
        committed: CommittedOffsets,
        loader: IndexLoader,
        reserve: int,
        life: str,
    ) -> None:
        self._inlets = inlets
        self._lanes = lanes
        self._committed = committed
        self._loader = loader
        self._tracker = partial(OffsetTracker, reserve=reserve, life=life)
        # Given up and not yet asked about again (with the frame to wait for), asked about, loading.
        self._anew: dict[Place, int | None] = {}
        self._asking: set[Place] = set()
        self._loading: dict[Place, OwnedPartition] = {}
        # Those of the source, for which the index is being loaded.
        self._loading_for: dict[int, OwnedPartition] = {}
        # Whose offsets went back: to be read from the beginning.
        self._back: set[Place] = set()

    def open(self) -> None:
        """Connect what will load; does not wait."""
        self._loader.open()

    def close(self) -> None:
        """Ask and load no more."""
        self._committed.close()
        self._loader.close()

    @property
    def under_way(self) -> Collection[Place]:
        """Those that were asked about and are not complete."""
        return [*self._asking, *self._loading]

    @property
    def pending(self) -> str | None:
        """What is waited for; None if nothing is."""
        trouble = [f"{named(at)}: {why}" for at, why in self._committed.trouble.items()]
        trouble += [f"partition {index}: {why}" for index, why in self._loader.trouble.items()]
        told = "".join(f"; {each}" for each in sorted(trouble))
        if asking := self._asking | self._anew.keys():
            return f"asking for the committed offsets of {listed(asking)}{told}"
        return f"loading the index of jobs{told}" if self._loading else None

    def begin(self, places: Iterable[Place]) -> None:
        """Take *places* over: the group has given them to us."""
        places = set(places)
        for place in places:
            self._anew.pop(place, None)
        self._asking |= places
        self._committed.ask(places)

    def again(self, places: Iterable[Place]) -> None:
        """Take *places*, that we gave up, over anew, when no frame of theirs is under way."""
        self.give_up(places)
        self._anew.update(dict.fromkeys(places))

    def back(self, place: Place) -> None:
        """What is taken over anew of *place* is to be read from its beginning."""
        self._back.add(place)

    def forget(self, places: Iterable[Place]) -> None:
        """The group gives *places* to others."""
        self._back.difference_update(places)
        for place in places:
            self._anew.pop(place, None)
        self.give_up(places)

    def give_up(self, places: Iterable[Place]) -> None:
        """Nobody waits for *places* any more."""
        self._asking.difference_update(places)
        self._committed.forget(places)
        for place in places:
            partition = self._loading.pop(place, None)
            if partition is not None:
                partition.lost = True
                self._loading_for.pop(partition.index, None)

    def advance(self, *, begun: int, ended: int) -> list[OwnedPartition]:
        """Those that have become complete; never blocks.

        *begun* and *ended* count our own frames. What was given up while one was under way is
        asked about when that has ended: an answer before could be from before it.

        Raises:
            StageHalted: the index of jobs cannot be loaded at all.
        """
        if self._anew:
            frames = {p: begun if last is None else last for p, last in self._anew.items()}
            self._anew = dict(frames)
            self.begin(place for place, last in frames.items() if last <= ended)
        for committed in self._committed.answers():
            self._begin_to_load(committed)
        complete = list[OwnedPartition]()
        for loaded in self._loader.loaded():
            if self._loading_for.get(loaded.owner.index) is loaded.owner:
                complete += self._complete(loaded.owner.index, loaded.jobs)
        return complete

    def _begin_to_load(self, committed: kafka.TopicPartition) -> None:
        place = committed.topic, committed.partition
        self._asking.discard(place)
        tracker, inlet = self._tracker_for(committed), self._inlets[committed.topic]
        self._loading[place] = OwnedPartition(
            *place,
            tracker,
            opens=inlet.opens,
            waits=inlet.waits,
            holds=inlet.holds,
            orders=inlet.orders,
        )
        lane = [self._loading.get(each) for each in self._lanes.of([place])]
        if all(lane):
            for partition in lane:
                if partition is not None and partition.opens:
                    self._loading_for[partition.index] = partition
                    self._loader.start([partition])

    def _complete(self, index: int, loaded: JobIndex) -> list[OwnedPartition]:
        """All of a lane: they share what is loaded."""
        del self._loading_for[index]
        complete = [p for p in self._loading.values() if p.index == index]
        for partition in complete:
            partition.jobs = loaded
            del self._loading[partition.place]
            if partition.place in self._back:
                self._back.discard(partition.place)
                loaded.forget_openings()
        return complete

    def _tracker_for(self, committed: kafka.TopicPartition) -> OffsetTracker:
        if committed.offset < 0 or (committed.topic, committed.partition) in self._back:
            return self._tracker()
        try:
            return self._tracker(committed.offset, committed.metadata or "")
        except ValueError as error:
            # Somebody else committed here, to move the group: their offset counts as it is.
            logger.warning("offsets.foreign", extra={"at": str(committed), "error": str(error)})
            return self._tracker(committed.offset)
