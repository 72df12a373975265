"""What is to be said, from the first outcome to its commit: order, pauses, room, last words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from unittest.mock import create_autospec

import pytest
from support.clock import ManualClock
from support.fake_kafka.group import Member
from support.kafka.messages import envelope, message, partition, task

from headway.edges import kafka
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow, Pausing
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.saying import frame as frames
from headway.saying.committer import Aborted, Committed, Committer, Lost, Opened, Result
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.frame import Frame
from headway.saying.sayer import Saying
from headway.saying.transaction import Commit
from headway.taking.task import Outcome, Task

_LOST = Lost(ProducerLost("gone"))
_TWO: Place = ("jobs.submitted", 2)
_FIVE: Place = ("jobs.submitted", 5)


@dataclass
class _Beside:
    """The thread that says frames: a test decides what comes of each."""

    ready: bool = True
    said: list[tuple[Frame, Commit]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def say(self, frame: Frame, commit: Commit) -> None:
        assert self.ready
        self.ready = False
        self.said.append((frame, commit))

    def result(self) -> Result | None:
        if not self.results:
            return None
        result = self.results.pop(0)
        self.ready = not isinstance(result, Lost)
        return result

    def open(self) -> None:
        self.ready = False


@dataclass
class _Group:
    """Membership and offsets: one for each partition that is spoken of."""

    generation: int = 3
    released: list[frozenset[Place]] = field(default_factory=list)

    def consumer_group_metadata(self) -> bytes:
        return Member("member", (), generation=self.generation).metadata("group")

    def offsets(
        self, done: dict[OwnedPartition, list[int]], released: Iterable[Place]
    ) -> list[kafka.TopicPartition]:
        self.released.append(frozenset(released))
        places = {owned.place for owned in done} | set(released)
        return [kafka.TopicPartition(*place, 1) for place in sorted(places)]


class _Rig:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.beside, self.group = _Beside(), _Group()
        unwatched = create_autospec(Pausing, instance=True)
        self.flow = Flow(unwatched, "p1", records=100, size_bytes=10_000, clock=clock)
        self.refused: list[Task] = []
        self.told: list[tuple[str, float | None]] = []
        self.saying = Saying(
            cast("Committer", self.beside),
            cast("kafka.Consumer", self.group),
            cast("Assignment", self.group),
            self.flow,
            refuse=self._refuse,
            told=lambda how, seconds: self.told.append((how, seconds)),
            clock=clock,
        )

    def taken(self, name: str, owner: OwnedPartition | None = None, *, offset: int = 7) -> Task:
        """A task that counts as room in use."""
        received = message(b"12345", key=name.encode(), offset=offset)
        made = task(owner or partition(), offset=offset, received=received)
        self.flow.take(made.size_bytes)
        return made

    def settle(self, *tasks: Task, outcome: Outcome | None = None) -> None:
        for ended in tasks:
            ended.outcome = outcome or Finished(b"output", b"state")
        self.saying.settle(tasks)

    def comes_of_it(self, result: Result) -> Lost | None:
        """The next turn learns *result*."""
        self.beside.results.append(result)
        return self.saying.turn()

    def aborted(self, *, passing: bool = True) -> None:
        frame = self.beside.said[-1][0]
        self.comes_of_it(Aborted(frame, FrameAborted("why", passing=passing)))

    def committed(self) -> None:
        self.comes_of_it(Committed(self.beside.said[-1][0], 0.25))

    def names(self, number: int = -1) -> list[bytes]:
        """The keys of the tasks of a frame that was handed over."""
        return [said.key for said in self.beside.said[number][0].tasks]

    def _refuse(self, refused: Task, reason: str) -> None:
        self.refused.append(refused)
        refused.outcome = Failed(
            "Refused", reason, retry_available=False, envelope=envelope(), at=1
        )


@pytest.fixture
def rig(clock: ManualClock) -> _Rig:
    return _Rig(clock)


def test_an_outcome_is_handed_over_at_once_and_those_that_come_meanwhile_together(
    rig: _Rig,
) -> None:
    """Under load frames grow by themselves; offsets and membership go with each."""
    # Given an outcome
    rig.settle(rig.taken("first"))
    assert rig.saying.waits
    assert not rig.saying.under_way

    # When the loop turns, then it is being said
    rig.saying.turn()
    assert rig.names() == [b"first"]
    assert rig.beside.said[0][1].offsets == [kafka.TopicPartition(*_TWO, 1)]
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


def test_what_is_committed_is_done_makes_room_and_is_told(rig: _Rig) -> None:
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


def test_what_saying_an_outcome_takes_counts_as_room(rig: _Rig) -> None:
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


def test_pauses_after_aborts_double_up_to_two_seconds_and_end_with_a_commit(rig: _Rig) -> None:
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


def test_what_was_aborted_is_said_before_what_came_later(rig: _Rig) -> None:
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


def test_of_partitions_that_were_lost_nothing_is_said_and_their_room_is_free(rig: _Rig) -> None:
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


def test_who_is_no_member_just_now_says_it_later(rig: _Rig) -> None:
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


def test_everything_is_paused_until_a_producer_is_there(rig: _Rig) -> None:
    """What could not be said is not taken."""
    # Given a stage that begins
    rig.saying.open()
    assert "no producer" in (rig.flow.unready or "")

    # When its producer is there, then all flows
    assert rig.comes_of_it(Opened()) is None
    assert not rig.flow.paused


def test_a_lost_producer_takes_all_along_until_everything_is_read_anew(rig: _Rig) -> None:
    """What it was told may be committed or not: nothing is said before that is known."""
    # Given a frame under way, one that waits to be tried again, and outcomes behind it
    rig.settle(rig.taken("tried"))
    rig.saying.turn()
    rig.aborted()
    rig.settle(rig.taken("behind"))
    rig.clock.advance(1)
    rig.saying.turn()
    assert not rig.saying.reopened

    # When the producer is lost, then it is told, and all of it is dropped
    assert rig.comes_of_it(_LOST) is _LOST
    assert rig.told[-1] == ("fatal", None)
    assert (rig.flow.taken, rig.saying.waits, rig.saying.under_way) == (0, False, False)
    assert rig.saying.ended < rig.saying.begun

    # And what ends until another is there, and read anew, is not said
    rig.saying.open()
    assert not rig.saying.reopened
    rig.settle(rig.taken("late"))
    rig.comes_of_it(Opened())
    assert rig.saying.reopened
    assert "no producer" in (rig.flow.unready or "")
    said = len(rig.beside.said)
    rig.saying.turn()
    assert len(rig.beside.said) == said
    assert rig.saying.last_word(frozenset({_TWO})) is False
    assert len(rig.beside.said) == said

    # And then it begins with nothing in hand, and all flows
    rig.saying.go_on()
    assert not rig.saying.reopened
    assert (rig.flow.taken, rig.saying.waits) == (0, False)
    assert not rig.flow.paused
    rig.settle(rig.taken("again"))
    rig.saying.turn()
    assert rig.names() == [b"again"]


def test_the_last_word_is_all_that_is_left_and_lets_the_partitions_go(rig: _Rig) -> None:
    """At once, whatever pause is on, and with the partitions that go though nothing is of them."""
    # Given outcomes that are left, and a pause after an abort
    rig.settle(rig.taken("job"))
    rig.saying.turn()
    rig.aborted(passing=False)
    rig.clock.advance(1)
    rig.saying.turn()
    rig.committed()
    rig.settle(rig.taken("left"))
    rig.group.released.clear()

    # When the last word is asked for
    assert rig.saying.last_word(frozenset({_TWO, _FIVE})) is True

    # Then they are said, and the partitions are let go with it
    assert rig.names() == [b"left"]
    assert rig.group.released == [frozenset({_TWO, _FIVE})]
    assert [place.partition for place in rig.beside.said[-1][1].offsets] == [2, 5]


def test_the_last_word_waits_for_what_is_being_said(rig: _Rig) -> None:
    """Two frames at once there are none."""
    # Given a frame under way
    rig.settle(rig.taken("job"))
    rig.saying.turn()

    # When the last word is asked for, then it is to be asked for again
    assert rig.saying.last_word(frozenset({_TWO})) is False
    assert len(rig.beside.said) == 1
    rig.committed()
    assert rig.saying.last_word(frozenset({_TWO})) is True
    assert rig.group.released[-1] == frozenset({_TWO})


def test_before_the_last_word_comes_what_was_aborted_without_a_pause(rig: _Rig) -> None:
    """The next owner waits: it is said again now, and the partitions are let go after it."""
    # Given a frame that was just aborted
    rig.settle(rig.taken("job"))
    rig.saying.turn()
    rig.aborted()

    # When the last word is asked for, then that one goes first, and lets nothing go
    assert rig.saying.last_word(frozenset({_TWO})) is False
    assert (len(rig.beside.said), rig.names()) == (2, [b"job"])
    assert rig.group.released[-1] == frozenset()
    rig.committed()
    assert rig.saying.last_word(frozenset({_TWO})) is True
    assert rig.group.released[-1] == frozenset({_TWO})


def test_what_one_transaction_does_not_carry_is_said_before_the_last_word(
    rig: _Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the frame that ends it lets the partitions go."""
    # Given more than a frame carries
    monkeypatch.setattr(frames, "MOST_TASKS", 2)
    rig.settle(*[rig.taken(name) for name in ("one", "two", "three")])

    # When the last word is asked for, then what fits goes first, and then the rest
    assert rig.saying.last_word(frozenset({_TWO})) is False
    assert (rig.names(), rig.group.released[-1]) == ([b"one", b"two"], frozenset())
    rig.committed()
    assert (rig.names(), rig.group.released[-1]) == ([b"three"], frozenset())
    assert rig.saying.last_word(frozenset({_TWO})) is False

    # And the last lets go, though it says nothing else
    rig.committed()
    assert rig.saying.last_word(frozenset({_TWO})) is True
    assert (rig.names(), rig.group.released[-1]) == ([], frozenset({_TWO}))


def test_what_is_announced_or_counted_is_said_without_an_end(rig: _Rig) -> None:
    """A job at work is told of, and its delivery is written down before it begins."""
    # Given a job whose handler is at work, and one whose delivery is counted
    rig.saying.announce(rig.taken("slow"), b"running")
    rig.saying.count([rig.taken("counted", partition(4))])
    assert rig.saying.waits

    # When the loop turns, then both are said, and nothing is free for it
    rig.saying.turn()
    frame, commit = rig.beside.said[0]
    assert {key: state for key, (_, state) in frame.running.items()} == {b"slow": b"running"}
    assert [counted.key for counted in frame.counted] == [b"counted"]
    assert [place.partition for place in commit.offsets] == [2, 4]
    rig.committed()
    assert rig.flow.taken == 2


def test_who_spoils_a_frame_alone_is_given_up_once_others_went_through(rig: _Rig) -> None:
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
