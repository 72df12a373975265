"""Who may begin: at once after an orderly end, counted and in the end alone after a crash."""

import random
from collections import Counter

import pytest
from support.rooms.deliveries import Process

from headway.owning.offsets import OffsetTracker
from headway.taking.task import Task


def test_after_an_orderly_end_records_wait_for_one_commit_that_takes_the_word_back() -> None:
    """Were there none, a crash in the first record would look like an orderly end for ever."""
    # Given a partition that its last owner let go
    process = Process(None)
    process.take(range(3))
    process.turn()
    process.commit(released=True)
    process = Process(process.place)
    assert not process.tracker.unclean

    # When records come
    process.take(range(10))

    # Then none has begun before a commit, and all after it, without being counted
    assert process.pool.begun == []
    assert [task.offset for task in process.turn()] == list(range(10))
    assert OffsetTracker(*(process.place or (0, ""))).unclean
    process.take(range(10, 20))
    assert len(process.pool) == 20


def test_after_a_crash_a_few_at_a_time_begin_once_that_is_committed() -> None:
    """So many are under suspicion if it crashes again, and no more."""
    # Given a partition whose last owner did not let go
    process = Process((0, ""), at_once=4)
    process.take(range(10))

    # When the loop turns
    begun = process.turn()

    # Then four have begun, and the commit before says so
    assert [task.offset for task in begun] == [0, 1, 2, 3]
    heir = OffsetTracker(*(process.place or (0, "")))
    assert [heir.delivered(offset) for offset in range(5)] == [2, 2, 2, 2, 0]

    # And the next follow when they are done and told
    for task in begun:
        process.end(task)
    process.commit()
    assert [task.offset for task in process.turn()] == [4, 5, 6, 7]


def test_a_record_that_was_at_work_in_a_crash_runs_alone() -> None:
    """Nothing is beside it that could be counted for its sake."""
    # Given two records that had begun when the process ended, and others that had not
    first = Process((0, ""), at_once=2)
    first.take(range(6))
    first.turn()

    # When the next owner takes them
    heir = Process(first.place, at_once=2)
    heir.take(range(6))

    # Then they run one after the other, each alone, before all others
    order = []
    for _ in range(20):
        heir.turn()
        order.append([task.offset for task in heir.pool.begun])
        for task in list(heir.pool.begun):
            heir.end(task)
    assert [begun for begun in order if begun] == [[0], [1], [2, 3], [4, 5]]


def test_what_waits_of_a_lost_partition_is_dropped_and_makes_room() -> None:
    """Its next owner reads it again."""
    # Given records that wait in every way
    freed: list[Task] = []
    process = Process((0, ""), at_once=2)
    process.deliveries._free = freed.append
    process.take(range(5))
    process.turn()
    waiting = len(process.deliveries)
    assert waiting == 3

    # When the partition goes
    process.owner.lost = True
    process.deliveries.turn()

    # Then nothing waits any more
    assert (len(process.deliveries), len(freed)) == (0, waiting)


@pytest.mark.parametrize("seed", range(30))
def test_killers_are_given_up_after_three_deaths_each_and_nobody_else_is(seed: int) -> None:
    """Whatever the order: every other record is done, once, and no one is blamed for another."""
    # Given records of which some end the process when they run
    draw = random.Random(seed)
    count = draw.randrange(5, 60)
    killers = set(draw.sample(range(count), draw.randrange(1, 4)))
    place: tuple[int, str] | None = None
    deaths, done, given_up = Counter[int](), [0] * count, set()

    # When processes follow each other until all is done
    for _ in range(100):
        process = Process(place, at_once=draw.randrange(1, 8))
        process.take(range(count))
        dead = False
        for _ in range(500):
            process.turn()
            for task in list(process.pool.begun):
                if task.given_up:
                    given_up.add(task.offset)
                elif task.offset in killers and draw.random() < 0.7:
                    deaths[task.offset] += 1
                    dead = True
                    break
                elif task.offset in killers:
                    continue  # not yet: it runs beside the others
                else:
                    done[task.offset] += 1
                process.end(task)
            if dead or not (process.frame or len(process.deliveries) or len(process.pool)):
                break
        place = process.place
        if not dead:
            break

    # Then each killer cost three processes at the most, and nothing else was given up
    assert given_up == killers
    assert max(deaths.values()) <= 3
    assert all(done[offset] for offset in range(count) if offset not in killers)


def test_nothing_is_held_against_a_record_whose_owner_lost_it_and_lives() -> None:
    """An outage takes partitions from everybody; no process ended in it."""
    # Given a record that is at work whenever its owner loses the partition
    place: tuple[int, str] | None = None
    for number in range(20):
        process = Process(place, life=f"life{number:04}", ended=lambda _: False)
        process.take(range(3))
        while len(process.pool) < 3:
            process.turn()

        # When another takes it over, twenty times, then it begins, and is never given up
        assert [task for task in process.pool.begun if task.given_up] == []
        place = process.place

    # And it is done when nobody loses it any more
    for task in list(process.pool.begun):
        process.end(task)
    process.commit()
    assert process.tracker.committable == 3


def test_a_record_in_doubt_waits_and_others_do_not() -> None:
    """Whether its owner ended is asked beside the loop."""
    # Given a record that had begun when its owner went, of whom nothing is known yet
    first = Process((0, ""), at_once=1, life="life0001")
    first.take(range(4))
    first.turn()
    known: dict[str, bool | None] = {"life0001": None}
    heir = Process(first.place, at_once=4, life="life0002", ended=known.__getitem__)
    heir.take(range(4))

    # When the loop turns, then the others begin
    assert [task.offset for task in heir.turn()] == [1, 2, 3]
    assert heir.turn() == []

    # And it begins, alone, when the owner is known to have ended
    known["life0001"] = True
    assert heir.turn() == []
    for task in list(heir.pool.begun):
        heir.end(task)
    heir.commit()
    heir.turn()
    assert [task.offset for task in heir.pool.begun] == [0]
