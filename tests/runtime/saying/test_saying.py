"""What is to be said, from the first outcome to its commit: order, pauses, room."""

from support.kafka.messages import partition
from support.rooms.saying import TWO, Rig

from headway.edges import kafka
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.saying.frame import Frame


def test_an_outcome_is_handed_over_at_once_and_those_that_come_meanwhile_together(
    rig: Rig,
) -> None:
    """Under load frames grow by themselves; offsets and membership go with each."""
    # Given an outcome
    rig.settle(rig.taken("first"))
    assert rig.saying.waits
    assert not rig.saying.under_way

    # When the loop turns, then it is being said
    rig.saying.turn()
    assert rig.names() == [b"first"]
    assert rig.beside.said[0][1].offsets == [kafka.TopicPartition(*TWO, 1)]
    assert kafka.generation(rig.beside.said[0][1].group_metadata) == 3
    assert (rig.saying.under_way, rig.saying.waits) == (True, True)

    # And what ends meanwhile waits for it, and then goes together
    rig.settle(rig.taken("second"), rig.taken("third"))
    rig.saying.turn()
    assert len(rig.beside.said) == 1
    rig.committed()
    assert rig.names() == [b"second", b"third"]

    # And when all is said nothing waits
    rig.committed()
    assert (rig.saying.under_way, rig.saying.waits) == (False, False)
    assert (rig.saying.begun, rig.saying.ended) == (2, 2)


def test_what_is_committed_is_done_makes_room_and_is_told(rig: Rig) -> None:
    """Before the commit nothing of it counts as done."""
    # Given an outcome that is being said
    heard: list[Frame] = []
    rig.saying.on_commit = heard.append
    owner = partition()
    rig.settle(rig.taken("job", owner))
    rig.saying.turn()
    assert rig.flow.taken == 1
    assert rig.saying.ended == 0

    # When it is committed
    rig.committed()

    # Then its offset is done, its room is free, and who wants to know has heard
    assert owner.offsets.commit([]) == (8, "")
    assert (rig.flow.taken, rig.flow.room) == (0, 100)
    assert heard == [rig.beside.said[0][0]]
    assert rig.told == [("committed", 0.25)]


def test_what_saying_an_outcome_takes_counts_as_room(rig: Rig) -> None:
    """A small record may have a large result; and what is dropped is free at once."""
    # Given a result that fills what room there is, and a record that is dropped
    large, dropped = rig.taken("large"), rig.taken("dropped")
    rig.settle(large, outcome=Finished(b"x" * 6000, b"x" * 4000))
    rig.settle(dropped, outcome=Dropped())

    # When room is asked for, then there is none before it is committed
    assert (rig.flow.taken, rig.flow.room) == (1, 0)
    rig.saying.turn()
    rig.committed()
    assert (rig.flow.taken, rig.flow.room) == (0, 100)


def test_pauses_after_aborts_double_up_to_two_seconds_and_end_with_a_commit(rig: Rig) -> None:
    """An outage is not made worse, and its end is noticed soon."""
    # Given a frame that is aborted again and again
    rig.settle(rig.taken("job"))
    rig.saying.turn()

    # When the loop turns just before each pause is over, then nothing is said; then it is
    for number, pause in enumerate([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0], 1):
        rig.aborted()
        rig.clock.advance(pause - 0.001)
        rig.saying.turn()
        assert len(rig.beside.said) == number, pause
        rig.clock.advance(0.002)
        rig.saying.turn()
        assert len(rig.beside.said) == number + 1, pause
    assert rig.told == [("aborted", None)] * 8
    assert rig.saying.aborted == 8

    # And after a commit they begin anew
    rig.committed()
    assert rig.saying.aborted == 0
    rig.settle(rig.taken("next"))
    rig.saying.turn()
    rig.aborted()
    rig.clock.advance(0.051)
    rig.saying.turn()
    assert rig.names() == [b"next"]
    assert len(rig.beside.said) == 11


def test_what_was_aborted_is_said_before_what_came_later(rig: Rig) -> None:
    """Whole, as it was; nothing overtakes it."""
    # Given a frame that was aborted, and an outcome that came meanwhile
    rig.settle(rig.taken("first"))
    rig.saying.turn()
    rig.settle(rig.taken("second"))
    rig.aborted()
    assert rig.saying.waits
    rig.clock.advance(1)

    # When the loop goes on, then they are said in their order
    rig.saying.turn()
    assert rig.names() == [b"first"]
    rig.committed()
    assert rig.names() == [b"second"]


def test_of_partitions_that_were_lost_nothing_is_said_and_their_room_is_free(rig: Rig) -> None:
    """Others own them now, and do it again."""
    # Given two outcomes, of which one's partition is lost before they are said
    gone = partition(1)
    rig.settle(rig.taken("gone", gone), rig.taken("ours"))
    gone.lost = True

    # When the loop turns, then only the other is said
    rig.saying.turn()
    assert rig.names() == [b"ours"]
    assert rig.flow.taken == 1

    # And where nothing is left there is no frame
    rig.committed()
    lonely = partition(3)
    rig.settle(rig.taken("lonely", lonely))
    lonely.lost = True
    rig.saying.turn()
    assert len(rig.beside.said) == 1
    assert (rig.flow.taken, rig.saying.waits, rig.saying.begun) == (0, False, 1)


def test_who_is_no_member_just_now_says_it_later(rig: Rig) -> None:
    """The next polls tell whether the partitions are lost."""
    # Given an instance that is no member
    rig.group.generation = -1
    rig.settle(rig.taken("job"))
    rig.saying.turn()
    assert (rig.beside.said, rig.saying.begun) == ([], 0)
    assert rig.saying.waits

    # When it is one again, then it says it
    rig.group.generation = 4
    rig.saying.turn()
    assert rig.names() == [b"job"]


def test_what_is_announced_or_counted_is_said_without_an_end(rig: Rig) -> None:
    """A job at work is told of, and its delivery is written down before it begins."""
    # Given a job whose handler is at work, and one whose delivery is counted
    slow = rig.taken("slow")
    rig.saying.announce(slow, b"running")
    rig.saying.count([rig.taken("counted", partition(4))])
    assert rig.saying.waits

    # When the loop turns, then both are said, and nothing is free for it
    rig.saying.turn()
    frame, commit = rig.beside.said[0]
    assert {key: state for key, (_, state) in frame.running.items()} == {b"slow": b"running"}
    assert [counted.key for counted in frame.counted] == [b"counted"]
    assert [place.partition for place in commit.offsets] == [2, 4]
    assert (slow.announced, slow.told) == (True, False)
    rig.committed()
    assert rig.flow.taken == 2
    assert slow.told


def test_who_spoils_a_frame_alone_is_given_up_once_others_went_through(rig: Rig) -> None:
    """The refusal is said in its place."""
    # Given two outcomes of which one is never taken
    bad = rig.taken("bad")
    rig.settle(bad, rig.taken("good"))

    # When each frame with it is aborted, and the others are committed
    for _ in range(40):
        rig.clock.advance(3)
        rig.saying.turn()
        if rig.saying.under_way:
            spoilt = bad in rig.beside.said[-1][0].tasks and not rig.refused
            rig.aborted(passing=False) if spoilt else rig.committed()

    # Then it is refused once, and nothing is left
    assert rig.refused == [bad]
    assert isinstance(bad.outcome, Failed)
    assert (rig.flow.taken, rig.saying.waits) == (0, False)
