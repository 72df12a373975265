"""The map of done offsets: what is committed says exactly what a successor has to do."""

import random

import pytest
from support.rooms.offsets import begun, map_of

from headway.owning.offsets import OffsetTracker
from headway.wire.metadata import BITMAP_SPAN, METADATA_BYTES, decode, encode_done


def test_the_committed_offset_is_committable_again_before_anything_is_read() -> None:
    """A rebalance back and forth without work leaves the group where it was."""
    # Given a tracker that starts from a commit with a map
    metadata = map_of(begun=range(10, 15), done={12, 14})
    tracker = OffsetTracker(10, metadata)

    # When nothing has been read, then the commit is repeated as it was
    assert tracker.committable == 10
    assert decode(10, tracker.metadata()).done == {12, 14}


def test_a_successor_skips_what_is_done_above_the_watermark() -> None:
    """After a restart only the undone records run again."""
    # Given a predecessor that did 1, 3 and 4 of 0 to 5
    before = begun(range(6))
    for offset in (1, 3, 4):
        before.finish(offset)

    # When its successor reads from what was committed
    after = OffsetTracker(before.committable, before.metadata())

    # Then it handles the others
    assert [offset for offset in range(7) if after.begin(offset)] == [0, 2, 5, 6]
    assert after.pending == 4


def test_done_offsets_not_yet_read_again_stay_in_the_map() -> None:
    """A second restart soon after the first forgets nothing."""
    # Given a successor that has read only the first record again
    after = OffsetTracker(0, map_of(begun=range(10), done={3, 8}))
    after.begin(0)
    after.finish(0)

    # When it commits
    committed = after.committable
    assert committed == 1

    # Then the done ones it has not reached are still told, and the unread ones are not
    assert decode(committed, after.metadata()).done == {3, 8}


def test_the_map_is_empty_when_nothing_is_done_above_the_watermark() -> None:
    """The usual case, work in order, costs no metadata."""
    # Given records done in order, and one at work
    tracker = begun(range(4))
    tracker.finish(0)
    tracker.finish(1)

    # When the map is made, then it is empty
    assert tracker.committable == 2
    assert tracker.metadata() == ""


@pytest.mark.parametrize("seed", range(40))
def test_every_record_is_handled_exactly_once_over_any_number_of_restarts(seed: int) -> None:
    """Whatever the order, the holes and the moments of restart: none is lost, none is repeated."""
    # Given a log with holes, and an instance that finishes records in any order
    draw = random.Random(seed)
    log = _log_with_holes(draw, records=300)
    handled: list[int] = []
    committed, metadata = None, ""

    # When it is replaced again and again, at any moment, by one that starts from its commit
    while committed != log[-1] + 1:
        tracker = OffsetTracker(committed, metadata)
        handled += _work(tracker, log, draw)
        committed, metadata = tracker.committable, tracker.metadata()

    # Then every record was handled, once
    assert sorted(handled) == log


@pytest.mark.parametrize("seed", range(40))
def test_encoding_and_decoding_give_the_same_map(seed: int) -> None:
    """Whatever is done among whatever was read comes back, whichever form was shorter."""
    # Given any map, sparse or dense, short or long
    draw = random.Random(seed)
    log = _log_with_holes(draw, records=draw.choice([2, 10, 200, 5000]))
    density = draw.random()
    done = frozenset(offset for offset in log[1:] if draw.random() < density)

    # When it is written and read
    found = decode(log[0], encode_done(log[0], log, done)).done

    # Then every done record is in it, and of the others at most holes, which never come
    assert done <= found
    assert not found & (set(log) - done)


def test_the_shorter_of_two_forms_is_taken() -> None:
    """Long runs are told by their lengths, a dense mixture by its bits."""
    # Given a map of two runs, and one in which every other record is done
    runs = map_of(begun=range(20_000), done=set(range(1, 19_999)))
    mixture = map_of(begun=range(8000), done=set(range(1, 8000, 2)))

    # When they are written, then each takes the form that is short for it
    assert (runs[:2], len(runs) < 12) == ("1r", True)
    assert (mixture[:2], len(mixture) < 8000 / 8 * 1.4) == ("1b", True)
    assert decode(0, mixture).done == set(range(1, 8000, 2))


