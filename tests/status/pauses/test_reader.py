"""What is heard of stages: the newest word of each instance, for ten seconds."""

from typing import Any

import pytest
from confluent_kafka import Message
from support.clock import ManualClock

from headway.wire.codec import Codec
from status.pauses.board import Pause
from status.pauses.reader import PauseReader

AWAY = {"reason": "breaker:object store", "since": 1000, "partitions": 6}


class Ear:
    """A reader without its thread, and what it announces."""

    def __init__(self, codec: Codec) -> None:
        self.announced: list[tuple[Pause, ...]] = []
        self.clock = ManualClock()
        self._codec = codec
        self._reader = PauseReader(
            options={},
            topic="stage-reports",
            partitions=6,
            codec=codec,
            announce=self.announced.append,
            clock=self.clock,
        )

    def hear(self, instance: str, *pauses: dict[str, Any], raw: bytes | None = None) -> None:
        """One report, and a turn of the thread."""
        report = {"stage": "p1", "instance": instance, "at": 0, "pauses": list(pauses)}
        value = raw or self._codec.encode("stage-report", report)
        self._reader.hear(Message(topic="stage-reports", value=value))
        self._reader.tell()

    def turn(self) -> None:
        self._reader.tell()

    @property
    def instances(self) -> list[list[str]]:
        """The instances that were announced to be paused, time by time."""
        return [[pause.instance for pause in told] for told in self.announced]


@pytest.fixture
def ear(codec: Codec) -> Ear:
    return Ear(codec)


def test_a_pause_is_announced_when_it_begins_and_when_it_ends(ear: Ear) -> None:
    """Not each time that it is said again."""
    # Given a thread that listens
    ear.turn()

    # When an instance waits for its store, says it again, and says that it is over
    ear.hear("a", AWAY)
    ear.hear("a", AWAY)
    ear.hear("a")

    # Then nothing, the pause, and nothing are announced
    assert ear.announced == [(), (Pause("p1", "a", "breaker:object store", 1000, 6),), ()]


def test_an_instance_that_says_nothing_any_more_is_believed_for_ten_seconds(ear: Ear) -> None:
    """It may have been killed while it waited."""
    # Given two instances that wait
    ear.hear("a", AWAY)
    ear.hear("b", AWAY)

    # When one of them says nothing for ten seconds
    ear.clock.advance(9)
    ear.hear("b", AWAY)
    ear.clock.advance(1)
    ear.turn()

    # Then the other one is announced alone
    assert ear.instances == [["a"], ["a", "b"], ["b"]]


def test_what_is_no_report_is_passed_over(ear: Ear) -> None:
    """The topic is lossy, and so is its reader."""
    # Given an instance that waits
    ear.hear("a", AWAY)

    # When something else lies in the topic
    ear.hear("a", raw=b"garbage")

    # Then what is known stays
    assert ear.instances == [["a"]]


def test_of_one_report_no_more_is_taken_than_people_read(ear: Ear) -> None:
    """Whoever writes the topic cannot fill the memory of all who watch."""
    # Given a report with more reasons than any stage has, and names without end
    many = [{**AWAY, "reason": "r" * 10_000, "since": n} for n in range(1000)]

    # When it is heard
    ear.hear("a" * 10_000, *many)

    # Then a bounded part of it is taken
    assert len(ear.announced[-1]) == 50
    assert len(ear.announced[-1][0].instance) == len(ear.announced[-1][0].reason) == 200
