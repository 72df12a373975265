"""What is read again, by whose wish and from where: nothing is skipped in silence."""

from collections.abc import Callable

from support.fake_kafka.broker import FakeBroker
from support.rooms.instance import TOPIC, Instance, commit, resets, write

from headway.edges import kafka


def test_reading_anew_drops_all_work_in_hand_and_begins_at_what_is_committed(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """What was begun is lost for whoever holds it; the call waits for nothing."""
    # Given records that have begun, one of them committed since
    write(broker, 0, "a", "b")
    one = instance()
    one.turns()
    before = dict(one.assignment.owned)
    commit(broker, 0, 1)

    # When all is read anew
    one.assignment.read_anew()
    assert one.owned == []
    one.turns()

    # Then the rest is begun again, for other owners
    assert one.offsets() == [(0, 0), (0, 1), (0, 1)]
    assert all(partition.lost for partition in before.values())
    assert not any(partition.lost for partition in one.assignment.owned.values())


def test_a_commit_behind_the_end_of_the_log_is_said_and_all_is_looked_at_again(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """An older log was restored: what the index knows as over is dropped, the rest is done."""
    # Given a commit far behind the end, and an index in which a job is over and one was opened
    write(broker, 0, "over", "opened", "new")
    commit(broker, 0, 50, "1rAQE")
    before, one = resets(), instance()
    one.index.jobs.settle("over", 1)
    one.index.jobs.open("opened", 1, 40)

    # When an instance takes over
    one.turns(10)

    # Then it says so, begins at the beginning, and only what is over is a duplicate
    assert resets() == before + 1
    assert one.offsets() == [(0, 0), (0, 1), (0, 2)]
    assert [task.duplicate for task in one.pool.tasks] == [True, False, False]
    assert one.assignment.owned[TOPIC, 0].offsets.committable == 0


def test_a_log_cut_under_a_reader_loses_no_job_that_came_after(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """After an unclean election other jobs lie at the offsets that were done."""
    # Given an instance that has read four records
    write(broker, 0, "a", "b", "c", "d")
    one = instance()
    one.turns()
    earlier = one.assignment.owned[TOPIC, 0]
    assert one.offsets() == [(0, 0), (0, 1), (0, 2), (0, 3)]

    # When the last two are lost and another is written
    broker.truncate((TOPIC, 0), 2)
    one.turns(2)
    write(broker, 0, "other")
    one.turns(10)

    # Then work in hand is dropped and all of the log is read again, the new one too
    assert earlier.lost
    assert [task.key for task in one.pool.tasks[4:]] == [b"a", b"b", b"other"]


def test_a_record_below_what_was_begun_has_the_partition_taken_over_anew(
    instance: Callable[..., Instance], broker: FakeBroker
) -> None:
    """Whatever made the client go back: nothing is skipped in silence."""
    # Given an instance that has read three records
    write(broker, 0, "a", "b", "c")
    before, one = resets(), instance()
    one.turns()

    # When the client goes back by itself
    one.consumer.seek(kafka.TopicPartition(TOPIC, 0, 1))
    one.turns(10)

    # Then it is said, and the partition is read again by a new owner
    assert resets() == before + 1
    assert one.offsets() == [(0, i) for i in (0, 1, 2, 0, 1, 2)]


def test_what_was_given_up_is_asked_about_when_our_frame_has_ended(
    instance: Callable[..., Instance], broker: FakeBroker
) -> None:
    """An answer from before it would have its jobs done again."""
    # Given an instance whose work in hand is dropped while its third frame is under way
    write(broker, 0, "a")
    one = instance()
    one.turns()
    one.assignment.read_anew()

    # When turns pass and that frame has no fate, then nothing is asked
    asked = broker.faults.calls.count("committed")
    for begun in (3, 4, 5):
        one.assignment.advance(begun=begun, ended=2)
    assert broker.faults.calls.count("committed") == asked
    assert one.assignment.pending

    # When it has ended, then everything is taken over, whatever was begun since
    one.assignment.advance(begun=6, ended=3)
    one.assignment.advance(begun=6, ended=3)
    assert one.owned == [0, 1, 2]


def test_a_partition_given_up_and_gone_is_not_asked_about(
    instance: Callable[..., Instance],
) -> None:
    """What waits to be taken over anew may go to another like any other."""
    # Given an instance that waits for its own frame, and another that comes
    one = instance()
    one.turns()
    one.assignment.read_anew()
    one.assignment.advance(begun=1, ended=0)
    other = instance()
    for _ in range(4):
        other.turns(1)
        one.consumer.poll(0)

    # When the frame has ended, then each has its own
    one.assignment.advance(begun=1, ended=1)
    one.turns()
    other.turns()
    assert sorted(one.owned + other.owned) == [0, 1, 2]
    assert one.owned
