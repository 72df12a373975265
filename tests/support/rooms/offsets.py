"""Trackers and maps of offsets as tests begin with them."""

from collections.abc import Iterable

from headway.owning.offsets import OffsetTracker
from headway.wire.metadata import encode_done


def begun(offsets: Iterable[int]) -> OffsetTracker:
    """A tracker of a new partition in which *offsets* have begun."""
    tracker = OffsetTracker()
    for offset in offsets:
        tracker.begin(offset)
    return tracker


def map_of(*, begun: Iterable[int], done: set[int]) -> str:
    """A map as it is committed, from the first of *begun* on."""
    offsets = list(begun)
    return encode_done(offsets[0], offsets, done)
