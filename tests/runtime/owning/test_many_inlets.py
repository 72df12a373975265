"""The map of done offsets in every inlet of a lane: a property, tried on many histories."""

from hypothesis import given, settings
from hypothesis import strategies as st

from headway.owning.offsets import OffsetTracker

_INLETS = ("source", "retry", "commands")
_RECORDS = 12

#: What happens next: a record is taken, ends, is committed with what ended, or the owner changes.
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.sampled_from(_INLETS), st.just(0)),
        st.tuples(st.just("end"), st.sampled_from(_INLETS), st.integers(0, _RECORDS)),
        st.tuples(st.just("frame"), st.sets(st.sampled_from(_INLETS)), st.just(0)),
        st.tuples(st.just("die"), st.just(""), st.just(0)),
    ),
    max_size=80,
)


class _Lane:
    """Inlets of one number, what is committed of each, and how often each record counted."""

    def __init__(self, holes: frozenset[int]) -> None:
        self.log = [offset for offset in range(_RECORDS + len(holes)) if offset not in holes]
        self.committed: dict[str, tuple[int | None, str]] = dict.fromkeys(_INLETS, (None, ""))
        self.counted: dict[tuple[str, int], int] = {}
        self.take_over()

    def take_over(self) -> None:
        """Another owner: all it knows is what is committed of each inlet."""
        self.trackers = {inlet: OffsetTracker(*self.committed[inlet]) for inlet in _INLETS}
        self.at_work: dict[str, list[int]] = {inlet: [] for inlet in _INLETS}
        self.ended: dict[str, list[int]] = {inlet: [] for inlet in _INLETS}
        self.next = {inlet: self.committed[inlet][0] or 0 for inlet in _INLETS}

    def take(self, inlet: str) -> bool:
        """Read the next record; whether there was one."""
        offset = next((each for each in self.log if each >= self.next[inlet]), None)
        if offset is None:
            return False
        self.next[inlet] = offset + 1
        if self.trackers[inlet].begin(offset):
            self.at_work[inlet].append(offset)
        return True

    def end(self, inlet: str, which: int) -> None:
        if self.at_work[inlet]:
            self.ended[inlet].append(self.at_work[inlet].pop(which % len(self.at_work[inlet])))

    def frame(self, inlets: set[str]) -> None:
        """One transaction: what ended of *inlets* counts, and is committed with it."""
        for inlet in inlets:
            done, self.ended[inlet] = self.ended[inlet], []
            at = self.trackers[inlet].commit(done)
            for offset in done:
                self.trackers[inlet].finish(offset)
                self.counted[inlet, offset] = self.counted.get((inlet, offset), 0) + 1
            if at is not None:
                self.committed[inlet] = at


@settings(max_examples=150, deadline=None)
@given(steps=_STEPS, holes=st.frozensets(st.integers(0, _RECORDS), max_size=5))
def test_in_every_inlet_each_record_counts_once_whatever_frames_and_owners_there_are(
    steps: list[tuple[str, object, int]], holes: frozenset[int]
) -> None:
    """Frames speak of some inlets and not of others, and whoever comes next begins in each."""
    # Given a lane whose logs have holes
    lane = _Lane(holes)

    # When records are taken, end and are committed in any order while owners come and go
    for what, where, which in steps:
        match what, where:
            case "take", str(inlet):
                lane.take(inlet)
            case "end", str(inlet):
                lane.end(inlet, which)
            case "frame", set(inlets):
                lane.frame(inlets)
            case _:
                lane.take_over()

    # Then, once the last owner has done what is left, each record of each inlet counted once
    for inlet in _INLETS:
        while lane.take(inlet):
            pass
        while lane.at_work[inlet]:
            lane.end(inlet, 0)
    lane.frame(set(_INLETS))
    assert lane.counted == {(inlet, offset): 1 for inlet in _INLETS for offset in lane.log}
