"""Which offsets of one partition are done, begun, announced; what is committed of that.

Jobs of a partition finish out of order. What is committed is the low watermark, the smallest
offset not done, and in the metadata of that commit (`headway.wire.metadata`) the offsets above it
that are done already: a slow job holds back neither the commit of the others nor, after a
restart, makes them run twice. `full` says when to stop taking records before the metadata is.
"""

from collections import deque
from collections.abc import Iterable
from itertools import dropwhile
from typing import Final

from headway.wire import metadata as told
from headway.wire.metadata import BITMAP_SPAN, MOST_ANNOUNCED, CommitMetadata


class OffsetTracker:
    """Begun and done offsets of one partition; for one thread.

    `begin` is called with rising offsets, `finish` in any order. Offsets that Kafka skips
    (transaction markers, compacted records) never begin and need not finish.
    """

    def __init__(
        self,
        committed: int | None = None,
        metadata: str = "",
        *,
        reserve: int = 0,
        life: str = "",
    ) -> None:
        """Start at *committed* (None: nothing is committed yet) with the map in *metadata*.

        *reserve* is how many offsets may still begin after `full` has turned true; *life* names
        this process in what is committed.

        Raises:
            ValueError: the metadata is not a map of done offsets.
        """
        self._begun: deque[int] = deque()
        self._done: set[int] = set()
        found = CommitMetadata() if committed is None else told.decode(committed, metadata)
        self._skip = found.done
        self._announced = dict(found.announced)
        self._next_offset = committed
        #: Whether an earlier owner let the partition go without saying so: it may have crashed.
        self.unclean: Final = committed is not None and not found.released
        #: Which process that owner was, empty if it did not say.
        self.last_life: Final = found.life
        self._life = told.encode_life(life)
        # Where every record is a transaction of its own, a marker follows each.
        self._span_limit = BITMAP_SPAN - 2 * reserve

    def begin(self, offset: int) -> bool:
        """Whether the record at *offset* has to be handled: false if it is done or begun."""
        if self._next_offset is not None and offset < self._next_offset:
            return False
        self._next_offset = offset + 1
        self._begun.append(offset)
        if offset in self._skip:
            self._done.add(offset)
            return False
        return True

    @property
    def next_offset(self) -> int | None:
        """Behind everything begun or committed; None if nothing is."""
        return self._next_offset

    def finish(self, offset: int) -> None:
        self._done.add(offset)
        self._announced.pop(offset, None)

    def announce(self, offset: int, count: int) -> bool:
        """Tell with the next commit that *offset* is handed over for the *count*th time.

        False if there is no room for another just now: commits carry `MOST_ANNOUNCED`.
        """
        if offset not in self._announced and len(self._announced) >= MOST_ANNOUNCED:
            watermark = self.committable or 0  # what was deleted meanwhile never finishes
            self._announced = {o: n for o, n in self._announced.items() if o >= watermark}
            if len(self._announced) >= MOST_ANNOUNCED:
                return False
        self._announced[offset] = count
        return True

    def delivered(self, offset: int) -> int:
        """How often *offset*, not done, was announced, by earlier owners too."""
        return self._announced.get(offset, 0)

    @property
    def committable(self) -> int | None:
        """The low watermark: the next offset to read after a restart; None if none is known."""
        begun, done = self._begun, self._done
        while begun and begun[0] in done:
            done.discard(begun.popleft())
        return begun[0] if begun else self._next_offset

    @property
    def pending(self) -> int:
        """How many offsets have begun and are not done."""
        return len(self._begun) - len(self._done)

    @property
    def begun(self) -> int:
        """How many records lie in the span: the other offsets of it are markers."""
        self.committable  # noqa: B018 - lets go of what is done at the front
        return len(self._begun)

    @property
    def span(self) -> int:
        """Offsets from the low watermark to the newest begun."""
        watermark = self.committable
        if watermark is None or self._next_offset is None:
            return 0
        return self._next_offset - watermark

    @property
    def full(self) -> bool:
        """Whether to stop taking records of this partition until the watermark has moved."""
        return self.span >= self._span_limit

    def metadata(self, *, released: bool = False) -> str:
        """What goes with the commit of `committable`; *released*: the last by this owner."""
        place = self.commit(released=released)
        return place[1] if place else ""

    def commit(self, done: Iterable[int] = (), *, released: bool = False) -> tuple[int, str] | None:
        """What to commit if *done* were done: the next offset to read, and its metadata.

        Nothing changes by it: whether they are is known when the commit has gone through, by
        `finish`. None if no offset is known yet. *released*: the last commit by this owner.
        """
        watermark, edge = self.committable, self._next_offset
        if watermark is None or edge is None:
            return None
        also = frozenset(done)
        finished = self._done.union(also)
        begun = list(dropwhile(finished.__contains__, self._begun))
        watermark = begun[0] if begun else edge
        announced = "" if released else self._life
        announced += told.encode_announced(
            watermark, {o: n for o, n in self._announced.items() if o not in also}
        )
        later = sorted(offset for offset in self._skip if offset >= edge)
        if not (later or released or any(map(finished.__contains__, begun))):
            return watermark, announced
        for offset in later:
            if offset > edge:
                begun.append(edge)  # not read yet since the restart, so pending
            begun.append(offset)
            edge = offset + 1
        above = {offset for offset in finished.union(later) if offset >= watermark}
        return watermark, announced + told.encode_done(watermark, begun, above, released=released)