@pytest.mark.parametrize("reserve", [1, 100, 4096, 8192])
@pytest.mark.parametrize("pattern", ["alternating", "random", "all but the first"])
def test_the_largest_map_fits_the_metadata_a_broker_keeps(reserve: int, pattern: str) -> None:
    """When `full` turns true there is room for *reserve* records more, whatever is done."""
    # Given a partition whose first record never ends, read until it is full
    draw = random.Random(reserve)
    tracker = OffsetTracker(0, reserve=reserve)
    offset = 0
    while not tracker.full:
        _begin_one(tracker, offset, pattern, draw)
        offset += 1

    # When as many more begin as may have been polled already
    for more in range(offset, offset + reserve):
        _begin_one(tracker, more, pattern, draw)

    # Then the map still fits, and says what is done
    metadata = tracker.metadata()
    assert len(metadata.encode()) <= METADATA_BYTES
    successor = OffsetTracker(tracker.committable, metadata)
    assert sum(successor.begin(o) for o in range(offset + reserve)) == tracker.pending


def test_a_full_partition_flows_again_when_its_slow_job_is_done() -> None:
    """`full` is a state, not an end."""
    # Given a partition held because of its first record
    tracker = OffsetTracker(0, reserve=4096)
    offset = 0
    while not tracker.full:
        tracker.begin(offset)
        if offset:
            tracker.finish(offset)
        offset += 1

    # When that record is done, then there is room again
    tracker.finish(0)
    assert (tracker.full, tracker.span, tracker.committable) == (False, 0, offset)


@pytest.mark.parametrize(
    "metadata",
    ["x", "note by an operator", "2rAAAA", "1x", "1r!!!!", "1rAAAAA", "1bAA=A", "1r\u00e4\u00f6"],
)
def test_metadata_of_somebody_else_is_refused(metadata: str) -> None:
    """Tools write their own words into the metadata: they are never taken for a map."""
    # Given a commit that is not ours, or damaged
    # When a tracker is to start from it, then it says so
    with pytest.raises(ValueError, match=r"metadata|ASCII"):
        OffsetTracker(5, metadata)


def test_an_empty_map_says_that_nothing_is_done() -> None:
    """Plain commits of other clients carry empty metadata."""
    # Given a commit without metadata, when it is read, then nothing is done above it
    assert decode(5, "").done == frozenset()


def _log_with_holes(draw: random.Random, *, records: int) -> list[int]:
    """Offsets of a log: mostly neighbours, with markers and whole aborted batches between."""
    offset, log = draw.randrange(1000), []
    for _ in range(records):
        log.append(offset)
        offset += draw.choices([1, 2, draw.randrange(3, 60)], weights=[8, 3, 1])[0]
    return log


def _work(tracker: OffsetTracker, log: list[int], draw: random.Random) -> list[int]:
    """Read on and finish in any order for a while; the offsets that were finished."""
    start = tracker.committable or 0
    unread = iter([offset for offset in log if offset >= start])
    running: list[int] = []
    finished: list[int] = []
    for _ in range(draw.randrange(1, 120)):
        if running and draw.random() < 0.5:
            offset = running.pop(draw.randrange(len(running)))
            tracker.finish(offset)
            finished.append(offset)
        elif (read := next(unread, None)) is not None and tracker.begin(read):
            running.append(read)
    return finished


def _begin_one(tracker: OffsetTracker, offset: int, pattern: str, draw: random.Random) -> None:
    tracker.begin(offset)
    done = {
        "alternating": offset % 2 == 1,
        "random": draw.random() < 0.5,
        "all but the first": True,
    }[pattern]
    if offset and done:
        tracker.finish(offset)


@pytest.mark.parametrize("reserve", [0, 1, 100])
def test_a_map_is_full_as_long_before_its_end_as_records_may_still_begin(reserve: int) -> None:
    """Where every record is a transaction of its own, each takes two offsets."""
    # Given a tracker with an undone offset at its watermark
    tracker = OffsetTracker(0, reserve=reserve) if reserve else OffsetTracker(0)
    tracker.begin(0)
    limit = BITMAP_SPAN - 2 * reserve

    # When the last offset before the limit has begun, then it is not full; with one more it is
    tracker.begin(limit - 2)
    assert not tracker.full
    tracker.begin(limit - 1)
    assert tracker.full
