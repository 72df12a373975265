"""Who may begin: at once after an orderly end, counted and in the end alone after a crash."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from support.kafka.messages import message

from headway.outcomes.finished import Finished
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.saying.frame import Frame
from headway.taking.deliveries import Deliveries
from headway.taking.task import Task


@dataclass
class _Pool:
    """Tasks that have begun."""

    begun: list[Task] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.begun)

    def submit(self, task: Task) -> None:
        self.begun.append(task)


class _Process:
    """A stage's loop from one start to the end of its process, on what is committed in *place*."""

    def __init__(
        self,
        place: tuple[int, str] | None,
        *,
        at_once: int = 4,
        life: str = "",
        ended: Callable[[str], bool | None] = lambda _: True,
    ) -> None:
        self.tracker = OffsetTracker(*(place or ()), life=life)
        self.owner = OwnedPartition("jobs.submitted", 0, self.tracker)
        self.pool = _Pool()
        self.place = place
        self.frame = Frame()
        self.deliveries = Deliveries(
            self.pool,
            most=3,
            careful_records=1000,
            at_once=at_once,
            ended=ended,
            count=self._count,
            free=lambda _: None,
        )

    def _count(self, tasks: list[Task]) -> None:
        self.frame.counted += tasks

    def take(self, offsets: range) -> None:
        for offset in offsets:
            if self.tracker.begin(offset):
                received = message(key=b"%d" % offset, offset=offset)
                self.deliveries.submit(Task(self.owner, offset, received, b"%d" % offset, 1))

    def commit(self, *, released: bool = False) -> None:
        frame, self.frame = self.frame, Frame()
        done = [task.offset for task in frame.tasks]
        self.place = self.tracker.commit(done, released=released) or self.place
        for offset in done:
            self.tracker.finish(offset)
        self.deliveries.committed(frame)

    def turn(self) -> list[Task]:
        """One turn of the loop; what begins in it."""
        before = list(self.pool.begun)
        self.deliveries.turn()
        self.commit()
        return [task for task in self.pool.begun if task not in before]

    def end(self, task: Task) -> None:
        self.pool.begun.remove(task)
        task.outcome = Finished(b"", b"")
        self.frame.settle(task)


def test_after_an_orderly_end_records_wait_for_one_commit_that_takes_the_word_back() -> None:
    """Were there none, a crash in the first record would look like an orderly end for ever."""
    # Given a partition that its last owner let go
    process = _Process(None)
    process.take(range(3))
    process.turn()
    process.commit(released=True)
    process = _Process(process.place)
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
    process = _Process((0, ""), at_once=4)
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
    first = _Process((0, ""), at_once=2)
    first.take(range(6))
    first.turn()

    # When the next owner takes them
    heir = _Process(first.place, at_once=2)
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
    process = _Process((0, ""), at_once=2)
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
        process = _Process(place, at_once=draw.randrange(1, 8))
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
        process = _Process(place, life=f"life{number:04}", ended=lambda _: False)
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
    first = _Process((0, ""), at_once=1, life="life0001")
    first.take(range(4))
    first.turn()
    known: dict[str, bool | None] = {"life0001": None}
    heir = _Process(first.place, at_once=4, life="life0002", ended=known.__getitem__)
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
