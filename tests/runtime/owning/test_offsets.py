"""The map of done offsets: what is committed says exactly what a successor has to do."""

import random
from collections.abc import Iterable

import pytest

from headway.owning.offsets import OffsetTracker
from headway.wire.metadata import BITMAP_SPAN, METADATA_BYTES, decode, encode_done


def test_nothing_is_committable_before_a_record_or_a_commit_is_known() -> None:
    """A partition never read and never committed has no offset to commit."""
    # Given a tracker of a new partition
    tracker = OffsetTracker()

    # When nothing has happened, then there is nothing to say
    assert (tracker.committable, tracker.metadata()) == (None, "")
    assert (tracker.pending, tracker.span, tracker.full) == (0, 0, False)


def test_the_first_record_sets_the_watermark_where_it_lies() -> None:
    """Retention may have removed everything before: the first offset seen is where it begins."""
    # Given a tracker without a commit
    tracker = OffsetTracker()

    # When the first record is at 500, then it is the watermark until it is done
    assert tracker.begin(500)
    assert tracker.committable == 500
    tracker.finish(500)
    assert tracker.committable == 501


def test_the_committed_offset_is_committable_again_before_anything_is_read() -> None:
    """A rebalance back and forth without work leaves the group where it was."""
    # Given a tracker that starts from a commit with a map
    metadata = _metadata(begun=range(10, 15), done={12, 14})
    tracker = OffsetTracker(10, metadata)

    # When nothing has been read, then the commit is repeated as it was
    assert tracker.committable == 10
    assert decode(10, tracker.metadata()).done == {12, 14}


def test_the_watermark_waits_for_the_oldest_record() -> None:
    """One slow job holds the watermark, whatever is done above it."""
    # Given five records
    tracker = _begun(range(5))

    # When all but the first are done
    for offset in (4, 1, 3, 2):
        tracker.finish(offset)

    # Then the watermark stands at the first, and moves past all when it is done
    assert (tracker.committable, tracker.pending, tracker.span) == (0, 1, 5)
    tracker.finish(0)
    assert (tracker.committable, tracker.pending, tracker.span) == (5, 0, 0)


def test_a_record_that_comes_again_is_not_begun_again() -> None:
    """A seek back by the client hands out records twice; they are handled once."""
    # Given records that have begun
    tracker = _begun(range(3))

    # When they come again, then they are not to be handled
    assert [tracker.begin(offset) for offset in (0, 1, 2, 3)] == [False, False, False, True]


def test_a_record_below_the_committed_offset_is_not_begun() -> None:
    """What is committed is done, even if the broker hands it out."""
    # Given a commit at 10
    tracker = OffsetTracker(10)

    # When an older record comes, then it is not to be handled
    assert not tracker.begin(9)
    assert tracker.begin(10)


def test_offsets_that_kafka_skips_need_not_finish() -> None:
    """Transaction markers and compacted records leave holes; the watermark passes over them."""
    # Given records with holes between them
    tracker = _begun([0, 2, 7])

    # When they are done out of order
    tracker.finish(7)
    tracker.finish(0)

    # Then the watermark stands at the next record, not at the hole before it
    assert tracker.committable == 2
    tracker.finish(2)
    assert tracker.committable == 8


def test_a_successor_skips_what_is_done_above_the_watermark() -> None:
    """After a restart only the undone records run again."""
    # Given a predecessor that did 1, 3 and 4 of 0 to 5
    before = _begun(range(6))
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
    after = OffsetTracker(0, _metadata(begun=range(10), done={3, 8}))
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
    tracker = _begun(range(4))
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
    runs = _metadata(begun=range(20_000), done=set(range(1, 19_999)))
    mixture = _metadata(begun=range(8000), done=set(range(1, 8000, 2)))

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


def _begun(offsets: Iterable[int]) -> OffsetTracker:
    tracker = OffsetTracker()
    for offset in offsets:
        tracker.begin(offset)
    return tracker


def _metadata(*, begun: Iterable[int], done: set[int]) -> str:
    offsets = list(begun)
    return encode_done(offsets[0], offsets, done)


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


def test_a_delivery_is_counted_for_its_own_offset() -> None:
    """And for no other."""
    # Given two offsets that have begun, when one is announced, then only its count is known
    tracker = OffsetTracker(0)
    tracker.begin(0)
    tracker.begin(1)
    tracker.announce(1, 2)
    assert (tracker.delivered(0), tracker.delivered(1)) == (0, 2)


def test_a_commit_says_that_a_partition_is_let_go_only_where_it_is() -> None:
    """Who takes over after any other commit must take it for a crash."""
    # Given a tracker with something done above its watermark
    tracker = OffsetTracker(0)
    tracker.begin(0)
    tracker.begin(1)
    tracker.finish(1)

    # When it is committed with and without the mark, then only one has it
    plain, last = tracker.commit(), tracker.commit(released=True)
    assert plain is not None
    assert last is not None
    assert (decode(*plain).released, decode(*last).released) == (False, True)


def test_nothing_is_known_of_a_partition_that_has_committed_nothing() -> None:
    """Whatever stands beside an offset that is none."""
    # Given nothing committed, when a tracker is made of it, then nothing is done or unclean
    tracker = OffsetTracker(None, "somebody else's words")
    assert tracker.committable is None
    assert not tracker.unclean
