"""What travels with a committed offset: it comes back as it was told, and always fits."""

import base64
import random
from collections.abc import Callable

import pytest

from headway.owning.offsets import OffsetTracker
from headway.wire.metadata import (
    METADATA_BYTES,
    MOST_ANNOUNCED,
    CommitMetadata,
    decode,
    encode_done,
)


@pytest.mark.parametrize("seed", range(60))
def test_a_successor_knows_what_its_predecessor_told(seed: int) -> None:
    """Done offsets, deliveries and the mark come back, in every mixture."""
    # Given a partition in which some records are done, some announced, in any order
    draw = random.Random(seed)
    tracker = OffsetTracker(draw.choice([None, 0, 10**12]))
    start = tracker.committable or 0
    offsets = sorted(draw.sample(range(start, start + 4000), draw.choice([1, 40, 2000])))
    for offset in offsets:
        tracker.begin(offset)
        if draw.random() < 0.02:
            tracker.announce(offset, draw.randrange(1, 4))
        if draw.random() < 0.5:
            tracker.finish(offset)
    released = draw.random() < 0.5

    # When a successor starts from the commit
    committed = tracker.committable
    successor = OffsetTracker(committed, tracker.metadata(released=released))

    # Then it handles what is not done, knows the deliveries of that, and how it was left
    undone = [offset for offset in offsets if successor.begin(offset)]
    assert len(undone) == tracker.pending
    assert [successor.delivered(o) for o in undone] == [tracker.delivered(o) for o in undone]
    assert successor.unclean is not released


@pytest.mark.parametrize("pattern", ["alternating", "runs", "nothing", "random"])
def test_everything_at_once_fits_what_a_broker_keeps(pattern: str) -> None:
    """The fullest map, as many announced offsets as may be, far apart, and the mark."""
    # Given a partition read until it is full, with done offsets of a kind
    draw = random.Random(pattern)
    tracker, offset = OffsetTracker(0), 0
    patterns: dict[str, Callable[[int], bool]] = {
        "alternating": lambda n: n % 2 == 0,
        "runs": lambda n: n // 100 % 2 == 0,
        "nothing": lambda _: False,
        "random": lambda _: draw.random() < 0.5,
    }
    done = patterns[pattern]
    while not tracker.full:
        tracker.begin(offset)
        if offset and done(offset):
            tracker.finish(offset)
        offset += 1

    # When as many are announced as there is room for
    announced = [o for o in range(offset - 1, -1, -1) if o % 600 == 1 and tracker.announce(o, 3)]

    # Then it fits, and comes back
    metadata = tracker.metadata(released=True)
    assert announced
    assert len(metadata.encode()) <= METADATA_BYTES
    assert decode(0, metadata).announced == dict.fromkeys(announced, 3)
    assert decode(0, metadata).released


def test_no_more_are_announced_than_fit() -> None:
    """The one above the bound has to wait until another is done."""
    # Given as many announced offsets as may be
    tracker = OffsetTracker(0)
    for offset in range(MOST_ANNOUNCED + 1):
        tracker.begin(offset)
    assert all(tracker.announce(offset, 1) for offset in range(MOST_ANNOUNCED))

    # When one more is announced, then it is refused, and one that is counted on is not
    assert not tracker.announce(MOST_ANNOUNCED, 1)
    assert tracker.announce(5, 2)

    # When one of them is done, then there is room
    tracker.finish(5)
    assert tracker.announce(MOST_ANNOUNCED, 1)


def test_an_announced_offset_that_is_done_is_forgotten() -> None:
    """What is counted is what was begun and never ended."""
    # Given two announced offsets
    tracker = OffsetTracker(0)
    for offset in range(3):
        tracker.begin(offset)
        tracker.announce(offset, 2)

    # When one is done, then the commit tells of the other alone
    tracker.finish(1)
    assert decode(0, tracker.metadata()).announced == {0: 2, 2: 2}
    assert tracker.delivered(1) == 0


def test_announced_offsets_that_were_deleted_make_room() -> None:
    """Records removed from the log never finish; they must not count for ever."""
    # Given an heir to as many announced offsets as may be, all of them deleted since
    before = OffsetTracker(0)
    for offset in range(MOST_ANNOUNCED):
        before.begin(offset)
        before.announce(offset, 1)
    heir = OffsetTracker(0, before.metadata())

    # When the log begins behind them, then another finds room, and they are told no more
    heir.begin(1000)
    assert heir.announce(1000, 1)
    assert decode(1000, heir.metadata()).announced == {1000: 1}


@pytest.mark.parametrize(
    ("metadata", "done", "released"),
    [
        ("", set(), False),
        ("1rAQE", {6}, False),
        ("1bAg", {6}, False),
        ("1rAQGA", {6}, True),
        ("1bAgA", {6}, True),
        ("1rgA", set(), True),
    ],
)
def test_forms_of_before_the_mark_are_read(metadata: str, done: set[int], released: bool) -> None:  # noqa: FBT001 - a case of a table
    """An update takes over what the version before committed, and may be rolled back."""
    # Given a commit at 5 in a known form, when it is read, then it says what it said
    assert decode(5, metadata) == CommitMetadata(frozenset(done), {}, released)


def test_nothing_to_tell_is_an_empty_text() -> None:
    """Work in order costs no metadata, and a plain commit of a tool looks the same."""
    # Given all done, when nothing is announced and the partition is not let go, then empty
    tracker = OffsetTracker(7)
    tracker.begin(7)
    tracker.finish(7)
    assert tracker.metadata() == ""
    assert decode(8, "") == CommitMetadata()


def test_only_a_commit_without_the_mark_is_unclean() -> None:
    """A partition that nobody ever committed has no crash behind it."""
    # Given partitions new, left in order and left otherwise, when they are taken over
    left = OffsetTracker(3).metadata(released=True)

    # Then only the last is unclean
    assert not OffsetTracker().unclean
    assert not OffsetTracker(3, left).unclean
    assert OffsetTracker(3).unclean


@pytest.mark.parametrize("metadata", ["2AQE", "2A.", "2!!.", "2AQE.x", "1rAP____8P"])
def test_damaged_metadata_is_refused(metadata: str) -> None:
    """It says so, instead of being taken for something else or filling the memory."""
    # Given text that is no form of ours, when it is read, then it is refused
    with pytest.raises(ValueError, match=r"metadata|zip"):
        decode(5, metadata)


def test_the_shorter_form_is_told() -> None:
    """Few long runs are no bitmap, which would not fit."""
    # Given runs of two thousand offsets, every other one done
    begun = range(400_000)
    done = {offset for offset in begun if offset // 2000 % 2}

    # When they are told, then they fit and come back
    metadata = encode_done(0, begun, done)
    assert len(metadata) <= METADATA_BYTES
    assert decode(0, metadata).done == done
    assert not decode(0, metadata).released


def test_deliveries_that_are_cut_are_no_metadata() -> None:
    """A distance without its count is damage, not one delivery less."""
    # Given announced deliveries
    tracker = OffsetTracker(0)
    tracker.begin(0)
    tracker.announce(0, 1)
    told = tracker.commit()
    assert told is not None

    # When their last byte is missing, then it is said
    head, stop, rest = told[1].partition(".")
    data = base64.urlsafe_b64decode(head[2:] + "=" * (-len(head[2:]) % 4))
    cut = head[:2] + base64.urlsafe_b64encode(data[:-1]).rstrip(b"=").decode() + stop + rest
    with pytest.raises(ValueError, match=r"metadata|longer|shorter"):
        decode(0, cut)
