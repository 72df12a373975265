"""The watermark waits for the oldest record that is not done, whatever is done above it."""

from support.rooms.offsets import begun

from headway.owning.offsets import OffsetTracker
from headway.wire.metadata import decode


def test_nothing_is_committable_before_a_record_or_a_commit_is_known() -> None:
    """A partition never read and never committed has no offset to commit."""
    # Given a tracker of a new partition
    tracker = OffsetTracker()

    # When nothing has happened, then there is nothing to say
    assert (tracker.committable, tracker.metadata()) == (None, "")
    assert (tracker.pending, tracker.span, tracker.full) == (0, 0, False)


def test_the_first_record_sets_the_watermark_where_it_lies() -> None:
    """Retention may have removed everything before: the first offset jobs is where it begins."""
    # Given a tracker without a commit
    tracker = OffsetTracker()

    # When the first record is at 500, then it is the watermark until it is done
    assert tracker.begin(500)
    assert tracker.committable == 500
    tracker.finish(500)
    assert tracker.committable == 501


def test_the_watermark_waits_for_the_oldest_record() -> None:
    """One slow job holds the watermark, whatever is done above it."""
    # Given five records
    tracker = begun(range(5))

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
    tracker = begun(range(3))

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
    tracker = begun([0, 2, 7])

    # When they are done out of order
    tracker.finish(7)
    tracker.finish(0)

    # Then the watermark stands at the next record, not at the hole before it
    assert tracker.committable == 2
    tracker.finish(2)
    assert tracker.committable == 8


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
